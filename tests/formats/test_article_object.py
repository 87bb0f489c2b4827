"""Article objects: what each says of itself, where it stands in the body, and every way to be wrong."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.formats.read import read
from app.formats.unreadable import UnknownType, Unreadable
from app.pipeline.article import Stated

JSON, LINES = "application/json", "application/x-ndjson; charset=utf-8"


def test_an_objects_own_word_is_stronger_than_the_querys() -> None:
    body = b'{"content": "A calm day.", "source": "own.example", "title": "Calm"}'
    [item] = read(body, JSON, Stated(source="query.example", timezone="Europe/Oslo"), max_items=9)
    assert (item.stated.source, item.stated.timezone, item.stated.title) == ("own.example", "Europe/Oslo", "Calm")


@pytest.mark.parametrize("kind", [JSON, LINES])
def test_a_span_is_the_bytes_of_its_object(kind: str) -> None:
    objects = ['{"content": "Ein Sturm über dem Hafen"}', '{"content": "港の灯台"}', '{"content":"c d"}']
    text = "[ " + " ,\n ".join(objects) + " ]\n" if kind == JSON else "\n\n".join(objects) + "\n"
    items = read(text.encode(), kind, Stated(), max_items=9)
    spans = [item.span for item in items]
    assert [text.encode()[span[0] : span[1]].decode() for span in spans if span] == objects


def test_a_body_in_another_charset_has_no_spans() -> None:
    [item] = read(
        '{"content": "Sturm über dem Hafen"}'.encode("latin-1"),
        "application/json; charset=latin-1",
        Stated(),
        max_items=9,
    )
    assert (item.content, item.span) == ("Sturm über dem Hafen", None)


def test_all_faults_are_told_twenty_at_most() -> None:
    body = json.dumps([{"content": n} for n in range(50)]).encode()
    with pytest.raises(Unreadable) as refused:
        read(body, JSON, Stated(), max_items=99)
    assert [pointer for pointer, _ in refused.value.faults] == [f"/{n}/content" for n in range(20)]


def test_too_many_items_are_refused() -> None:
    with pytest.raises(Unreadable, match="more than 2 items"):
        read(b'[{"content":"a b"},{"content":"c d"},{"content":"e f"}]', JSON, Stated(), max_items=2)


def test_lone_surrogates_are_mended_and_counted_and_pairs_are_joined() -> None:
    body = b'{"content": "Storm \\ud800 and \\ud83d\\ude00 sun", "authors": ["Ann \\udc00 Lee"]}'
    [item] = read(body, JSON, Stated(), max_items=9)
    assert item.content == "Storm \ufffd and \U0001f600 sun"
    assert item.repairs == {"surrogates": 2}


def test_a_number_of_thousands_of_digits_is_refused() -> None:
    with pytest.raises(Unreadable):
        read(b'{"content": "a b", "published_at": ' + b"1" * 6000 + b"}", JSON, Stated(), max_items=9)


def test_json_types_with_a_suffix_are_json() -> None:
    assert read(b'{"content": "a b"}', "application/vnd.harbour+json", Stated(), max_items=9)[0].content == "a b"
    with pytest.raises(UnknownType, match="text/plain"):
        read(b"x", "application/pdf", Stated(), max_items=9)


@given(
    st.one_of(
        st.binary(max_size=200),
        st.recursive(
            st.none() | st.booleans() | st.floats() | st.text(),
            lambda inner: (
                st.lists(inner) | st.dictionaries(st.sampled_from(["content", "title", "authors", "x"]), inner)
            ),
            max_leaves=12,
        ).map(lambda value: json.dumps(value).encode()),
    ),
    st.sampled_from([JSON, LINES, "text/plain"]),
)
def test_any_bytes_are_read_or_refused(body: bytes, kind: str) -> None:
    try:
        items = read(body, kind, Stated(), max_items=50)
    except Unreadable as refused:
        faults, items = refused.faults, []
    else:
        faults = ()
    assert bool(items) != bool(faults)
    assert [item.position for item in items] == list(range(len(items)))
