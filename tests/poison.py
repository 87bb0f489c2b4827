"""A pipeline that does what strangers' text must never do to a service: crash, hang, raise."""

import os
import time
from dataclasses import replace
from datetime import datetime

from app.pipeline import run
from app.pipeline.article import Article, RawItem, Rejected, Retraction
from app.pipeline.background import DEFAULT, Inference


def process(item: RawItem, now: datetime, inference: Inference = DEFAULT) -> Article | Rejected | Retraction:
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
    return run.process(item, now, inference)


def fallback(item: RawItem, now: datetime, inference: Inference = DEFAULT) -> Article | Rejected | Retraction:
    """Misbehave where the text says that the fallback does too."""
    if "both ways" in item.content:
        os._exit(3)
    return run.fallback(item, now, inference)


def unfit(item: RawItem, now: datetime, inference: Inference = DEFAULT) -> Article | Rejected | Retraction:
    """Give an article that Postgres cannot hold where the text says so."""
    made = run.process(item, now, inference)
    return replace(made, title="a\x00b") if item.content.startswith("NUL") and isinstance(made, Article) else made
