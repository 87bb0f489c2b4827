"""A pipeline that takes its time over every item, and one that cannot be loaded."""

import time
from datetime import datetime
from pathlib import Path

from app.pipeline.article import Article, RawItem, Rejected
from app.pipeline.background import DEFAULT, Inference

UNLOADABLE = None


def process(item: RawItem, now: datetime, _inference: Inference = DEFAULT) -> Article | Rejected:
    """Take as many seconds as the text says, or until another is in the folder that it says, and find no article."""
    if item.content.startswith("Meet"):
        meet(*item.content.removeprefix("Meet ").split(" in "))
    time.sleep(float(item.content.split()[-1]) if item.content.startswith("Wait") else 0)
    return Rejected(f"{item.content} at {now:%H}")


def meet(name: str, folder: str) -> None:
    """Come to a folder, and wait until there are two."""
    (Path(folder) / name).touch()
    while len(list(Path(folder).iterdir())) < 2:
        time.sleep(0.01)
