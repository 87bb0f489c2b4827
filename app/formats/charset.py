"""Makes text of bytes: the header's charset, else a byte order mark, else UTF-8, else what the bytes look like."""

import codecs
import re
from dataclasses import dataclass
from functools import cache
from typing import Any

SURROGATES = re.compile("[\ud800-\udfff]")
MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
WEB_MEANING = {"ascii": "cp1252", "iso8859-1": "cp1252", "iso8859-9": "cp1254", "gb2312": "gb18030", "gbk": "gb18030"}
"""What a label means in practice (WHATWG Encoding): senders that say latin-1 send windows-1252."""
SAMPLE_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class Decoded:
    """Text, and what had to be mended to get it: `undecodable` bytes, lone `surrogates`."""

    text: str
    repairs: dict[str, int]


def codec_of(label: str | None) -> str | None:
    """Give the codec that a charset label means on the web; None for one that is unknown or no text encoding."""
    try:
        found = codecs.lookup((label or "").strip().strip("\"'"))
    except (LookupError, ValueError):
        return None
    if not getattr(found, "_is_text_encoding", True):
        return None
    return WEB_MEANING.get(found.name, found.name)


@cache
def detector() -> Any:
    """Load the detector when bytes first need it: most never do."""
    from resiliparse.parse.encoding import detect_encoding  # noqa: PLC0415 - heavy, and rarely wanted

    return detect_encoding


def attempt(body: bytes, codec: str | None) -> str | None:
    """Decode strictly; None where the bytes are not in that codec."""
    if codec is None:
        return None
    try:
        return body.decode(codec)
    except (UnicodeDecodeError, LookupError):
        return None


def decode(body: bytes, declared: str | None) -> Decoded:
    """Decode a body; never raises.

    A byte order mark is believed before a header that contradicts it: a header is set by configuration, a mark by
    whoever wrote the bytes. A declared charset that the bytes do not fit is passed over.
    """
    for mark, codec in MARKS:
        if body.startswith(mark) and (text := attempt(body[len(mark) :], codec)) is not None:
            return Decoded(text, {})
    for candidate in (codec_of(declared), "utf-8"):
        if (text := attempt(body, candidate)) is not None:
            return mended(text)
    guess = codec_of(detector()(body[:SAMPLE_BYTES]))
    if guess != "utf-8" and (text := attempt(body, guess)) is not None:
        return mended(text)
    most_likely = "utf-8" if guess == "utf-8" else guess or "cp1252"
    text = body.decode(most_likely, "replace")
    lost = text.count("\ufffd")
    decoded = mended(text)
    return Decoded(decoded.text, decoded.repairs | ({"undecodable": lost} if lost else {}))


def mended(text: str) -> Decoded:
    """Join surrogates that are pairs, and replace the lone ones, which are no text."""
    if not SURROGATES.search(text):
        return Decoded(text, {})
    joined = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    lone = joined.count("\ufffd") - text.count("\ufffd")
    return Decoded(joined, {"surrogates": lone} if lone else {})
