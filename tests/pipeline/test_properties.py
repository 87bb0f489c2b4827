"""What holds for any text whatever: the pipeline ends, in bounded time, never raises, repeats itself, and finishes its work."""

from datetime import UTC, datetime

from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.pipeline.article import Article, RawItem, Rejected
from app.pipeline.repair import repair
from app.pipeline.run import fallback, process
from app.pipeline.slug import fold, slug

ARRIVED = datetime(2026, 6, 1, 12, tzinfo=UTC)
WORDS = [
    "The", "ferry", "sails", "again", "von", "der", "Port", "Ellery", "U.S.", "e.g.", "3.5", "1,000", "example.com", "Node.js", "don't", "iPhone",
    "By", "Maren", "Holt", "Published", "March", "3", "2025", "Autor:", "Copyright", "©", "Region", "Concerns", "港の灯台が", "点灯した。", "Привет", "мир",
    "مرحبا", "naïve", "CafÃ©", "&amp;", "&lt;", "|", "-", "•", "1.", "a)", "label:", "text.", "end.The", "clause,then", "what?No", "(Reuters)", "\u00ad", "\u200b",
]  # fmt: skip
MARKS = ["\n", "\n\n", " ", "  ", "\t", ". ", ".", ", ", ",", ": ", ":", "! ", "?", "”", "“", '"', "(", ")", "\r\n", "\u00a0", "\x00", "\ud800", "\u0301"]  # fmt: skip
texts = st.one_of(
    st.text(max_size=400),
    st.lists(st.sampled_from(WORDS + MARKS), max_size=120).map("".join),
    st.lists(st.sampled_from(WORDS), max_size=120).map(" ".join),
    st.lists(st.lists(st.sampled_from(WORDS), min_size=1, max_size=14).map(" ".join), max_size=30).map("\n".join),
)


@given(texts)
@settings(max_examples=400)
def test_repairing_again_repairs_nothing_more(text: str) -> None:
    assert repair(repair(text).text).counts == {}


@given(texts)
@example("0|0\rAA.Aa|0")
@example("0||0\r0||0")
@example("Harbour .||0 0\nHarbour .||0 0")
@example("including:| a b\nincluding:| a b c d.")
@settings(max_examples=400)
def test_an_articles_own_text_needs_no_more_repair(text: str) -> None:
    made = process(RawItem(0, text), ARRIVED)
    if isinstance(made, Article):
        assert repair(made.text).counts == {}


@given(texts)
@example(": : <\nAutor: A 0 0 0 0 0 0 0 0 0 0.\n0")
@settings(max_examples=200)
def test_the_same_item_makes_the_same_article(text: str) -> None:
    assert process(RawItem(0, text), ARRIVED) == process(RawItem(0, text), ARRIVED)


@given(texts)
def test_the_fallback_takes_whatever_broke_the_pipeline(text: str) -> None:
    made = fallback(RawItem(0, text), ARRIVED)
    assert isinstance(made, Rejected) or made.processing == "fallback"


@given(st.text(max_size=200))
@example("ß ﬁ İ")
def test_slugs_and_folds_stay_as_they_are(label: str) -> None:
    assert slug(slug(label)) == slug(label)
    assert fold(fold(label)) == fold(label)
