"""A pipeline that takes its time over every item, and one that cannot be loaded."""

import time
from datetime import datetime

from app.pipeline.article import Article, RawItem, Rejected
from app.pipeline.background import DEFAULT, Inference

UNLOADABLE = None


def process(item: RawItem, now: datetime, _inference: Inference = DEFAULT) -> Article | Rejected:
    """Take as many seconds as the text says, and find no article."""
    time.sleep(float(item.content.split()[-1]) if item.content.startswith("Wait") else 0)
    return Rejected(f"{item.content} at {now:%H}")
