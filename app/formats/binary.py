"""Knows bytes that are no text of any kind, so that whoever sends them by mistake is told what they are."""

from typing import Final

from app.formats.body import Body
from app.formats.charset import codec_of
from app.formats.unreadable import Unreadable

KINDS: Final = {
    b"\x1f\x8b": "gzip; where it packs an article, say so in Content-Encoding, once for each time that it is packed",
    b"\x28\xb5\x2f\xfd": "zstd, which is not taken",
    b"\x89PNG\r\n": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"GIF87a": "a GIF image",
    b"GIF89a": "a GIF image",
    b"%PDF-": "a PDF",
    b"PK\x03\x04": "a ZIP archive, such as a document of an office program",
    b"\xd0\xcf\x11\xe0": "a document of an office program",
}
"""How files begin that are no text, and what they are."""
BEGINNING: Final = 4_096
NOT_PRINTED: Final = bytes({*range(1, 32), 127} - set(b"\t\n\f\r\x0e\x0f\x1b"))
"""Control characters, but for those that texts and their encodings use: white space, escapes, and the zeros of UTF-16."""
FEW: Final = 32
"""So many are no sign of anything: the head of a wire's take has a dozen."""
MOST_NOT_PRINTED: Final = 0.04
"""Their share from which on bytes are no text; of random ones they are a tenth, of the worst texts less than a hundredth."""
WIDE: Final = ("utf-16", "utf-32")
MARKS: Final = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff", b"<\x00", b"\x00<")


def refuse_binary(body: Body) -> None:
    """Refuse what is no text: raises Unreadable, which says what it looks like."""
    if body.data.startswith(tuple(KINDS)):
        kind = next(kind for begins, kind in KINDS.items() if body.data.startswith(begins))
        raise Unreadable([("", f"The body is no text: it begins as {kind}.")])
    beginning = body.data[:BEGINNING]
    strange = len(beginning) - len(beginning.translate(None, NOT_PRINTED))
    wide = body.data.startswith(MARKS) or (codec_of(body.charset) or "").startswith(WIDE)
    if strange > max(FEW, MOST_NOT_PRINTED * len(beginning)) and not wide:
        raise Unreadable([("", "The body is no text: too many of its bytes are characters that nobody prints.")])
