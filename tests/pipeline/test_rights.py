"""Notices of rights are read as printed, from where they stand; running text about copyright is none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.pipeline import rights
from app.pipeline.article import Evidence, Line, Outline
from app.pipeline.choice import surest
from app.pipeline.outline import lines, outline

BODY = [
    "The ferry between the two islands sails again after a winter in the dock.",
    "It carries forty cars and, on market days, a number of goats that nobody has counted.",
    "The harbour authority expects eighty thousand passengers in the coming season.",
]


def read(*below: str, above: tuple[str, ...] = ()) -> tuple[list[str], set[str]]:
    """Read the rights of a text with these lines around its body; give the values and the lines that are furniture."""
    found = lines("\n".join([*above, *BODY, *below]))
    made = rights.read(found, Outline(None, len(above), len(above) + len(BODY)))
    return [claim.value for claim in made.evidence], {found[number].text for number in made.lines}


@pytest.mark.parametrize(
    "notice",
    [
        "Copyright for syndicated content belongs to the named publisher; ask it before you print.",
        "© 2024 Example Media. All rights reserved.",
        "(c) 2024 Example Media",
        "Copyright 2024 by Example Media",
        "Copyright: Example Media",
        "Copyright © Example Media",
        "™ & © 2021 Example Broadcasting, a part of Example Group. All Rights Reserved.",
        "ALL RIGHTS RESERVED",
        "Dieser Beitrag erscheint unter der Lizenz CC BY-SA 4.0.",
        "Alle Rechte vorbehalten",
        "Nachdruck verboten.",
        "Tous droits réservés.",
        "Cet article est publié sous licence Creative Commons.",
        "Todos los derechos reservados",
        "Riproduzione riservata ©",
        "Todos os direitos reservados.",
        "Alle rechten voorbehouden.",
        "Alla rättigheter förbehållna",
        "Wszelkie prawa zastrzeżone.",
        "Все права защищены.",
        "本サイトの記事・写真の無断転載を禁じます。",
        "版权所有，未经授权不得转载。",
        "무단전재 및 재배포 금지",
        "جميع الحقوق محفوظة",
        "Licence: CC BY 4.0",
        "CC BY-NC-ND 3.0",
        "This story is republished under a Creative Commons licence from the Island Review.",
        "This material may not be reproduced without the written permission of Example Media.",
        "© Example Media",
    ],
)
def test_a_notice_below_the_body_is_read_as_printed(notice: str) -> None:
    assert read(notice) == ([notice], {notice})


@pytest.mark.parametrize(
    "line",
    [
        "Copyright holders sued the ferry company over its song on Monday.",
        "The judges said that the copyright belongs to the composer's heirs.",
        "The museum released its pictures under a Creative Commons licence last year.",
        "Die Fähre fuhr am Samstag ohne Genehmigung der Behörde aus.",
        "Die Reform des Urheberrechts geht in den Ausschuss.",
        "Le droit d'auteur reste un sujet de dispute entre les deux îles.",
        "The rights of the passengers are printed on every ticket.",
        "This article was changed on Tuesday to correct the number of goats.",
        "Veröffentlicht unter Allgemein | Ein Kommentar",
        "Copyright wars heat up",
        "Photo: © 2024 Kai Brandt",
        "© Kai Brandt / Picture Service",
        "The film is called (c)old.",
    ],
)
def test_running_text_and_pictures_are_no_notice(line: str) -> None:
    assert read(line) == ([], set())


@pytest.mark.parametrize("line", ["© 2024 Kai Brandt", "© Kai Brandt", "Copyright 2024 Kai Brandt"])
def test_a_name_above_the_body_is_a_pictures(line: str) -> None:
    assert read(above=(line,)) == ([], set())


def test_a_formula_above_the_body_is_a_notice() -> None:
    assert read(above=("Alle Rechte vorbehalten",)) == (["Alle Rechte vorbehalten"], {"Alle Rechte vorbehalten"})


def test_lines_that_follow_one_another_are_one_notice() -> None:
    assert read("© 2024 Example Media", "All rights reserved.")[0] == ["© 2024 Example Media All rights reserved."]


def test_the_notice_nearest_to_the_body_is_the_surest() -> None:
    teasers = ["Ten walks along the coast"] * 5
    found = lines("\n".join([*BODY, "© 2024 Island Review", *teasers, "© 2020-2024 Example Hosting"]))
    made = rights.read(found, Outline(None, 0, len(BODY)))
    chosen, evidence = surest("rights", made.evidence)
    assert chosen == "© 2024 Island Review"
    assert [claim.chosen for claim in evidence] == [True, False]


def test_a_notice_that_was_taken_into_the_body_is_found_there() -> None:
    text = lines("\n".join([*BODY, "Copyright 2024 Example Media. All rights reserved. It may not be sold."]))
    made = rights.read(text, Outline(None, 0, 4))
    assert made.lines == {3}


def test_a_paragraph_that_quotes_the_formula_stays_in_the_body() -> None:
    quoting = "On the last page of the book, in very small letters that few have ever read, stood: all rights reserved."
    text = lines("\n".join([*BODY, quoting]))
    assert rights.read(text, Outline(None, 0, 4)).evidence == ()


def test_what_the_sender_states_is_chosen() -> None:
    printed = Evidence("rights", "© 2024 Example Media", "text.footer", "© 2024 Example Media", 0.9)
    chosen, evidence = surest("rights", (printed, *rights.stated(" CC BY 4.0 ")))
    assert chosen == "CC BY 4.0"
    assert [(claim.origin, claim.chosen) for claim in evidence] == [("text.footer", False), ("sender", True)]


@pytest.mark.parametrize("empty", [None, "", "  "])
def test_a_sender_who_states_nothing_gives_no_evidence(empty: str | None) -> None:
    assert rights.stated(empty) == ()
    assert surest("rights", ()) == (None, ())


@given(st.lists(st.sampled_from([*BODY, "© 2024 Example", "All rights reserved", "(c) x", "• item", "a"]), max_size=40))
def test_furniture_is_always_a_line_of_the_text(texts: list[str]) -> None:
    found = lines("\n".join(texts))
    made = rights.read(found, outline(found))
    assert made.lines <= {line.number for line in found}
    assert (made.evidence == ()) == (not made.lines)


@given(st.text(max_size=400))
def test_any_line_is_read(text: str) -> None:
    found = [Line(0, BODY[0]), Line(1, text or "x")]
    assert rights.read(found, Outline(None, 0, 1)) == rights.read(found, Outline(None, 0, 1))
