"""Articles that declare no topics have them inferred: what the text speaks of, persons, places and organisations."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.pipeline.article import Paragraph, Topic, TopicOrigin
from app.pipeline.background import Background, Inference, Usage
from app.pipeline.chunks import Cutter
from app.pipeline.inferred import LEAST_SALIENCE, LEAST_UNRULED, Context, Inferred, inferred
from app.pipeline.kinds import kind_of
from app.pipeline.phrases import Phrase, phrases
from app.pipeline.places import is_place
from app.pipeline.topics import topics

TITLE = "Ferry strike leaves islands without mail"
STORY = (
    "The ferry strike on the outer islands entered its second week on Monday, and the mail no longer comes.",
    "Ingrid Solberg of the Seamen's Union said that the ferry strike would go on until night shifts are paid.",
    "Solberg had met the shipping company in Bergen, where talks about night shifts failed.",
    "In Bergen the shipping company said that night shifts had never been paid. The islands are supplied by helicopter.",
    "It brings medicine and mail. Ms. Solberg called the helicopter a waste.",
    "The ferry strike is the longest since the islands got a harbour. Bergen has offered to mediate.",
)


def found_in(
    *lines: str, title: str | None = None, language: str | None = "en", inference: Inference | None = None
) -> Inferred:
    return inferred(lines, Context(language, frozenset(), title, inference or Inference()), ())


def labels(found: Inferred) -> dict[str, Topic]:
    return {topic.label: topic for topic in found.topics}


def by_key(*lines: str, headline: str = "", language: str | None = "en") -> dict[str, Phrase]:
    return {phrase.key: phrase for phrase in phrases(headline, lines, language).found}


def stretches(line: str, language: str | None = "en") -> list[list[str]]:
    cutter = Cutter(language)
    cutter.cut(line)
    return [[word.printed for word in stretch] for stretch in cutter.stretches]


def test_an_article_is_about_what_its_text_speaks_of() -> None:
    found = labels(found_in(*STORY, title=TITLE))
    assert next(iter(found)) == "Ferry strike"
    assert {"Ferry strike", "Islands", "Night shifts", "Ingrid Solberg", "Bergen", "Shipping company"} <= set(found)
    assert found["Ferry strike"].mentions == 4
    assert found["Ferry strike"].score > 0.8
    assert len(found) <= 10


def test_names_are_told_from_phrases_by_kind() -> None:
    found = labels(found_in(*STORY, title=TITLE))
    assert found["Ingrid Solberg"].origins == ("person",)
    assert found["Bergen"].origins == ("place",)
    assert found["Night shifts"].origins == ("text",)


def test_a_surname_alone_counts_for_the_full_name() -> None:
    found = labels(found_in(*STORY, title=TITLE))
    assert found["Ingrid Solberg"].mentions == 3
    assert "Solberg" not in found


@pytest.mark.parametrize(
    ("label", "language", "kind"),
    [
        ("Maren Holt", "en", "person"),
        ("Bank of Ellery", "en", "organisation"),
        ("Ellery Police", "en", "organisation"),
        ("Finanzministerium", "de", "organisation"),
        ("Deutschland", "de", "place"),
        ("Deutschland", "fr", "text"),
        ("Allemagne", "fr", "place"),
        ("Etats-Unis", "fr", "place"),
        ("Lyon", "fr", "place"),
        ("California", "en", "place"),
        ("Middle East", "en", "place"),
        ("Night shifts", "en", "text"),
    ],
)
def test_a_names_own_words_tell_its_kind(label: str, language: str, kind: TopicOrigin) -> None:
    assert kind_of(label, language) == kind


def test_a_language_that_nobody_knows_has_the_places_that_english_names() -> None:
    assert is_place("France", "xx")
    assert is_place("France", None)


def test_what_is_declared_or_listed_leaves_less_to_infer() -> None:
    blocks = [Paragraph(line) for line in STORY]
    declared = topics(blocks, ["Strikes"], Context("en", frozenset(), TITLE))
    assert [topic.label for topic in declared.topics] == ["Strikes"]
    assert declared.vocabulary == frozenset()
    section = topics(blocks, ["News"], Context("en", frozenset(), TITLE))
    assert "Ferry strike" in {topic.label for topic in section.topics}
    few = topics(blocks, [], Context("en", frozenset(), TITLE, Inference(most=3)))
    assert len(few.topics) == 3
    none = topics(blocks, [], Context("en", frozenset(), TITLE, Inference(most=0)))
    assert none.topics == ()


def test_the_publication_and_agencies_are_no_topics() -> None:
    text = "Reuters and the Harbour Post said that the Harbour Post and Reuters will share a crane. The crane is old."
    own = inferred([text], Context("en", frozenset({"harbourpost"})), ())
    assert [topic.label for topic in own.topics] == ["Crane"]


def test_what_is_known_already_is_not_given_again() -> None:
    found = inferred(STORY, Context("en", frozenset(), TITLE), {"long ferry strike", "night shift"})
    assert {"Ferry strike", "Ferry", "Strike", "Night shifts"}.isdisjoint(labels(found))
    assert "Bergen" in labels(found)


def test_shouted_names_are_written_as_names() -> None:
    text = "PORT ELLERY - A strike shut the harbour. The harbour of PORT ELLERY had no strike for years."
    assert "Port Ellery" in labels(found_in(text))


def test_a_brief_has_few_topics_and_nothing_has_none() -> None:
    assert list(labels(found_in("The crane was sold."))) == []
    assert found_in().topics == ()
    assert found_in("…", "", "1999, 2001.").topics == ()


def test_a_language_without_rules_of_its_own_has_only_what_is_surer() -> None:
    ruled, unruled = (found_in(*STORY, title=TITLE, language=code).topics for code in ("en", "hu"))
    assert min(topic.score for topic in ruled) < LEAST_UNRULED
    assert min(topic.score for topic in unruled) >= LEAST_UNRULED


def test_scripts_without_spaces_have_none() -> None:
    assert found_in("港の灯台が十一年ぶりに点灯した。港の灯台は古い。", language="ja") == Inferred()
    assert "Crane" in labels(found_in("The crane of 港 was sold. The crane was old, and the crane was red."))


def test_rare_words_count_more_than_those_of_every_article() -> None:
    text = "The crane and the council met the tide. The council saw the crane, and the tide rose."
    common = Background(7, {"en": Usage(1000, {"council": 900, "crane": 3, "tide": 900})})
    plain = {topic.label: topic.score for topic in found_in(text).topics}
    learned = {topic.label: topic.score for topic in found_in(text, inference=Inference(common)).topics}
    assert learned["Crane"] > learned.get("Council", 0)
    assert plain["Crane"] - plain["Council"] < learned["Crane"] - learned.get("Council", 0)


def test_other_languages_have_their_own_small_words() -> None:
    text = (
        "Le tribunal de commerce a rejeté la demande de l'Agence du revenu. Selon le tribunal de commerce, le paradis fiscal "
        "n'existe pas. L'Agence du revenu a fait appel, et le paradis fiscal reste ouvert."
    )
    found = labels(found_in(text, language="fr"))
    assert {"Tribunal de commerce", "Agence du revenu", "Paradis fiscal"} <= set(found)
    assert found["Agence du revenu"].origins == ("organisation",)


@pytest.mark.parametrize(
    ("line", "language", "cut"),
    [
        ("The plane circled the quiet harbour", "en", [["plane"], ["quiet", "harbour"]]),
        ("Fertilised eggs were sold.", "en", [["Fertilised", "eggs"]]),
        ("Spain's crews will strike on Monday in March", "en", [["Spain"], ["crews"]]),
        ("Economy Minister Marcelo Ebrard spoke", "en", [["Economy", "Minister"], ["Marcelo", "Ebrard"]]),
        ("talks with Mr. Corbett and Theresa May", "en", [["talks"], ["Corbett"], ["Theresa", "May"]]),
        ("the Bank of Spain of the", "en", [["Bank", "of", "Spain"]]),
        ("I'm sure that they couldn't sell it", "en", []),
        ("l'état d'urgence du ministre", "fr", [["état", "d'", "urgence", "du", "ministre"]]),
        ("a U.S. court", "en", [["U.S.", "court"]]),
        ("Die Elbe ist über die Ufer", "de", [["Elbe"], ["Ufer"]]),
    ],
)
def test_stretches_end_at_small_words_verbs_and_marks(line: str, language: str, cut: list[list[str]]) -> None:
    assert stretches(line, language) == cut


def test_a_phrase_knows_where_it_stands() -> None:
    found = by_key("The harbour crane of Ann Lee is old. A harbour crane fell.", "The crane is old, and so on.")
    crane = found["harbour crane"]
    assert (crane.count, crane.sentences, crane.first, crane.words) == (2, 2, 2, ("harbour", "crane"))
    assert (crane.alone, crane.nominal, crane.large) == (0.5, 1.0, 0.0)
    assert found["crane"].within == pytest.approx(2 / 3)
    assert found["ann lee"].large == 1.0


def test_a_headlines_verbs_make_no_phrase() -> None:
    found = by_key("The crane of the harbour was sold.", headline="Harbour crane moves")
    assert "harbour crane move" not in found
    assert found["crane"].count == 2


def test_part_of_a_name_is_no_phrase() -> None:
    found = by_key("The Ellery Harbour Council met. Ellery Harbour Council said so.")
    assert "ellery harbour council" in found
    assert "harbour council" not in found


@given(st.text(max_size=400), st.sampled_from([None, "en", "fr", "de", "it", "xx"]))
def test_any_text_has_sane_topics(text: str, language: str | None) -> None:
    found = found_in(*text.split("\n"), title=text[:40], language=language)
    assert found == found_in(*text.split("\n"), title=text[:40], language=language)
    assert all(LEAST_SALIENCE <= topic.score <= 1 and topic.mentions >= 1 and topic.slug for topic in found.topics)
    assert len({topic.fold for topic in found.topics}) == len(found.topics) <= 10
