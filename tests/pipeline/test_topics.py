"""Topics are what lists announce, senders declare or running text speaks of; each subject once, wherever it is read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.pipeline.article import Block, Heading, ListBlock, ListItem, Paragraph, Table, Topic
from app.pipeline.background import Inference
from app.pipeline.enumerations import enumerated
from app.pipeline.inferred import Context
from app.pipeline.mentions import mentions
from app.pipeline.sites import own_names
from app.pipeline.subjects import best_written, cleaned, is_subject
from app.pipeline.topic_lists import last_sentence
from app.pipeline.topics import MOST_DECLARED, MOST_FOUND, Subjects, topics

PLAIN = Paragraph("The islands met in the old town hall, and nobody left before the lamps were lit.")
LEAD_IN = Paragraph("The islands met in the old town hall. The council will speak of these matters:")


def found_in(
    *blocks: Block, declared: tuple[str, ...] = (), language: str | None = "en", source: str | None = None
) -> Subjects:
    """Find what is declared, listed or enumerated; what is inferred beside has tests of its own."""
    return topics(blocks, declared, Context(language, own_names(source), inference=Inference(most=0)))


def by_slug(found: Subjects) -> dict[str, Topic]:
    return {topic.slug: topic for topic in found.topics}


def items(*texts: str) -> ListBlock:
    """Give a list; an item with a colon has a label."""
    parted = [text.partition(": ") for text in texts]
    return ListBlock(tuple(ListItem(label, rest) if mark else ListItem(None, label) for label, mark, rest in parted))


def test_a_labelled_list_after_a_lead_in_names_its_topics() -> None:
    found = found_in(LEAD_IN, items("Fishing Quotas: who may catch how much.", "Ferry Fares: the price of crossing."))
    assert set(by_slug(found)) == {"fishing-quotas", "ferry-fares"}
    [listed] = found.topic_lists
    assert (listed.lead_in, listed.block) == ("The council will speak of these matters:", 1)
    assert [(entry.topic, entry.label, entry.detail) for entry in listed.entries] == [
        ("fishing-quotas", "Fishing Quotas", "who may catch how much."),
        ("ferry-fares", "Ferry Fares", "the price of crossing."),
    ]


def test_a_tables_first_column_is_its_label_and_the_others_its_detail() -> None:
    lead_in = Paragraph("The council has plans for every matter, as illustrated in the table below:")
    found = found_in(
        lead_in, Table(("Matter", "Aim", "Year"), (("ferry Fares", "half price", "2031"), ("Peat", "", "2040")))
    )
    [listed] = found.topic_lists
    assert listed.lead_in == lead_in.text
    assert [(entry.topic, entry.detail) for entry in listed.entries] == [
        ("ferry-fares", "half price | 2031"),
        ("peat", "2040"),
    ]
    assert by_slug(found)["peat"].origins == ("table",)


@pytest.mark.parametrize(
    ("text", "language", "lead_in"),
    [
        ("It rained. The table below shows what remains.", "en", "The table below shows what remains."),
        ("Es regnete. Die folgende Tabelle zeigt, was bleibt.", "de", "Die folgende Tabelle zeigt, was bleibt."),
        ("Il pleut. Le tableau ci-dessous montre le reste.", "fr", "Le tableau ci-dessous montre le reste."),
        ("It rained on Dr. Ames of No. 4. He named:", "en", "He named:"),
        ("Rain fell. Mr. Ames named:", "en", "Mr. Ames named:"),
        ("雨が降った。議題は次の通り：", "ja", "議題は次の通り："),
        ("It rained, and nothing remains.", "en", None),
    ],
)
def test_the_lead_in_is_the_sentence_that_announces(text: str, language: str, lead_in: str | None) -> None:
    spoken = Paragraph("Der Fischfang und der Torfabbau, der Fischfang und der Torfabbau sind hier wichtig.")
    table = Table(("A", "B"), (("Fischfang", "1"), ("Torfabbau", "2")))
    [listed] = found_in(spoken, Paragraph(text), table, language=language).topic_lists
    assert (listed.lead_in, listed.block) == (lead_in, 2)


def test_the_last_sentence_of_an_endless_paragraph_is_found_near_its_end() -> None:
    assert last_sentence("Rain fell. " * 400_000 + "They named:") == "They named:"


def test_a_list_right_after_an_announced_one_is_announced_too() -> None:
    found = found_in(LEAD_IN, items("Fishing Quotas", "Ferry Fares"), Table(("A", "B"), (("Peat", "x"), ("Wool", "y"))))
    assert {"peat", "wool"} <= set(by_slug(found))
    assert [listed.lead_in for listed in found.topic_lists] == [LEAD_IN.text.partition(". ")[2], None]


def test_a_list_that_nothing_announces_names_what_running_text_speaks_of() -> None:
    text = Paragraph("The fishing quotas were the matter of the evening, as they are every year.")
    found = found_in(text, items("Fishing Quotas", "Next Slide"))
    assert set(by_slug(found)) == {"fishing-quotas"}
    assert [entry.topic for entry in found.topic_lists[0].entries] == ["fishing-quotas", None]


def test_a_list_that_nothing_announces_and_nothing_speaks_of_is_no_topic_list() -> None:
    assert found_in(PLAIN, items("Next Slide", "Big Map")) == Subjects((), ())


def test_a_labelled_list_under_a_heading_is_announced() -> None:
    found = found_in(Heading(2, "The plans"), items("Fishing Quotas: few.", "Ferry Fares: low.", "Peat: none."))
    assert set(by_slug(found)) == {"fishing-quotas", "ferry-fares", "peat"}


@pytest.mark.parametrize("lead_in", ["Related articles:", "Read more:", "See also:", "Follow us on:"])
def test_lists_of_links_are_no_topic_lists(lead_in: str) -> None:
    assert found_in(Paragraph(lead_in), items("Fishing Quotas", "Ferry Fares")) == Subjects((), ())


def test_speakers_of_an_interview_are_no_topics() -> None:
    found = found_in(LEAD_IN, items("Maren Holt: Why now?", "Kai Brandt: It is time.", "Maren Holt: And then?"))
    assert found.topics == ()


def test_an_announced_list_of_sentences_is_a_topic_list_without_topics() -> None:
    found = found_in(
        LEAD_IN, items("The ferry that sails to the north will cost less", "Quotas will be set by the islands alone")
    )
    assert [entry.topic for entry in found.topic_lists[0].entries] == [None, None]
    assert found.topics == ()


def test_a_subject_seen_in_several_places_is_one_topic() -> None:
    found = found_in(
        Paragraph("The ferry fares are too high for most of the families on the islands."),
        LEAD_IN,
        items("ferry Fares: too high.", "Peat: too low."),
        Table(("Matter", "Aim"), (("Ferry fare", "half"), ("Peat", "none"))),
        declared=("FERRY FARES",),
    )
    topic = by_slug(found)["ferry-fare"]
    assert topic.origins == ("declared", "list", "table", "text")
    assert topic.label == "Ferry fare"
    assert topic.mentions == 3
    assert {entry.topic for listed in found.topic_lists for entry in listed.entries} == {"ferry-fare", "peat"}


def test_scores_rise_with_origins_and_mentions() -> None:
    found = by_slug(
        found_in(LEAD_IN, items("Ferry Fares", "Peat"), Paragraph("The peat, the peat and again the peat, it was."))
    )
    declared = by_slug(found_in(PLAIN, declared=("Wool",)))["wool"]
    assert declared.score == 0.9
    assert found["ferry-fares"].score == pytest.approx(0.806)
    assert found["peat"].score > found["ferry-fares"].score
    assert list(found) == ["peat", "ferry-fares"]


def test_a_heading_names_a_subject_that_running_text_speaks_of() -> None:
    text = Paragraph("For years the street lighting of the harbour has been a matter of dispute.")
    found = by_slug(found_in(Heading(2, "Street lighting: who pays?"), text, Heading(2, "Water woes"), PLAIN))
    assert {slug: topic.origins for slug, topic in found.items()} == {"street-lighting": ("heading", "text")}


@pytest.mark.parametrize(
    "heading", ["Concluding Remarks", "Background", "What we know", "Continue", "Context of the Talks"]
)
def test_headings_that_stand_anywhere_are_no_topics(heading: str) -> None:
    text = Paragraph(f"In the {heading.lower()} of the matter, the {heading.lower()} was spoken of again and again.")
    assert found_in(Heading(2, heading), text, text).topics == ()


def test_the_headline_is_no_topic() -> None:
    assert (
        found_in(
            Heading(1, "Street lighting"), Paragraph("The street lighting of the harbour is a matter of dispute.")
        ).topics
        == ()
    )


@pytest.mark.parametrize(
    "label", ["News", "Home", "Uncategorized", "Nachrichten", "Actualités", "Harbour Post", "", "…", "x" * 101]
)
def test_boilerplate_and_the_sources_own_name_are_no_topics(label: str) -> None:
    for source in ("harbour-post.example", "www.harbourpost.co.example", "Harbour Post"):
        assert found_in(PLAIN, declared=(label,), source=source).topics == ()


def test_declared_topics_are_kept_up_to_two_hundred() -> None:
    declared = tuple(f"Quay {number}" for number in range(500))
    listed = items(*(f"Island matter {chr(97 + number % 26)}{number}" for number in range(100)))
    found = found_in(LEAD_IN, listed, declared=declared)
    origins = [topic.origins[0] for topic in found.topics]
    assert (origins.count("declared"), origins.count("list")) == (MOST_DECLARED, MOST_FOUND)
    kept = {topic.slug for topic in found.topics}
    assert {entry.topic for entry in found.topic_lists[0].entries} <= kept | {None}
    assert found.topic_lists[0].entries[0].topic == "island-matter-a0"


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        (
            "Key issues likely include peat, ferry fares on Sundays, and wool prices.",
            "en",
            ["peat", "ferry fares on Sundays", "wool prices"],
        ),
        (
            "They spoke of matters such as the peat, energy and island schools, which are few.",
            "en",
            ["peat", "energy", "island schools"],
        ),
        ("The topics include trade and investment, peat, and wool.", "en", ["trade and investment", "peat", "wool"]),
        ("Zu den Themen gehören Klimaschutz, die Fischerei und der Torf.", "de", ["Klimaschutz", "Fischerei", "Torf"]),
        ("Parmi les sujets figurent la pêche, le commerce et l'énergie.", "fr", ["pêche", "commerce", "énergie"]),
        ("Los temas incluyen la pesca, el comercio y la energía.", "es", ["pesca", "comercio", "energía"]),
        ("Temi come la pesca, il commercio e l'energia restano aperti domani sera.", "it", ["pesca", "commercio"]),
        ("Os temas são a pesca, o comércio e a energia.", "pt", ["pesca", "comércio", "energia"]),
        ("Onderwerpen zoals visserij, handel en energie.", "nl", ["visserij", "handel", "energie"]),
        ("The issues include peat and wool.", "en", []),
        ("Issues include how to cut peat, what it costs, and wool.", "en", []),
        ("The peat, the wool and the ferries are old.", "en", []),
        ("議題は貿易、漁業である。", "ja", []),
        ("Issues include", "en", []),
    ],
)
def test_running_text_enumerates_subjects(text: str, language: str, expected: list[str]) -> None:
    assert list(enumerated(text, language)) == expected


def test_an_enumerated_subject_is_a_topic_of_lower_score() -> None:
    found = found_in(Paragraph("Key issues likely include peat, ferry fares, and wool prices."))
    assert set(by_slug(found)) == {"peat", "ferry-fares", "wool-prices"}
    assert {topic.origins for topic in found.topics} == {("text",)}
    assert all(topic.score < 0.6 for topic in found.topics)


@pytest.mark.parametrize(
    ("text", "label", "language", "count"),
    [
        ("Arms control, nuclear arms control and ARMS-CONTROL!", "arms control", "en", 3),
        ("Elections follow the election.", "election", "en", 2),
        ("Electioneering is no word for it.", "election", "en", 0),
        ("The U.S. and the US.", "U.S.", "en", 2),
        ("漁業協定と漁業。新しい漁業協定。", "漁業協定", "ja", 2),
        ("L'eau, de l’eau.", "eau", "fr", 2),
        ("Arts & Culture, arts &amp; crafts", "arts & culture", "en", 1),
    ],
)
def test_mentions_are_whole_phrases_in_any_spelling(text: str, label: str, language: str, count: int) -> None:
    assert mentions([Paragraph(text)], {"key": [label]}, language).anywhere["key"] == count


@pytest.mark.parametrize(
    ("label", "language"),
    [
        ("Exchange Programs", "en"),
        ("Transparency in Military Activities", "en"),
        ("Access to Healthcare", "en"),
        ("AI", "en"),
        ("COVID-19", "en"),
        ("2024 elections", "en"),
        ("G20 summit", "en"),
        ("Theresa May", "en"),
        ("Cider making", "en"),
        ("Cost of living", "en"),
        ("Erneuerbare Energien", "de"),
        ("Sicherheit der Häfen", "de"),
        ("Pouvoir d'achat", "fr"),
        ("Cambio climático", "es"),
        ("気候変動", "ja"),
        ("जलवायु परिवर्तन", "hi"),
        ("تغير المناخ", "ar"),
        ("ความมั่นคง", "th"),
    ],
)
def test_a_short_noun_phrase_names_a_subject(label: str, language: str) -> None:
    assert is_subject(label, language)


@pytest.mark.parametrize(
    ("label", "language"),
    [
        ("Ferries that sail to the far north", "en"),
        ("The ferry sails again.", "en"),
        ("14 hours ago", "en"),
        ("Friday", "en"),
        ("March", "en"),
        ("November 6, 2025", "en"),
        ("12 km", "en"),
        ("£40 a night", "en"),
        ("Strengthening alliances", "en"),
        ("To build trust", "en"),
        ("I’m in", "en"),
        ("Why it matters", "en"),
        ("Half” of a quotation", "en"),
        ("Harbour (old", "en"),
        ("Quay, harbour", "en"),
        ("www.harbour.example", "en"),
        ("Subscribe", "en"),
        ("—", "en"),
        ("", None),
        ("Rat will Hafen überarbeiten", "de"),
        ("Hafen endlich geöffnet", "de"),
        ("Zusammenfassung", "de"),
        ("Renforcer la coopération", "fr"),
        ("Lo que sabemos", "es"),
        ("2025年3月1日", "ja"),
    ],
)
def test_sentences_clauses_numbers_and_buttons_name_none(label: str, language: str | None) -> None:
    assert not is_subject(label, language)


@pytest.mark.parametrize(
    ("labels", "written"),
    [
        (["arms Control", "Arms control"], "Arms control"),
        (["ferry fares"], "Ferry fares"),
        (["FERRY FARES", "Ferry Fares"], "Ferry Fares"),
        (["FERRY FARES"], "FERRY FARES"),
        (["iPhone"], "iPhone"),
        (["“Peat”:"], "Peat"),
        (["ßtill"], "ßtill"),
    ],
)
def test_a_subject_is_written_as_printed_in_the_best_case(labels: list[str], written: str) -> None:
    assert best_written(labels) == written


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("U.S.", "U.S."),
        ("(sport)", "sport"),
        ("#Peat", "Peat"),
        ("a  b;", "a b"),
        (".NET", ".NET"),
        ("Peat Ltd.", "Peat Ltd."),
        ("Leo XIV.", "Leo XIV."),
        ("Wool.", "Wool"),
    ],
)
def test_a_label_is_cleaned_of_marks_that_are_no_part_of_it(label: str, expected: str) -> None:
    assert cleaned(label) == expected


words = st.sampled_from(
    [
        "peat",
        "Ferry Fares",
        "issues include",
        "peat, wool, and tar",
        "the",
        "News",
        "12",
        "table below:",
        "漁業",
        "x" * 70,
    ]
)
phrases = st.one_of(st.text(max_size=40), st.lists(words, max_size=6).map(" ".join))
blocks = st.lists(
    st.one_of(
        phrases.map(Paragraph),
        st.builds(Heading, st.integers(1, 3), phrases),
        st.lists(st.builds(ListItem, st.one_of(st.none(), phrases), phrases), max_size=5).map(
            lambda found: ListBlock(tuple(found))
        ),
        st.lists(st.tuples(phrases, phrases), max_size=4).map(lambda rows: Table(("A", "B"), tuple(rows))),
    ),
    max_size=8,
)


@given(
    blocks,
    st.lists(phrases, max_size=5),
    st.sampled_from([None, "en", "de", "ja", "xx"]),
    st.one_of(st.none(), phrases),
)
def test_any_blocks_have_topics_that_agree_with_their_lists(
    found: list[Block], declared: list[str], language: str | None, source: str | None
) -> None:
    made = topics(found, declared, Context(language, own_names(source)))
    assert made == topics(found, declared, Context(language, own_names(source)))
    slugs = [topic.slug for topic in made.topics]
    assert len(set(slugs)) == len(slugs)
    assert len({topic.fold for topic in made.topics}) == len(slugs)
    assert {entry.topic for listed in made.topic_lists for entry in listed.entries} <= {*slugs, None}
    assert all(isinstance(found[listed.block], ListBlock | Table) for listed in made.topic_lists)
    assert all(0 < topic.score <= 1 and topic.origins and topic.slug and topic.label for topic in made.topics)
    assert list(made.topics) == sorted(made.topics, key=lambda topic: (-topic.score, topic.label))
