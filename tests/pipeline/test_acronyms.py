"""Acronyms that a text defines: found in many languages, and not where a bracket holds something else."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.pipeline.acronyms import MOST_DEFINED, definitions, is_acronym
from app.pipeline.article import Article, Block, ListBlock, ListItem, Paragraph, RawItem, Topic
from app.pipeline.inferred import Context
from app.pipeline.run import process
from app.pipeline.topics import Subjects, topics


def pairs(line: str, language: str | None = "en") -> list[tuple[str, str]]:
    return [(found.label, found.meaning) for found in definitions([line], language)]


@pytest.mark.parametrize(
    ("line", "language", "label", "meaning"),
    [
        ("He left the World Health Organization (WHO) in May.", "en", "WHO", "World Health Organization"),
        ("The WHO (World Health Organization) met in Geneva.", "en", "WHO", "World Health Organization"),
        ("Talks at the United Nations (U.N.) failed.", "en", "U.N.", "United Nations"),
        ("The Ministry of Defence (MoD) declined.", "en", "MoD", "Ministry of Defence"),
        ("Gross domestic product (GDP) fell.", "en", "GDP", "Gross domestic product"),
        ("They fear artificial intelligence (AI, they say).", "en", "AI", "Artificial intelligence"),
        ("The Centers for Disease Control and Prevention (CDC) said.", "en", "CDC",
         "Centers for Disease Control and Prevention"),
        ("In Paris, the United Nations Educational, Scientific and Cultural Organization (UNESCO) met.", "en", "UNESCO",
         "United Nations Educational, Scientific and Cultural Organization"),
        ("The Organisation for Economic Co-operation and Development (OECD) warned.", "en", "OECD",
         "Organisation for Economic Co-operation and Development"),
        ("The Defense Advanced Research Projects Agency (DARPA) paid.", "en", "DARPA",
         "Defense Advanced Research Projects Agency"),
        ("Eight Members of Parliament (MPs) left.", "en", "MPs", "Members of Parliament"),
        ("Das Bundesamt für Migration und Flüchtlinge (BAMF) zählt.", "de", "BAMF",
         "Bundesamt für Migration und Flüchtlinge"),
        ("Die „Alternative für Deutschland“ (AfD) klagt.", "de", "AfD", "Alternative für Deutschland"),
        ("Selon l'Organisation mondiale de la santé (OMS), rien.", "fr", "OMS", "Organisation mondiale de la santé"),
        ("Le patron de l’Électricité de France (EDF) part.", "fr", "EDF", "Électricité de France"),
        ("La Organización del Tratado del Atlántico Norte (OTAN) calla.", "es", "OTAN",
         "Organización del Tratado del Atlántico Norte"),
        ("O Supremo Tribunal Federal (STF) decidiu.", "pt", "STF", "Supremo Tribunal Federal"),
        ("Всемирная организация здравоохранения (ВОЗ) сообщила.", "ru", "ВОЗ",
         "Всемирная организация здравоохранения"),
    ],
)  # fmt: skip
def test_a_definition_is_found(line: str, language: str, label: str, meaning: str) -> None:
    assert pairs(line, language) == [(label, meaning)]


@pytest.mark.parametrize(
    "line",
    [
        "The Harbour Authority (2024) said so.",
        "ATLANTA (CNN) The mayor resigned.",
        "New York (CNN) The mayor resigned.",
        "Senator Mark Kelly (D-Ariz.) voted no.",
        "Rep. Antonio Delgado (D-NY) voted no.",
        "Mr. Smith (R) voted no.",
        "The council of Port Ellery (WHO) met.",
        "It sails in order to (IO) arrive.",
        "The Winter Harbour Office. Open (WHO) again.",
        "The harbour (Winter Harbour Office) is open.",
        "Chapter Two (II) begins.",
        "Ada Byron won the cup (3-1, AET).",
        "()(A)(AB",
        "(AB)",
        "世界保健機関（WHO）は発表した。",
    ],
)
def test_a_bracket_that_holds_something_else_defines_nothing(line: str) -> None:
    assert pairs(line) == []


def test_what_is_said_first_holds_and_the_number_is_bounded() -> None:
    assert pairs("World Health Organization (WHO) and Winter Harbour Office (WHO).") == [
        ("WHO", "World Health Organization")
    ]
    letters = "ABCDEFGHIJ"
    many = [f"The {a}lpha {b}eta {c}amma ({a}{b}{c})." for a in letters for b in letters for c in letters]
    assert len(definitions(many, "en")) == MOST_DEFINED


@pytest.mark.parametrize("text", ["WHO", "U.N.", "AT&T", "MoD", "G20S", "CO2E"])
def test_acronyms_are_mostly_capitals(text: str) -> None:
    assert is_acronym(text)


@pytest.mark.parametrize("text", ["W", "who", "Who", "2024", "D-Ariz.", "ABCDEFGHIJK", "A B", "..", ""])
def test_others_are_none(text: str) -> None:
    assert not is_acronym(text)


@given(st.text(alphabet="ABab (),.-'é\u0301ß", max_size=80))
def test_any_text_is_read(line: str) -> None:
    assert len(definitions([line], None)) <= MOST_DEFINED


STORY = (
    Paragraph("The World Health Organization (WHO) said on Monday that cholera had come to the islands."),
    Paragraph("The WHO sent a team to Bergen. Who pays for it is not known. WHO doctors said that cholera spreads."),
    Paragraph("The Organisation for Economic Co-operation and Development (OECD) refused. The OECD called it late."),
    Paragraph("The WHO asked for money, and OECD members had paid in May."),
)
LONG = "Organisation for Economic Co-operation and Development"


def found_in(*blocks: Block, declared: tuple[str, ...] = ()) -> Subjects:
    return topics(blocks, declared, Context("en", frozenset()))


def named(found: Subjects) -> dict[str, Topic]:
    return {topic.label: topic for topic in found.topics}


def test_an_inferred_acronym_goes_by_its_long_name_and_its_counts_add_up() -> None:
    found = named(found_in(*STORY))
    assert found["World Health Organization"].mentions == 5
    assert found["World Health Organization"].origins == ("organisation",)
    assert {"WHO", "Who", "OECD"}.isdisjoint(found)
    assert found[LONG].mentions == 3
    assert {"Development", "Organisation", "Economic co-operation"}.isdisjoint(found)


def test_of_labels_the_acronym_and_its_meaning_are_one_topic() -> None:
    listed = ListBlock((ListItem("HSB", "who pays."), ListItem("Harbour Safety Board", "its full name.")))
    told = Paragraph("The Harbour Safety Board (HSB) has no money. HSB members spoke of these matters:")
    found = found_in(told, listed)
    assert [entry.topic for entry in found.topic_lists[0].entries] == ["harbour-safety-board"] * 2
    assert named(found)["Harbour Safety Board"].mentions == 5
    assert "HSB" not in named(found)


def test_what_the_sender_calls_its_subject_stays() -> None:
    both = named(found_in(*STORY, declared=("WHO", "World Health Organization", "Cholera")))
    assert set(both) == {"World Health Organization", "Cholera"}
    short = named(found_in(*STORY, declared=("OECD",)))
    assert set(short) == {"OECD"}
    assert short["OECD"].mentions == 4
    entry = ListBlock(
        (ListItem("World Health Organization", "who sent a team."), ListItem("Cholera", "how it spreads."))
    )
    lead_in = Paragraph("The council spoke of money and doctors all day. It will speak of these matters:")
    mixed = found_in(*STORY, lead_in, entry, declared=("WHO",))
    assert set(named(mixed)) == {"WHO", "Cholera"}
    assert mixed.topic_lists[0].entries[0].topic == "who"
    assert named(mixed)["WHO"].origins == ("declared", "list", "text")


def test_a_list_that_names_the_acronym_leaves_nothing_to_infer_of_its_meaning() -> None:
    listed = ListBlock((ListItem("OECD", "who pays."), ListItem("Cholera", "how it spreads.")))
    lead_in = Paragraph("The council spoke of money and doctors all day. It will speak of these matters:")
    found = named(found_in(*STORY, lead_in, listed))
    assert "OECD" in found
    assert LONG not in found


def test_an_article_carries_what_it_defines() -> None:
    made = process(RawItem(0, "\n\n".join(block.text for block in STORY)), datetime(2026, 6, 1, tzinfo=UTC))
    assert isinstance(made, Article)
    assert [pair.label for pair in made.acronyms] == ["WHO", "OECD"]
