"""What is mended, and what only looks as if it were broken."""

import pytest

from app.pipeline.repair import repair
from app.pipeline.url import clean, identity


@pytest.mark.parametrize(
    ("broken", "mended", "counts"),
    [
        ("the conflict.This meeting", "the conflict. This meeting", {"joined_sentences": 1}),
        ("the dialogue,allowing both", "the dialogue, allowing both", {"joined_sentences": 1}),
        (
            "any outcomes.with the sea absent",
            "any outcomes. With the sea absent",
            {"joined_sentences": 1, "sentence_case": 1},
        ),
        ("It ended.”The crowd", "It ended.” The crowd", {"joined_sentences": 1}),
        ("in 2025.The talks", "in 2025. The talks", {"joined_sentences": 1}),
        ("(the last).They left", "(the last). They left", {"joined_sentences": 1}),
        ("Really?Yes", "Really? Yes", {"joined_sentences": 1}),
        ("as the talks went on there.", "As the talks went on there.", {"sentence_case": 1}),
        ("cybersecurity: Measures to fight it off.", "Cybersecurity: Measures to fight it off.", {"sentence_case": 1}),
        ("odd\u00a0and  double , spaces", "odd and double, spaces", {"spaces": 3}),
        ("fish &amp; chips &#8211; hot", "fish & chips – hot", {"entities": 2}),
        ("a\x00b\x07", "ab", {"control_characters": 2}),
        ("so\u00adft", "soft", {"invisible_characters": 1}),
        ("lone \ud800 one", "lone \ufffd one", {"surrogates": 1}),
        ("cafe\u0301", "café", {"decomposed_characters": 1}),
        ("FÃ¤hre", "Fähre", {"mojibake": 1}),
        ("bzw.die anderen", "bzw. die anderen", {"joined_sentences": 1}),
    ],
)
def test_damage_is_mended_and_counted(broken: str, mended: str, counts: dict[str, int]) -> None:
    found = repair(broken)
    assert (found.text, found.counts) == (mended, counts)


@pytest.mark.parametrize(
    "sound",
    [
        "U.S. and U.S.-led", "3.5 and 1,000 and 10.30", "e.g. this, i.e. that", "see example.com or www.a-b.org/x.y", "mail ann.roe@a.example",
        "Node.js, ASP.NET and .NET", "J.R.R. Tolkien", "wait...what", "at 5 p.m. today", "z.B. und d.h. so", "report.pdf and v1.2.3", "No.5 and C++", "@ann.roe",
        "iPhone sales grew by five percent.", "von der Leyen", "中文。这是,测试.你好", "a.b,c", "1.FC Hafen", "https://a.example/x,y.Html", "« Oui », dit-il ; non ?",
    ],
)  # fmt: skip
def test_what_is_sound_stays(sound: str) -> None:
    assert repair(sound) == repair(repair(sound).text)
    assert repair(sound).text == sound


def test_hard_wrapped_paragraphs_are_joined_and_hyphens_with_care() -> None:
    wrapped = (
        "The ferries to the outer islands sail again on Tuesday, and the well-\n"
        "known brass band will play on the first of them, as the harbour office\n"
        "said on Monday. The office expects that everybody comes, and inter-\n"
        "national guests as well. It has called them international guests for\n"
        "years, and nobody knows why they should be called so, says the mayor\n"
        "of the largest of the islands, who has a boat of her own and sails it.\n"
        "\n"
        "  She sails at noon.\n"
    )
    found = repair(wrapped)
    assert found.counts["unwrapped_lines"] == 5
    assert "the well-known brass" in found.text
    assert "everybody comes, and international guests" in found.text
    assert found.text.split("\n")[-2] == "She sails at noon."


def test_an_indent_begins_a_paragraph_of_a_wrapped_text() -> None:
    line = "word after word until the line is full and the next word does not fit"
    found = repair("\n".join([f"   {line}", *[line] * 6, f"   {line}", *[line] * 3, "end of it."]))
    assert found.counts["unwrapped_lines"] == 10
    assert found.text.count("\n\n") == 1


@pytest.mark.parametrize(
    ("given_url", "cleaned"),
    [
        ("https://A.example:443/x?utm_source=f&id=1#top", "https://a.example/x?id=1"),
        ("http://a.example", "http://a.example/"),
        ("https://u:p@a.example:8443/ü?fbclid=1", "https://a.example:8443/%C3%BC"),
        ("ftp://a.example/x", None),
        ("https://[::1]/x", "https://[::1]/x"),
        ("https://[bad/x", None),
        ("nonsense", None),
        (None, None),
    ],
)
def test_a_url_is_cleaned_of_what_only_tells_how_the_reader_came(given_url: str | None, cleaned: str | None) -> None:
    assert clean(given_url) == cleaned


def test_two_urls_of_one_page_meet() -> None:
    assert identity("https://www.a.example/x/?b=2&a=1") == identity("http://a.example/x?a=1&b=2")
    assert identity("https://a.example/x") != identity("https://a.example/y")
    assert identity("https://a.example/%c3%a9/%7e%61") == identity("https://a.example/%C3%A9/~a")
    assert identity("https://a.example/a%2fb") != identity("https://a.example/a/b")
