"""The soak's audit finds what it is there to find."""

from app.db import Database
from benchmarks.soak_audit import articles_there
from benchmarks.soak_load import SITE, Ledger
from tests.http.seed import Told, store


async def test_an_audit_tells_of_what_was_lost_doubled_and_never_sent(database: Database) -> None:
    await store(database, Told("One.", url=f"{SITE}1"), Told("Two.", url=f"{SITE}2"), Told("Two.", url=f"{SITE}2"))
    ledger = Ledger()
    ledger.accepted = {"a": (1,), "b": (3,)}
    wrong, figures = await articles_there(database, ledger)
    found = " ".join(wrong)
    assert "accepted and not there: [3]" in found
    assert "never sent, and there: 2" in found
    assert "article 2: " in found
    assert (figures["articles"], figures["accepted"]) == (2, 2)
