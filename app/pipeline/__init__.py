"""Pure stages that turn one raw item into one article, or say why not."""
