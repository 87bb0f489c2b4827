"""Makes text of bytes: a byte order mark decides, then the header's charset, then UTF-8, then what the bytes look like."""

import codecs
import re
from dataclasses import dataclass
from functools import cache
from typing import Any

SURROGATES = re.compile("[\ud800-\udfff]")
MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
LABEL = re.compile(r"[\w.:+-]{1,40}", re.ASCII)
ON_THE_WEB = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "big5": "big5hkscs",
    "utf-16": "utf-16-le",
    "utf-8-sig": "utf-8",
}
"""What a label means in practice (WHATWG Encoding): senders that say latin-1 send windows-1252."""
CODECS = frozenset(
    "utf-8 utf-16-le utf-16-be cp866 cp874 cp932 cp949 cp1250 cp1251 cp1252 cp1253 cp1254 cp1255 cp1256 cp1257 cp1258"  # noqa: SIM905 - a list is forty lines
    " iso8859-2 iso8859-3 iso8859-4 iso8859-5 iso8859-6 iso8859-7 iso8859-8 iso8859-10 iso8859-13 iso8859-14"
    " iso8859-15 iso8859-16 koi8-r koi8-u mac-roman mac-cyrillic gb18030 big5hkscs euc_jp iso2022_jp".split()
)
"""The encodings of the web; Python knows more, some of them of quadratic cost (punycode) or no charsets at all."""
WIDE = ("utf-16", "utf-32")
SAMPLE_BYTES = 65_536
HANGUL = re.compile("[가-힣]")


@dataclass(frozen=True, slots=True)
class Decoded:
    """Text, and what had to be mended to get it: `undecodable` bytes, lone `surrogates`."""

    text: str
    repairs: dict[str, int]


def codec_of(label: str | None) -> str | None:
    """Give the codec that a charset label means on the web; None for one that is unknown there."""
    name = (label or "").strip().strip("\"'").lower()
    if not LABEL.fullmatch(name):
        return None
    for spelling in (name, name.removeprefix("x-")):
        try:
            found = codecs.lookup(spelling).name
        except (LookupError, ValueError):
            continue
        codec = ON_THE_WEB.get(found, found)
        return codec if codec in CODECS else None
    return None


@cache
def detector() -> Any:
    """Load the detector when bytes first need it: most never do."""
    from resiliparse.parse.encoding import detect_encoding  # noqa: PLC0415 - a compiled library, rarely wanted

    return detect_encoding


def attempt(body: bytes, codec: str | None, errors: str = "strict") -> str | None:
    """Decode strictly; None where the bytes are not in that codec."""
    if codec is None:
        return None
    try:
        return body.decode(codec, errors)
    except UnicodeError:
        return None


def decode(body: bytes, declared: str | None) -> Decoded:
    """Decode a body; never raises.

    A byte order mark is believed before a header that contradicts it: a header is set by configuration, a mark by
    whoever wrote the bytes. A declared charset that the bytes do not fit is passed over; so is one of a byte a
    character where the bytes are UTF-8, as such a charset fits any bytes, and UTF-8 hardly ever fits by accident. Nor is
    that of two bytes a character or four, which nearly any bytes fit: in it ASCII has zeros (and a page that could say
    so in ASCII is UTF-8, as the Encoding Standard has it).
    """
    if (marked := by_mark(body)) is not None:
        return marked
    codec = codec_of(declared)
    if (
        codec is not None
        and codec.startswith(WIDE)
        and b"\x00" not in body
        and (text := attempt(body, "utf-8")) is not None
    ):
        return Decoded(text, {})
    stated = attempt(body, codec)
    if stated is not None and (body.isascii() or len(stated) != len(body)):
        return Decoded(stated, {})
    for text in (attempt(body, "utf-8"), stated):
        if text is not None:
            return Decoded(text, {})
    if (text := attempt(body, "utf-8", "surrogatepass")) is not None:
        return mended(text)
    return by_looks(body)


def by_mark(body: bytes) -> Decoded | None:
    """Decode a body that begins with a byte order mark; None where there is none, or the bytes belie it."""
    for mark, codec in MARKS:
        if body.startswith(mark):
            marked = replaced(body[len(mark) :], codec)
            if marked.repairs.get("undecodable", 0) * 100 <= len(marked.text):
                return marked
    return None


def by_looks(body: bytes) -> Decoded:
    """Decode bytes that nothing valid is known of, by their looks; as windows-1252 where they look like nothing."""
    first = next(re.finditer(rb"[\x80-\xff]", body)).start()
    guess = codec_of(detector()(body[max(0, first - 1000) : first + SAMPLE_BYTES]))
    if guess not in {None, "utf-8"} and (text := attempt(body, guess)) is not None:
        return Decoded(text, {})
    closest = replaced(body, "utf-8")
    if mostly_kept(closest):
        return closest
    if (korean := attempt(body, "cp949")) is not None and len(HANGUL.findall(korean)) * 2 > beyond_ascii(korean):
        return Decoded(korean, {})  # the detector takes it for damaged UTF-8
    return replaced(body, guess if guess not in {None, "utf-8"} else "cp1252")


def replaced(body: bytes, codec: str | None) -> Decoded:
    """Decode with U+FFFD for what does not fit, counted."""
    text = body.decode(codec or "cp1252", "replace")
    lost = text.count("\ufffd") - body.count("\ufffd".encode())
    return Decoded(text, {"undecodable": lost} if lost > 0 else {})


def mostly_kept(decoded: Decoded) -> bool:
    """Say whether what was lost is the exception among the characters beyond ASCII."""
    return decoded.repairs.get("undecodable", 0) * 4 < beyond_ascii(decoded.text)


def beyond_ascii(text: str) -> int:
    """Count the characters that are not ASCII."""
    return len(text) - len(text.encode("ascii", "ignore"))


def mended(text: str) -> Decoded:
    """Join surrogates that are pairs, and replace the lone ones, which are no text."""
    if not SURROGATES.search(text):
        return Decoded(text, {})
    joined = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    lone = joined.count("\ufffd") - text.count("\ufffd")
    return Decoded(joined, {"surrogates": lone} if lone else {})
