"""Reading: routes, filters, cursors and the shapes of the answers; never a write."""
