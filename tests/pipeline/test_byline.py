"""Who wrote it, told from who is written about: persons, agencies, desks, and those who only edited or photographed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.pipeline.authors import choose
from app.pipeline.byline import read, stated
from app.pipeline.names import cased, is_person
from app.pipeline.outline import lines, outline
from app.pipeline.signature import names_in

BODY = """\
The ferry sails again on Tuesday, and the harbour office expects full service by the weekend, it said.
Crews accepted an offer by Jonas Berg, the mediator, that both sides had called their last one on Sunday.
Those who had booked for the days of the strike get their money back without having to ask for it."""
HEADLINE = "Ferry strike ends after nine days"


def byline_of(text: str) -> tuple[list[str], str | None]:
    """Give authors and agency of a text."""
    found = lines(text)
    chosen = choose(read(found, outline(found), "en").evidence)
    return list(chosen.authors), chosen.agency


@pytest.mark.parametrize(
    ("line", "authors", "agency"),
    [
        ("By Maren Holt", ["Maren Holt"], None),
        ("By MAREN HOLT and TOMÁS O'BRIEN", ["Maren Holt", "Tomás O'Brien"], None),
        ("bySauli Lehto", ["Sauli Lehto"], None),
        ("By Maren Holt, Political Editor, and Jo Lund in Oslo", ["Maren Holt", "Jo Lund"], None),
        ("By Maren Holt | 3 March 2025", ["Maren Holt"], None),
        ("Written by: Maren Holt (Reuters)", ["Maren Holt"], "Reuters"),
        ("Von Jana Petersen und Uwe Klaas", ["Jana Petersen", "Uwe Klaas"], None),
        ("Ein Gastbeitrag von Jana Petersen", ["Jana Petersen"], None),
        ("Par Camille Rivet", ["Camille Rivet"], None),
        ("Por Lucía Ferrer y Juan de la Cruz", ["Lucía Ferrer", "Juan de la Cruz"], None),
        ("Autor: Marek Nowak", ["Marek Nowak"], None),
        ("Автор: Анна Петрова", ["Анна Петрова"], None),
        ("記者：田中 太郎", ["田中 太郎"], None),
        ("Maren Holt · Harbour News · 3 March 2025", ["Maren Holt"], None),
        ("Maren Holt Political Correspondent", ["Maren Holt"], None),
        ("Kommentar von Jana Petersen", ["Jana Petersen"], None),
        ("Ein Kommentar von Jana Petersen", ["Jana Petersen"], None),
        ("Opinion by Maren Holt", ["Maren Holt"], None),
        ("Text & Fotos: Jana Petersen", ["Jana Petersen"], None),
        ("Posted by Maren Holt on 3 March 2025", ["Maren Holt"], None),
        ("3 March 2025 by Maren Holt", ["Maren Holt"], None),
        ("3. März 2025 | Redaktion: Jana Petersen", ["Jana Petersen"], None),
        ("By Maren Holt@marenholt  3 March 2025", ["Maren Holt"], None),
        ("By Maren HoltPolitical Editor", ["Maren Holt"], None),
        ("By Maren Holt March 3 at 3:57 PM", ["Maren Holt"], None),
        ("By Maren Holt Harbour News Staff Writer", ["Maren Holt"], None),
        ("By Maren Holt Reuters", ["Maren Holt"], "Reuters"),
        ("By Maren Holt, photos by Jo Lund", ["Maren Holt"], None),
        ("By Maren Holt (reporting) and Jo Lund (photography)", ["Maren Holt"], None),
        ("By Maren Holt, with files from Jo Lund", ["Maren Holt"], None),
        ("By Peter Read", ["Peter Read"], None),
        ("Por José Ortega y Gasset", ["José Ortega y Gasset"], None),
        ("Von Jana Petersen, APA/dpa", ["Jana Petersen"], "APA/dpa"),
        ("文＝山田太郎", ["山田太郎"], None),
        ("【山田太郎】", ["山田太郎"], None),
        ("Maren Holt|Published", ["Maren Holt"], None),
        ("Sauli Vrbik / HARBOUR.COM / 3 March 2025", ["Sauli Vrbik"], None),
        ("By White House", [], None),
        ("By MDR THÜRINGEN", [], None),
        ("Author Recent Posts", [], None),
        ("Foto: Jana Petersen", [], None),
        ("Jana Petersen/AFP", [], None),
        ("Faire Lieferketten", [], None),
        ("By AFP", [], "AFP"),
        ("By Staff Writer", [], None),
        ("By the light of the lamps", [], None),
        ("Photo by Maren Holt", [], None),
        ("Translated by Maren Holt", [], None),
        ("Sponsored by Holt Shipping", [], None),
    ],
)
def test_a_line_below_the_headline_names_its_author(line: str, authors: list[str], agency: str | None) -> None:
    assert byline_of(f"{HEADLINE}\n{line}\n{BODY}") == (authors, agency)


@pytest.mark.parametrize(
    ("footer", "authors"),
    [
        ("Author : Maren Holt", ["Maren Holt"]),
        ("Text: Maren Holt", ["Maren Holt"]),
        ("(Reporting by Maren Holt in Oslo and Jo Lund; Editing by Ann Roe)", ["Maren Holt", "Jo Lund"]),
        ("Jo Lund", []),
        ("Related stories\nBy Ann Roe", []),
        ("New pier opens in spring\nBy Ann Roe\nHarbour fees to rise again\nBy Jo Lund", []),
        ("Maren Holt\nPolitical correspondent", ["Maren Holt"]),
        ("Maren Holt\nMaren Holt covers harbours and has lived on three islands for twenty years.", ["Maren Holt"]),
    ],
)
def test_a_footer_names_the_author_where_it_says_so(footer: str, authors: list[str]) -> None:
    assert byline_of(f"{HEADLINE}\n{BODY}\n{footer}")[0] == authors


def test_a_byline_is_stronger_than_who_reported_and_keeps_what_it_did_not_choose() -> None:
    found = lines(f"{HEADLINE}\nBy Maren Holt\n{BODY}\n(Reporting by Jo Lund)")
    chosen = choose(read(found, outline(found), "en").evidence)
    assert chosen.authors == ("Maren Holt",)
    assert [(one.value, one.chosen) for one in chosen.evidence] == [("Maren Holt", True), ("Jo Lund", False)]


def test_names_below_a_label_alone_are_the_authors() -> None:
    assert byline_of(f"{HEADLINE}\nBy\nMaren Holt,\nJo Lund &\nAnn Roe\n{BODY}")[0] == [
        "Maren Holt",
        "Jo Lund",
        "Ann Roe",
    ]


@pytest.mark.parametrize(
    "lines_below",
    [
        "Maren Holt\nPolitical Editor\nJo Lund\n3 March 2025",
        "By\nMaren HoltNews Reporter\nJo Lund\nUpdated",
        "Author of the article:\nBy Maren Holt and Jo Lund",
        "Maren Holt\nJo Lund\n2 hours ago",
        "Von\nMaren Holt\nJo Lund",
    ],
)
def test_several_authors_stand_one_a_line_with_their_roles(lines_below: str) -> None:
    assert byline_of(f"{HEADLINE}\n{lines_below}\n{BODY}")[0] == ["Maren Holt", "Jo Lund"]


def test_a_name_that_the_text_tells_of_is_its_subject() -> None:
    assert byline_of(f"{HEADLINE}\nJonas Berg\n{BODY}")[0] == []


def test_a_standfirst_may_end_with_the_byline_and_stays() -> None:
    standfirst = "Nine days without a boat: the islands are glad that it is over. Von Maren Holt"
    found = lines(f"{HEADLINE}\n{standfirst}\n{BODY}")
    reading = read(found, outline(found), "de")
    assert choose(reading.evidence).authors == ("Maren Holt",)
    assert reading.lines == frozenset()


def test_a_japanese_text_may_end_with_its_writer() -> None:
    body = "船は火曜日に再び出航すると港の事務所が発表した。島の住民は喜びの声を上げている。\n" * 3
    assert byline_of(f"島への船が九日ぶりに再開\n{body}料金は払い戻される見通しだと担当者は話した。【山田太郎】")[
        0
    ] == ["山田太郎"]


def test_people_in_running_text_are_no_authors() -> None:
    assert byline_of(f"{HEADLINE}\n{BODY}") == ([], None)


@pytest.mark.parametrize(
    ("given_names", "authors", "agency"),
    [
        (["By Maren Holt, Reuters"], ["Maren Holt"], "Reuters"),
        (["maren holt", "JO LUND"], ["Maren Holt", "Jo Lund"], None),
        (["Staff", "Admin", ""], [], None),
        (["Madonna"], ["Madonna"], None),
        (["Dr. Ann Roe <ann@roe.example>"], ["Dr. Ann Roe"], None),
        (["Prof. Ann Roe", "Mrs. Jo Lund"], ["Ann Roe", "Jo Lund"], None),
        (["<b>Maren Holt</b>", "Jo_Lund"], ["Maren Holt", "Jo Lund"], None),
        (["Holt, Maren"], ["Maren Holt"], None),
        (["Von Holt"], ["Von Holt"], None),
        (["[山田太郎，社会部]"], ["山田太郎"], None),
        (["Peter Read", "Mary Day"], ["Peter Read", "Mary Day"], None),
        (["Associated Press"], [], "AP"),
    ],
)
def test_a_senders_authors_are_cleaned(given_names: list[str], authors: list[str], agency: str | None) -> None:
    chosen = choose(stated(given_names))
    assert (list(chosen.authors), chosen.agency) == (authors, agency)


@pytest.mark.parametrize(
    ("printed", "written"),
    [
        ("STEVE PEOPLES", "Steve Peoples"),
        ("ANN MCDONALD", "Ann McDonald"),
        ("JAN VAN DER BERG", "Jan van der Berg"),
        ("J.R. O'NEIL", "J.R. O'Neil"),
        ("anna de vries", "Anna de Vries"),
        ("Bill MCCARTHY", "Bill McCarthy"),
    ],
)
def test_a_name_is_written_as_names_are(printed: str, written: str) -> None:
    assert cased(printed) == written


@pytest.mark.parametrize(
    "text",
    [
        "Breaking News",
        "New York Times",
        "The Harbour",
        "Ann",
        "3 March",
        "WarriorWriter Jones",
        "Ann Roe Holt Lund Berg Quist",
        "",
    ],
)
def test_what_is_no_person(text: str) -> None:
    assert not is_person(text)


@given(st.text(max_size=120), st.booleans())
def test_no_line_raises(text: str, labelled: bool) -> None:  # noqa: FBT001
    names_in(text, labelled=labelled)
    stated([text])
