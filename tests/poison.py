"""A pipeline that does what strangers' text must never do to a service: crash, hang, raise."""

import os
import time
from datetime import datetime

from app.pipeline import run
from app.pipeline.article import Article, RawItem, Rejected


def process(item: RawItem, now: datetime) -> Article | Rejected:
    """Misbehave where the text says so, else do the pipeline's work."""
    if item.content.startswith("CRASH"):
        os._exit(3)
    if item.content.startswith("HANG"):
        time.sleep(3600)
    if item.content.startswith("EAT"):
        return Rejected(str(len(bytearray(50_000_000_000))))
    if item.content.startswith("RAISE"):
        message = "poison"
        raise ValueError(message)
    return run.process(item, now)


def fallback(item: RawItem, now: datetime) -> Article | Rejected:
    """Misbehave where the text says that the fallback does too."""
    if "both ways" in item.content:
        os._exit(3)
    return run.fallback(item, now)
