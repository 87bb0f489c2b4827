"""`dateline keys`: a key is seen once, on standard output alone; all else that is told of it opens nothing."""

import re
from collections.abc import Callable, Iterator

import pytest
from typer.testing import CliRunner, Result

from app import log
from app.cli import app
from tests.conftest import fresh_database, on

Run = Callable[..., Result]
SHAPE = re.compile(r"dl_[0-9a-f]{10}_[0-9a-f]{72}\n")


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """A database for the tests of this module."""
    with fresh_database() as opened:
        yield opened


@pytest.fixture
def run(url: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command line, over that database."""
    monkeypatch.setattr(log, "configure", lambda _: None)  # logs go on to where this process has them
    return lambda *arguments: CliRunner().invoke(app, ["keys", arguments[0], "--database-url", url, *arguments[1:]])


def test_a_key_is_shown_once_and_listed_rotated_and_revoked_without_its_secret(run: Run) -> None:
    made = run(
        *("create", "ellery wire", "--scope", "ingest", "--scope", "read", "--source", "ellery.example"),
        *("--rate", "600/minute", "--expires", "90d"),
    )
    assert SHAPE.fullmatch(made.stdout)
    text = made.stdout.strip()
    assert text[14:] not in made.stderr
    listed = run("list").stdout
    assert text[14:] not in listed
    [row] = [line for line in listed.splitlines() if "ellery wire" in line]
    for shown in (text[:13], "active", "ingest read", "ellery.example", "600/minute", "never"):
        assert shown in row
    rotated = run("rotate", "ellery wire", "--grace", "2h")
    assert SHAPE.fullmatch(rotated.stdout)
    assert rotated.stdout[:14] == text[:14]
    assert rotated.stdout.strip() != text
    assert "the old one holds for another 2h" in rotated.stderr
    assert "the secret before holds until" in run("list").stdout
    revoked = run("revoke", row.split()[0])
    assert (revoked.exit_code, revoked.stdout) == (0, "")
    assert "holds no longer" in revoked.stderr
    assert "revoked" in run("list").stdout
    assert run("create", "ellery wire", "--scope", "read").exit_code == 0, "the name is free again"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["create", "a"], "Missing option"),
        (["create", "a", "--scope", "root"], "Invalid value"),
        (["create", " ", "--scope", "read"], "needs a name"),
        (["create", "a\nb", "--scope", "read"], "needs a name"),
        (["create", "a", "--scope", "admin", "--source", "b"], "cannot be bound to sources"),
        (["create", "a", "--scope", "ingest", "--source", " "], "is no source"),
        (["create", "a", "--scope", "read", "--rate", "fast"], "is no rate"),
        (["create", "a", "--scope", "read", "--rate", "0/minute"], "is no rate"),
        (["create", "a", "--scope", "read", "--expires", "soon"], "is no length of time"),
        (["create", "a", "--scope", "read", "--expires", "999999w"], "is no length of time"),
        (["rotate", "nobody"], "No key in force has the id or name"),
        (["rotate", "nobody", "--grace", "-1h"], "is no length of time"),
        (["revoke", "nobody"], "No key in force has the id or name"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(run: Run, arguments: list[str], said: str) -> None:
    answer = run(*arguments)
    assert answer.exit_code in {1, 2}
    assert said in answer.stderr
    assert answer.stdout == ""


def test_two_keys_in_force_never_share_a_name_and_an_expired_one_is_not_rotated(run: Run) -> None:
    assert run("create", "twice", "--scope", "read", "--expires", "0s").exit_code == 0
    assert "There is a key named 'twice' already" in run("create", "twice", "--scope", "read").stderr
    assert "has expired" in run("rotate", "twice").stderr
    assert "expired" in run("list").stdout


def test_a_store_that_knows_no_keys_yet_is_to_be_migrated(run: Run, server_url: str) -> None:
    assert "run `dateline migrate`" in run("list", "--database-url", on(server_url, "postgres")).stderr


@pytest.mark.usefixtures("run")
def test_a_store_that_is_away_is_said_in_a_sentence() -> None:
    answer = CliRunner().invoke(app, ["keys", "list", "--database-url", "postgresql://nobody@127.0.0.1:1/nothing"])
    assert answer.exit_code == 1
    assert "The store did not do it" in answer.stderr
