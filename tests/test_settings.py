"""A setting that does not fit is refused when the process starts, by its name and without what may be secret in it."""

import pytest

from app.errors import StartError
from app.options import settings_of
from app.settings import Settings


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:s3cr#t@127.0.0.1:5432/x",
        "postgresql://u:s3cr/t@127.0.0.1:5432/x",
        "postgresql://u:s3cr?t@127.0.0.1:5432/x",
        "postgresql://u:s3cret@127.0.0.1:port/x",
        "postgresql://[::1/s3cret",
        "mysql://u:s3cret@127.0.0.1/x",
        "s3cret",
    ],
)
def test_a_wrong_database_url_is_refused_without_a_word_of_it(url: str) -> None:
    with pytest.raises(StartError, match="database_url: not a URL such as") as refused:
        settings_of(database_url=url)
    assert "s3cr" not in str(refused.value)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:p%23@127.0.0.1:5432/x",
        "postgres://u@[::1]:5432/x",
        "postgresql://u@one:5432,two:5433/x?target_session_attrs=read-write",
        "postgresql://u:p@/x?host=/var/run/postgresql",
    ],
)
def test_a_database_url_may_name_several_hosts_or_a_socket(url: str) -> None:
    assert Settings(database_url=url).database_url == url


@pytest.mark.parametrize("nothing", ["", " "])
def test_an_empty_database_url_names_no_postgres(nothing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", nothing)
    assert Settings().database_url is None


@pytest.mark.parametrize(("given", "path"), [("/news/", "/news"), ("/a/b", "/a/b"), ("/", ""), ("", "")])
def test_a_root_path_has_no_slash_at_its_end(given: str, path: str) -> None:
    assert Settings(root_path=given).root_path == path


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("root_path", wrong) for wrong in ("news", "//news", "/new s", "/news?a")),
        *(("forwarded_allow_ips", wrong) for wrong in ("10.0.0.0/33", "10.0.0.1, a/b")),
    ],
)
def test_what_is_no_path_and_no_address_is_refused(name: str, value: str) -> None:
    with pytest.raises(StartError, match=name):
        settings_of(**{name: value})
