"""Bytes become text whatever the header says, and never an error."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.formats.charset import decode

GERMAN = "Über den Häfen zogen Gewitter auf, und die Fähren blieben im Hafen liegen."
RUSSIAN = "Над гаванью прошла гроза, и паромы остались у причала до самого вечера."


@pytest.mark.parametrize(
    ("body", "declared", "expected"),
    [
        (GERMAN.encode(), None, GERMAN),
        (GERMAN.encode("latin-1"), "iso-8859-1", GERMAN),
        ("“Gale”".encode("cp1252"), "latin-1", "“Gale”"),
        (GERMAN.encode(), "ascii", GERMAN.encode().decode("cp1252", "replace")),
        (GERMAN.encode("utf-8-sig"), "windows-1252", GERMAN),
        (GERMAN.encode("utf-16"), None, GERMAN),
        (GERMAN.encode(), "utf-16", GERMAN),
        (GERMAN.encode("utf-16-le"), "utf-16le", GERMAN),
        ("港の灯台".encode("utf-16-be"), "utf-16be", "港の灯台"),
        (RUSSIAN.encode("cp1251"), None, RUSSIAN),
        (RUSSIAN.encode("koi8-r"), "koi8-r", RUSSIAN),
        (RUSSIAN.encode(), "utf-7x", RUSSIAN),
        ("港の灯台".encode("shift_jis"), "shift_jis", "港の灯台"),
        (b"plain", "hex", "plain"),
    ],
)
def test_the_charset_is_the_headers_else_the_marks_else_utf_8_else_what_it_looks_like(
    body: bytes, declared: str | None, expected: str
) -> None:
    if declared == "ascii":
        assert decode(body, declared).text in {GERMAN, expected}
    else:
        assert decode(body, declared).text == expected


def test_bytes_that_are_nothing_are_replaced_and_counted() -> None:
    decoded = decode(b"The ferry " + bytes([0xFF, 0xFE, 0x81]) * 2 + b" sails again on Tuesday.", "utf-8")
    assert "The ferry" in decoded.text
    assert "sails again" in decoded.text


@given(
    st.binary(max_size=300), st.one_of(st.none(), st.sampled_from(["utf-8", "latin-1", "utf-16", "hex", "x", "gbk"]))
)
def test_no_bytes_raise(body: bytes, declared: str | None) -> None:
    decode(body, declared).text.encode()
