"""Written dates, as news prints them in many languages: what is read, and what is left alone because it is not sure."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.pipeline.article import Evidence, Precision, Zone
from app.pipeline.date_choice import choose
from app.pipeline.dateline import read, stated
from app.pipeline.dates import add_clock, find_dates, numeric_order
from app.pipeline.instants import moment, zone_of
from app.pipeline.outline import lines, outline

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("line", "language", "expected"),
    [
        ("Publish date : 2025-02-27 11:03:18", "en", "2025-02-27T11:03:18 second assumed_utc"),
        ("2025-02-27T11:03:18Z", "en", "2025-02-27T11:03:18 second stated"),
        ("2025-02-27T11:03:18+01:00", "en", "2025-02-27T10:03:18 second stated"),
        ("Posted: Aug 08, 2024 4:00 AM EDT", "en", "2024-08-08T08:00:00 minute stated"),
        ("10:53 AM EST, Sun December 18, 2016", "en", "2016-12-18T15:53:00 minute stated"),
        ("February 28 2024, 9:54 p.m.", "en", "2024-02-28T21:54:00 minute assumed_utc"),
        ("30 August 2023 • 12:05am", "en", "2023-08-30T00:05:00 minute assumed_utc"),
        ("The 3rd of May, 2025", "en", "2025-05-03T00:00:00 day assumed_utc"),
        ("March 2025", "en", "2025-03-01T00:00:00 month assumed_utc"),
        ("13. Mai 2026 um 15:44", "de", "2026-05-13T15:44:00 minute assumed_utc"),
        ("06. 01. 2026, 14:59 Uhr", "de", "2026-01-06T14:59:00 minute assumed_utc"),
        ("3. März 2025, 8.05 Uhr MEZ", "de", "2025-03-03T07:05:00 minute stated"),
        ("Publié le 07 mai 2019 à 13h59", "fr", "2019-05-07T13:59:00 minute assumed_utc"),
        ("1er février 2020", "fr", "2020-02-01T00:00:00 day assumed_utc"),
        ("27 de febrero de 2025", "es", "2025-02-27T00:00:00 day assumed_utc"),
        ("27 de fevereiro de 2025 às 10h15", "pt", "2025-02-27T10:15:00 minute assumed_utc"),
        ("9 novembre 2025 alle ore 7:30", "it", "2025-11-09T07:30:00 minute assumed_utc"),
        ("5 december 2025, 11.20 uur", "nl", "2025-12-05T11:20:00 minute assumed_utc"),
        ("23 okt 2025 kl 10.23", "sv", "2025-10-23T10:23:00 minute assumed_utc"),
        ("27 февраля 2025, 12:30 MSK", "ru", "2025-02-27T09:30:00 minute stated"),
        ("27 Φεβρουαρίου 2025", "el", "2025-02-27T00:00:00 day assumed_utc"),
        ("2025年2月27日 18:30", "ja", "2025-02-27T18:30:00 minute assumed_utc"),
        ("2025년 2월 27일", "ko", "2025-02-27T00:00:00 day assumed_utc"),
        ("03/04/2025", "fr", "2025-04-03T00:00:00 day assumed_utc"),
        ("13/04/2025", "en", "2025-04-13T00:00:00 day assumed_utc"),
        ("04/13/2025", "en", "2025-04-13T00:00:00 day assumed_utc"),
        ("03.04.25", "de", "2025-04-03T00:00:00 day assumed_utc"),
        ("Harbour Post 2025-02-27", "en", "2025-02-27T00:00:00 day assumed_utc"),
        ("Pier 5, 2025/2/27 21:17", "ja", "2025-02-27T21:17:00 minute assumed_utc"),
        ("Thursday 03/04/2025", "en", "2025-04-03T00:00:00 day assumed_utc"),
        ("Tuesday, 03/04/2025", "en", "2025-03-04T00:00:00 day assumed_utc"),
        ("Feb. 27, 2025 at 6:03 a.m. ET", "en", "2025-02-27T11:03:00 minute stated"),
        ("July 27, 2025 6:03 PM PT", "en", "2025-07-28T01:03:00 minute stated"),
        ("2025. február 27. 8:15", "hu", "2025-02-27T08:15:00 minute assumed_utc"),
        ("27 Şubat 2025 Perşembe 14:05", "tr", "2025-02-27T14:05:00 minute assumed_utc"),
        ("2025年2月27日 20時03分", "ja", "2025-02-27T20:03:00 minute assumed_utc"),
        ("2025年2月27日下午8点03分", "zh", "2025-02-27T20:03:00 minute assumed_utc"),
        ("2025년 2월 27일 오후 8:03", "ko", "2025-02-27T20:03:00 minute assumed_utc"),
        ("2025.02.27. 오후 3:05", "ko", "2025-02-27T15:05:00 minute assumed_utc"),
        ("令和6年5月1日", "ja", "2024-05-01T00:00:00 day assumed_utc"),
        ("平成元年5月1日", "ja", "1989-05-01T00:00:00 day assumed_utc"),
        ("２０２５年２月２７日（木）10時05分", "ja", "2025-02-27T10:05:00 minute assumed_utc"),
        ("2025年2月27日 午後6時", "ja", "2025-02-27T18:00:00 minute assumed_utc"),
        ("2025年2月27日 星期四 18:30", "zh", "2025-02-27T18:30:00 minute assumed_utc"),
        ("٢٧ فبراير ٢٠٢٥، ١١:٠٣", "ar", "2025-02-27T11:03:00 minute assumed_utc"),
        ("27 شباط 2025", "ar", "2025-02-27T00:00:00 day assumed_utc"),
        ("3 تشرين الأول 2024 - 14:05", "ar", "2024-10-03T14:05:00 minute assumed_utc"),
        ("27 جانفي 2025", "ar", "2025-01-27T00:00:00 day assumed_utc"),
        ("10 غشت 2024", "ar", "2024-08-10T00:00:00 day assumed_utc"),
        ("27 فبراير 2025 03:05 م", "ar", "2025-02-27T15:05:00 minute assumed_utc"),
        ("ב-27 בפברואר 2025 בשעה 14:05", "he", "2025-02-27T14:05:00 minute assumed_utc"),
        ("27 กุมภาพันธ์ 2568", "th", "2025-02-27T00:00:00 day assumed_utc"),
        ("๒๗ ก.พ. ๒๕๖๘ เวลา 14:05 น.", "th", "2025-02-27T14:05:00 minute assumed_utc"),
        ("२७ फरवरी २०२५", "hi", "2025-02-27T00:00:00 day assumed_utc"),
        ("27 Φεβ 2025 02:05 μ.μ.", "el", "2025-02-27T14:05:00 minute assumed_utc"),
        ("27 февр. 2025 г., 14:05", "ru", "2025-02-27T14:05:00 minute assumed_utc"),
        ("Ngày 27 tháng 2 năm 2025", "vi", "2025-02-27T00:00:00 day assumed_utc"),
        ("27. Februar 2025, 18 Uhr", "de", "2025-02-27T18:00:00 minute assumed_utc"),
        ("27. Februar 2025, 18.30 Uhr", "de", "2025-02-27T18:30:00 minute assumed_utc"),
        ("27 février 2025 à 18 h 30", "fr", "2025-02-27T18:30:00 minute assumed_utc"),
        ("27/02/2025 às 10h05", "pt", "2025-02-27T10:05:00 minute assumed_utc"),
        ("27.2.2025 klo 14.05", "fi", "2025-02-27T14:05:00 minute assumed_utc"),
        ("27. februar 2025 kl. 14.05", "da", "2025-02-27T14:05:00 minute assumed_utc"),
        ("27 lutego 2025, godz. 14:05", "pl", "2025-02-27T14:05:00 minute assumed_utc"),
        ("Published Tue, Dec 20 201610:32 AM EST", "en", "2016-12-20T15:32:00 minute stated"),
    ],
)
def test_a_date_is_read_as_it_is_printed(line: str, language: str, expected: str) -> None:
    found = [moment(written, None) for written in find_dates(line, language)]
    assert [f"{one.at.astimezone(UTC):%Y-%m-%dT%H:%M:%S} {one.precision} {one.zone}" for one in found] == [expected]


@pytest.mark.parametrize(
    "line",
    [
        "03/04/2025",
        "31 February 2025",
        "2025-13-45",
        "3 Marchember 2025",
        "2 hours ago",
        "12.5.2",
        "99/99/2025",
        "March 32, 2025",
        "03/04/25",
    ],
)
def test_what_is_not_sure_is_no_date(line: str) -> None:
    assert list(find_dates(line, "en")) == []


def test_the_order_of_numbers_is_known_by_those_that_leave_no_choice() -> None:
    assert numeric_order("03/04/2025 and 17/04/2025") == "dmy"
    assert numeric_order("03/04/2025 and 04/17/2025") == "mdy"
    assert numeric_order("17/04/2025 and 04/17/2025") is None
    [written] = find_dates("03/04/2025", "en", "mdy")
    assert (written.month, written.day) == (3, 4)


def test_the_senders_zone_governs_where_none_is_stated() -> None:
    [written] = find_dates("3 March 2025, 14:20", "en")
    assert moment(written, "Europe/Oslo").at == datetime(2025, 3, 3, 13, 20, tzinfo=UTC)
    assert moment(written, "Europe/Oslo").zone == "source"
    [day] = find_dates("3 March 2025", "en")
    assert moment(day, "America/New_York").at == datetime(2025, 3, 3, 5, tzinfo=UTC)


def test_a_time_on_the_line_below_belongs_to_the_date() -> None:
    [written] = find_dates("5 June 2025", "en")
    assert add_clock(written, "15:44 Uhr").clock == (15, 44, None)
    assert add_clock(written, "0 comments") is written


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("CEST", 120),
        ("+0530", 330),
        ("UTC+3", 180),
        ("GMT", 0),
        ("IST", None),
        ("+99", None),
        ("Nowhere/Atall", None),
        (None, None),
    ],
)
def test_zones_are_offsets_and_unambiguous_abbreviations(text: str | None, minutes: int | None) -> None:
    found = zone_of(text)
    assert (found.utcoffset(None) if found else None) == (None if minutes is None else timedelta(minutes=minutes))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2025-02-27T11:03:18+01:00", "2025-02-27T11:03:18+01:00 second stated"),
        ("2025-02-27 11:03", "2025-02-27T11:03:00Z minute assumed_utc"),
        ("2025-02-27", "2025-02-27T00:00:00Z day assumed_utc"),
        ("20250227T110318Z", "2025-02-27T11:03:18Z second stated"),
        ("2025-W09-4", "2025-02-27T00:00:00Z day assumed_utc"),
        ("Thu, 27 Feb 2025 11:03:18 +0100", "2025-02-27T11:03:18+01:00 second stated"),
        ("Thu, 27 Feb 2025 11:03 GMT", "2025-02-27T11:03:00Z minute stated"),
        ("1740654198", "2025-02-27T11:03:18Z second stated"),
        ("1740654198000", "2025-02-27T11:03:18Z second stated"),
        ("27 février 2025 à 11h03", "2025-02-27T11:03:00Z minute assumed_utc"),
        ("Thu Feb 27 11:03:18 2025", "2025-02-27T11:03:18Z second assumed_utc"),
        ("Thu Feb 27 11:03:18 +0100 2025", "2025-02-27T11:03:18+01:00 second stated"),
        ("Thu Feb 27 2025 11:03:18 GMT+0100 (CET)", "2025-02-27T11:03:18+01:00 second stated"),
        ("Thu, 27 Feb 25 11:03:18 GMT", "2025-02-27T11:03:18Z second stated"),
        ("Thu, 27 Feb 2025 11:03:18 CEST", "2025-02-27T11:03:18+02:00 second stated"),
        ("Thu, 27 Feb 2025 11:03:18 Europe/Oslo", "2025-02-27T11:03:18+01:00 second stated"),
        ("27-Feb-25", "2025-02-27T00:00:00Z day assumed_utc"),
        ("20250227110318", "2025-02-27T11:03:18Z second assumed_utc"),
        ("202502271103", "2025-02-27T11:03:00Z minute assumed_utc"),
        ("1740654198000000", "2025-02-27T11:03:18Z second stated"),
        ("2025-058", "2025-02-27T00:00:00Z day assumed_utc"),
        ("2025-02", "2025-02-01T00:00:00Z month assumed_utc"),
        ("Published: 27 Feb 2025", "2025-02-27T00:00:00Z day assumed_utc"),
        ("03/04/2025", None),
        ("10/11/12", None),
        ("03-12-31", None),
        ("2025-366", None),
        ("20251327110318", None),
        ("2025-02-27T25:14:55Z", None),
        ("2025-02-27T11:03:18-06:00Textra", None),
        ("Thu, 27 Feb 2025 11:03:18 +zz:00", None),
        ("27 Feb 2025 or thereabouts", None),
        ("5 Jan 2025 and 6 Feb 2025", None),
        ("2025", None),
        ("soon", None),
        ("99999999999999999999", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("9999366", None),
    ],
)
def test_a_senders_date_is_read_in_any_usual_form_or_not_at_all(value: str, expected: str | None) -> None:
    claim = stated("published_at", value, None)
    assert (claim and f"{claim.value} {claim.precision} {claim.zone}") == expected


def claims_of(text: str, language: str = "en") -> list[tuple[str, str]]:
    """Give field and value of what is read from a text."""
    found = lines(text)
    return [(claim.field, claim.value) for claim in read(found, outline(found), language, None).evidence]


BODY = """\
The ferry sails again on Tuesday, and the harbour office expects full service by the weekend, it said.
On 5 May 1998 the first ferry had sailed from the old pier, with a brass band and a postman on board.
Those who had booked for the days of the strike get their money back without having to ask for it."""


def test_dates_in_running_text_are_none_of_the_articles() -> None:
    assert claims_of(f"Ferry strike ends after nine days\n{BODY}") == []


def test_a_label_says_which_date_it_is() -> None:
    text = f"Ferry strike ends after nine days\nPublished 3 March 2025 9:26pm Updated 4 March 2025 4:23pm\n{BODY}"
    assert claims_of(text) == [("published_at", "2025-03-03T21:26:00Z"), ("modified_at", "2025-03-04T16:23:00Z")]


def test_a_date_below_a_short_line_in_small_letters_is_the_articles_own() -> None:
    assert claims_of(f"Ferry strike ends after nine days\nVon Hafenpost, jse\n3 March 2025\n{BODY}") == [
        ("published_at", "2025-03-03T00:00:00Z")
    ]


def test_a_label_alone_on_a_line_goes_with_the_date_below() -> None:
    assert claims_of(f"Ferry strike ends after nine days\nLast updated\n3 March 2025\n{BODY}") == [
        ("modified_at", "2025-03-03T00:00:00Z")
    ]


def test_a_date_far_from_headline_and_end_counts_with_its_label_alone() -> None:
    far = "\n".join(["Facts about the ferry"] * 1 + [BODY] * 6)
    assert ("published_at", "2025-03-03T00:00:00Z") in claims_of(f"{far}\nDate: 3 March 2025\n{BODY}")
    assert claims_of(f"{far}\n3 March 2025\n{BODY}\n{BODY}") == []


@pytest.mark.parametrize(
    ("line", "field", "value"),
    [
        ("2 hours ago", "published_at", "2026-06-01T10:00:00Z"),
        ("Updated 15 minutes ago", "modified_at", "2026-06-01T11:45:00Z"),
        ("Publié il y a une heure", "published_at", "2026-06-01T11:00:00Z"),
        ("vor 3 Stunden", "published_at", "2026-06-01T09:00:00Z"),
        ("منذ ٣ ساعات", "published_at", "2026-06-01T09:00:00Z"),
        ("3時間前", "published_at", "2026-06-01T09:00:00Z"),
        ("gestern, 18.30 Uhr", "published_at", "2026-05-31T18:30:00Z"),
    ],
)
def test_a_date_told_from_the_arrival_is_poor_evidence(line: str, field: str, value: str) -> None:
    found = lines(f"Ferry strike ends after nine days\n{line}\n{BODY} The crews met on 31 May 2026, and voted for it.")
    [told] = read(found, outline(found), "en", None, now=NOW).evidence
    assert (told.field, told.value, told.confidence) == (field, value, 0.4)
    assert read(found, outline(found), "en", None).evidence == ()
    old = lines(f"Ferry strike ends after nine days\n{line}\n{BODY} The crews met on 3 May 2019, and voted for it.")
    assert read(old, outline(old), "en", None, now=NOW).evidence == ()


@pytest.mark.parametrize(
    "line", ["2 days ago", "yesterday", "today, 18:00", "3 March 2025, read 2 hours ago", "long ago"]
)
def test_a_date_told_from_the_arrival_needs_hours_and_no_printed_date(line: str) -> None:
    found = lines(f"Ferry strike ends after nine days\n{line}\n{BODY}")
    claims = read(found, outline(found), "en", None, now=NOW).evidence
    assert all(claim.value.startswith("2025-03-03") for claim in claims)


@pytest.mark.parametrize(
    ("opening", "expected"),
    [
        ("ANKARA, Feb 27 (Reuters) - ", [("dateline_place", "Ankara"), ("agency", "Reuters")]),
        (
            "LONDON, March 3, 2025 (AFP) — ",
            [("dateline_place", "London"), ("agency", "AFP"), ("published_at", "2025-03-03T00:00:00Z")],
        ),
        ("NEW YORK (AP) — ", [("dateline_place", "New York"), ("agency", "AP")]),
        ("Berlin (dpa) - ", [("dateline_place", "Berlin"), ("agency", "dpa")]),
        ("However - ", []),
        ("The EU said (again) - ", []),
    ],
)
def test_a_wires_dateline_gives_place_agency_and_a_whole_date(opening: str, expected: list[tuple[str, str]]) -> None:
    assert claims_of(opening + BODY) == expected


def claim(value: str, confidence: float = 0.9, origin: str = "text.byline") -> Evidence:
    """Give evidence of a publication date."""
    return Evidence("published_at", value, origin, "x", confidence, "day", "stated")  # type: ignore[arg-type]


def test_an_impossible_date_is_kept_and_not_chosen_unless_the_sender_says_it() -> None:
    future, old, good = (
        claim("2026-06-04T00:00:00Z", 0.99),
        claim("1989-12-31T00:00:00Z", 0.98),
        claim("2026-05-30T00:00:00Z"),
    )
    chosen = choose("published_at", [future, old, good], NOW)
    assert chosen.at == datetime(2026, 5, 30, tzinfo=UTC)
    assert [one.chosen for one in chosen.evidence] == [False, False, True]
    assert choose("published_at", [future], NOW).at is None
    assert choose("published_at", [claim("2031-01-01T00:00:00Z", 1.0, "sender")], NOW).at == datetime(
        2031, 1, 1, tzinfo=UTC
    )


def dated(value: str, confidence: float, zone: Zone, precision: Precision = "minute") -> Evidence:
    """Give evidence of a publication date with how its zone and how exactly it is known."""
    return Evidence("published_at", value, "markup", "x", confidence, precision, zone)


@pytest.mark.parametrize(
    ("others", "shown"),
    [
        ([], "2026-05-30T02:41:09+00:00"),
        ([dated("2026-05-29T22:41:00Z", 0.7, "assumed_utc")], "2026-05-29T22:41:09-04:00"),
        ([dated("2026-05-30T08:11:09Z", 0.7, "assumed_utc", "second")], "2026-05-30T08:11:09+05:30"),
        ([dated("2026-05-29T21:41:09-05:00", 0.7, "stated", "second")], "2026-05-29T21:41:09-05:00"),
        ([dated("2026-05-29T22:40:00Z", 0.7, "assumed_utc")], "2026-05-30T02:41:09+00:00"),
        ([dated("2026-05-29T22:41:00Z", 0.4, "assumed_utc")], "2026-05-30T02:41:09+00:00"),
        ([dated("2026-05-29T00:00:00Z", 0.8, "assumed_utc", "day")], "2026-05-30T02:41:09+00:00"),
        (
            [dated("2026-05-29T22:41:00Z", 0.7, "assumed_utc"), dated("2026-05-30T03:41:00Z", 0.7, "assumed_utc")],
            "2026-05-30T02:41:09+00:00",
        ),
    ],
    ids=["alone", "printed clock", "half hours", "stated", "another time", "unsure", "day alone", "at odds"],
)
def test_a_machines_utc_is_shown_at_the_offset_that_the_page_tells(others: list[Evidence], shown: str) -> None:
    machine = dated("2026-05-30T02:41:09Z", 0.95, "stated", "second")
    at = choose("published_at", [machine, *others], NOW).at
    assert at is not None
    assert at.isoformat() == shown


def test_a_day_begins_at_the_offset_of_the_senders_zone() -> None:
    [day] = find_dates("3 July 2025", "en")
    assert moment(day, "America/New_York").at.isoformat() == "2025-07-03T00:00:00-04:00"


@pytest.mark.parametrize(
    ("opening", "expected"),
    [
        ("27.1.2026 - ", [("published_at", "2026-01-27T00:00:00Z")]),
        ("27 January 2026: ", [("published_at", "2026-01-27T00:00:00Z")]),
        ("27.1.2026 ", []),
        ("27 of them - ", []),
    ],
)
def test_news_in_brief_begins_with_its_day(opening: str, expected: list[tuple[str, str]]) -> None:
    assert claims_of(opening + BODY) == expected


def test_a_date_of_something_else_is_none_of_the_text() -> None:
    assert claims_of(f"Quay talk\nRegistered: 18 September 2008\n\n{BODY}") == []
    assert claims_of(f"Quay talk\nMitglied seit 18.09.2008\n21.01.2009, 05:42\n\n{BODY}", "de") == [
        ("published_at", "2009-01-21T05:42:00Z")
    ]


def test_a_small_word_is_no_label_in_a_sentence() -> None:
    sentence = "The ministry closed the talks on the harbour with a final notice dated 14 September 2016."
    assert claims_of(f"{BODY}\n\n{sentence}") == []
    assert claims_of(f"{BODY}\n\nNotice dated 14 September 2016") == [("published_at", "2016-09-14T00:00:00Z")]


@given(st.text(alphabet="0123456789 :.-/,ABCEFJMPSTUZabcdehilmnopqrtu年月日令和元午後時٣๒พ.ศकم", max_size=60))
def test_no_line_raises(line: str) -> None:
    for written in find_dates(line, "en"):
        assert moment(written, "Asia/Kolkata").at.tzinfo is not None
    stated("published_at", line, None)
