"""Lines in which software says who posted a text and when name a writer; sentences, desks and accounts do not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.pipeline.stamps import handle, is_pen_name, stamp


@pytest.mark.parametrize(
    ("line", "language", "writer"),
    [
        ("Posted by tideline on 3 March 2025", "en", "tideline"),
        ("Posted in Harbour by tideline on 3 March 2025 | 4 comments", "en", "tideline"),
        ("This entry was posted on 3 March 2025 by Maren Holt", "en", "Maren Holt"),
        ("by Maren Holt | 3 March 2025", "en", "Maren Holt"),
        ("3 March 2025, 14:05 by tideline", "en", "tideline"),
        ("Written by Maren Holt", "en", "Maren Holt"),
        ("— tideline @ 14:05", "en", "tideline"),
        ("Geschrieben von Maren Holt am 3. März 2025", "de", "Maren Holt"),
        ("Publié par tideline le 3 mars 2025", "fr", "tideline"),
        ("Publicado por Ana Ruiz el 3 de marzo de 2025", "es", "Ana Ruiz"),
    ],
)
def test_a_line_of_the_software_names_who_posted(line: str, language: str, writer: str) -> None:
    found = stamp(line, language)
    assert found is not None
    assert found.names.persons == (writer,)
    assert found.quote == line


@pytest.mark.parametrize(
    "line",
    [
        "Posted by admin on 3 March 2025",
        "Posted by Staff on 3 March 2025",
        "Posted by Reuters on 3 March 2025",
        "Posted by March on 3 March 2025",
        "Updated by tideline on 3 March 2025",
        "In reply to tideline, posted by keeper on 3 March 2025",
        "The notice was posted by keepers on the harbour wall",
        "tide by tide the harbour fills, 3 March 2025",
        "by tideline",
        "3 March 2025",
        "Posted by " + "tideline " * 60,
        "",
    ],
)
def test_accounts_desks_agencies_replies_and_sentences_name_nobody(line: str) -> None:
    assert stamp(line, "en") is None


def test_a_label_of_writing_is_sure_without_a_date_and_a_preposition_only_with_one() -> None:
    written, dated = stamp("Written by Maren Holt", "en"), stamp("by Maren Holt | 3 March 2025", "en")
    assert written is not None
    assert dated is not None
    assert (written.strong, written.dated) == (True, False)
    assert (dated.strong, dated.dated) == (False, True)
    assert stamp("by Maren Holt", "en") is None


@pytest.mark.parametrize(
    ("line", "writer"),
    [
        ("quay_keeper7 3 March 2025", "quay_keeper7"),
        ("QuayKeeper 3 March 2025 14:05", "QuayKeeper"),
        ("keeper 3 March 2025", None),
        ("quay_keeper7", None),
        ("Harbour notes 3 March 2025", None),
    ],
)
def test_a_handle_is_a_word_that_no_language_prints_beside_a_date(line: str, writer: str | None) -> None:
    assert handle(line, "en").persons == ((writer,) if writer else ())


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("tideline", True),
        ("Quay-keeper", True),
        ("t.holt", True),
        ("x", False),
        ("admin", False),
        ("siteadmin", False),
        ("editor", False),
        ("newsroom", False),
        ("Monday", False),
        ("March", False),
        ("the", False),
        ("7tides", False),
        ("two words", False),
        ("t" * 31, False),
    ],
)
def test_a_pen_name_is_one_word_and_no_role_account_or_date(word: str, *, expected: bool) -> None:
    assert is_pen_name(word) is expected


LINES = st.lists(
    st.sampled_from(
        [
            "Posted",
            "by",
            "on",
            "in",
            "tideline",
            "Maren",
            "Holt",
            "3 March 2025",
            "14:05",
            "|",
            "@",
            "—",
            "admin",
            "und",
        ]
    ),
    max_size=30,
).map(" ".join)


@given(LINES | st.text(max_size=300))
def test_nobody_is_named_who_is_not_printed(line: str) -> None:
    found = stamp(line, "en")
    names = [*(found.names.persons if found else ()), *handle(line, "en").persons]
    printed = "".join(line.split())
    assert all("".join(name.split()) in printed for name in names)
