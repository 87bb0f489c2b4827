"""Reads what an agency says of how its item may be used: until when not at all, or no more."""

from datetime import datetime, timedelta
from typing import Literal

from app.pipeline.article import RawItem, Rejected, Retraction
from app.pipeline.date_fields import read_field
from app.pipeline.url import clean


def retraction(item: RawItem, status: Literal["withheld", "canceled"]) -> Retraction | Rejected:
    """Give what an item takes back; it must name its article."""
    said = [url for claim in item.claims if claim.field == "url" and (url := clean(claim.text))]
    url = clean(item.stated.url) or next(iter(said), None)
    if item.stated.guid is None and url is None:
        return Rejected(f"It is {status} and names no article by id or URL.")
    return Retraction(item.stated.source, item.stated.guid, url, status)


def embargo(item: RawItem) -> datetime | None:
    """Give the instant before which an item must not be used; None where none is stated that can be read."""
    stated = item.standing.embargoed or ""
    found = read_field(stated, item.stated.timezone)
    if found is None:
        return None
    return found.at + timedelta(seconds="." in stated)  # instants are kept in whole seconds, and none too early
