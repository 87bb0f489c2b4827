"""Reads a date from a field that holds nothing else: the usual machine forms, then dates as they are written.

The whole field must be understood: a rest that is neither weekday, label nor zone makes the date unsure, and an unsure
date is none.
"""

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from app.pipeline.article import Precision
from app.pipeline.dates import Written, find_dates, is_weekday, numeric_order
from app.pipeline.instants import Moment, moment, zone_of, zoned
from app.pipeline.vocabulary import vocabulary

LONGEST_FIELD = 200
ISO = re.compile(
    r"(?:\d{4}-\d{2}-\d{2}|\d{8}|\d{4}-?W\d{2}(?:-?[1-7])?)"
    r"(?:[Tt ]\d{2}(?::?\d{2}(?::?(?P<seconds>\d{2})(?:[.,]\d{1,9})?)?)?\s?(?:[Zz]|[+-]\d{2}(?::?\d{2})?)?)?"
)
ORDINAL = re.compile(r"(?P<year>\d{4})-?(?P<day>\d{3})")
MONTH = re.compile(r"(?P<year>(?!0000)\d{4})-(?P<month>0[1-9]|1[0-2])")
DIGITS = re.compile(r"(?:19|20)\d{10}(?:\d{2})?")
"""`20250227110318`, with or without the seconds."""
EPOCH = re.compile(r"-?(?:\d{9,10}|\d{12,13}|\d{16}|\d{19})(?:\.\d+)?")
"""Seconds, milliseconds, microseconds or nanoseconds since 1970."""
MOST_SECONDS = 1e11
MAIL = re.compile(
    r"(?:[A-Za-z]{3,9},?\s)?\s{0,3}\d{1,2}[ -][A-Za-z]{3,9}[ -](?:\d{2}|\d{4})\s\d{1,2}:\d{2}(?P<seconds>:\d{2})?"
    r"\s(?:GMT|UTC?|Z|[ECMP][SD]T|[+-]\d{2}[0-5]\d)(?:\s\([^()]{1,30}\))?"
)
"""The dates of mail and feeds (RFC 822, 850, 2822) with the zones that those define."""
YEAR_LAST = re.compile(
    r"(?P<weekday>[A-Za-z]{3})\s(?P<month>[A-Za-z]{3})\s{1,2}(?P<day>\d{1,2})\s(?P<time>\d{2}:\d{2}:\d{2})"
    r"(?:\s(?P<zone>[A-Z]{2,5}|[+-]\d{4}))?\s(?P<year>\d{4})"
)
"""As `asctime` and `date` print it."""
SHORT_YEAR = re.compile(r"(?<!\d)(?P<day>\d{1,2})-(?P<month>[A-Za-z]{3})-(?P<year>\d{2})(?![\d:])")
WORD = re.compile(r"[^\W_]+(?:/[^\W_]+)?")


def read_field(text: str, source_zone: str | None) -> Moment | None:
    """Read the date that a field holds; None where it cannot be read for certain."""
    if len(text) > LONGEST_FIELD:
        return None
    text = SHORT_YEAR.sub(r"\g<day> \g<month> 20\g<year>", " ".join(text.split()))
    return (
        read_iso(text, source_zone)
        or read_digits(text, source_zone)
        or read_epoch(text)
        or read_mail(text)
        or read_written(YEAR_LAST.sub(r"\g<weekday> \g<day> \g<month> \g<year> \g<time> \g<zone>", text), source_zone)
    )


def read_iso(text: str, source_zone: str | None) -> Moment | None:
    """Read ISO 8601: basic and extended, weeks, days of the year, months."""
    if found := MONTH.fullmatch(text):
        return zoned(datetime(int(found["year"]), int(found["month"]), 1), source_zone, "month")  # noqa: DTZ001 - zoned() adds it
    if found := ORDINAL.fullmatch(text):
        return read_ordinal(int(found["year"]), int(found["day"]), source_zone)
    found = ISO.fullmatch(text)
    if found is None:
        return None
    try:
        at = datetime.fromisoformat(text.upper().replace(" ", "T", 1).replace(" ", ""))
    except ValueError:
        return None
    precision: Precision = "second" if found["seconds"] else "minute" if re.search(r"[Tt ]", text) else "day"
    return zoned(at, source_zone, precision)


def read_ordinal(year: int, day: int, source_zone: str | None) -> Moment | None:
    """Read a year and the number of a day in it."""
    if not (year and 1 <= day <= 366):
        return None
    try:
        at = datetime(year, 1, 1) + timedelta(days=day - 1)  # noqa: DTZ001 - zoned() adds it
    except OverflowError:
        return None
    return zoned(at, source_zone, "day") if at.year == year else None


def read_digits(text: str, source_zone: str | None) -> Moment | None:
    """Read date and time printed as one number."""
    if not DIGITS.fullmatch(text):
        return None
    seconds = len(text) > 12
    try:
        at = datetime.strptime(text, "%Y%m%d%H%M%S" if seconds else "%Y%m%d%H%M")  # noqa: DTZ007 - zoned() adds it
    except ValueError:
        return None
    return zoned(at, source_zone, "second" if seconds else "minute")


def read_epoch(text: str) -> Moment | None:
    """Read seconds, or thousandths, millionths or billionths of one, since 1970."""
    if not EPOCH.fullmatch(text):
        return None
    seconds = float(text)
    while abs(seconds) >= MOST_SECONDS:
        seconds /= 1000
    return zoned(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds), None, "second")


def read_mail(text: str) -> Moment | None:
    """Read the dates of mail and feeds."""
    found = MAIL.fullmatch(text)
    if found is None:
        return None
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, IndexError, TypeError):
        return None
    aware = at if at.tzinfo else at.replace(tzinfo=UTC)  # "-0000" is UTC of an unknown place
    return zoned(aware, None, "second" if found["seconds"] else "minute")


def read_written(text: str, source_zone: str | None) -> Moment | None:
    """Read a date in words or numbers, if there is one alone and nothing else beside it."""
    found = list(find_dates(text, None, numeric_order(text)))
    if len(found) != 1 or not says_no_more(text, found[0]):
        return None
    try:
        return moment(found[0], source_zone)
    except OverflowError:
        return None


def says_no_more(text: str, written: Written) -> bool:
    """Say whether nothing stands around a date but weekdays, labels, zones and marks."""
    rest = f"{text[: written.start]} {text[written.end :]}".casefold()
    if zone_of(written.zone) is not None:
        rest = re.sub(r"\([^()]{1,60}\)", " ", rest)  # the zone's name, as browsers print it
    labels = vocabulary("dates")["labels"]
    known = {word for kind in ("published", "modified", "joiners") for label in labels[kind] for word in label.split()}
    return all(
        word in known or is_weekday(word) or zone_of(word) is not None or zone_of(word.title()) is not None
        for word in WORD.findall(rest)
    )
