"""What is open to strangers is so because somebody said it twice, and not by accident."""

from typing import Any

import pytest
from typer.testing import CliRunner

from app import log
from app.access.exposure import check_exposure, is_loopback
from app.cli import app
from app.errors import StartError
from app.settings import Settings

EVERYWHERE = "0.0.0.0"  # noqa: S104 - to be refused


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.9.10", "::1", "::ffff:127.0.0.1"])
def test_on_this_machine_alone_nobody_need_be_asked(address: str) -> None:
    assert is_loopback(address)
    check_exposure(Settings(), address)
    check_exposure(Settings(auth="none"), address)


@pytest.mark.parametrize("address", [EVERYWHERE, "::", "192.0.2.7", "fe80::1%eth0", "::ffff:192.0.2.7"])
def test_elsewhere_it_takes_keys_or_a_gateway_or_two_words(address: str) -> None:
    assert not is_loopback(address)
    untold: list[dict[str, Any]] = [{}, {"auth": "none"}, {"open_to_strangers": True}]
    for settings in untold:
        with pytest.raises(StartError, match="DATELINE_OPEN_TO_STRANGERS=true"):
            check_exposure(Settings(**settings), address)
    told: list[dict[str, Any]] = [{"auth": "keys"}, {"auth": "gateway"}, {"auth": "none", "open_to_strangers": True}]
    for settings in told:
        check_exposure(Settings(**settings), address)


@pytest.mark.parametrize("trusted", ["*", "10.0.0.1, 0.0.0.0/0", "::/0"])
def test_not_everybody_is_a_gateway(trusted: str) -> None:
    with pytest.raises(StartError, match="DATELINE_FORWARDED_ALLOW_IPS"):
        check_exposure(Settings(auth="gateway", forwarded_allow_ips=trusted), EVERYWHERE)
    check_exposure(Settings(auth="gateway", forwarded_allow_ips="10.0.0.0/8, gateway"), EVERYWHERE)


def test_serve_refuses_in_plain_words_before_it_starts_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "configure", lambda _: None)  # logs go on to where this process has them
    for words in ([], ["--auth", "none"]):
        said = CliRunner().invoke(app, ["serve", "--host", EVERYWHERE, "--port", "0", *words])
        assert said.exit_code == 1
        assert "Nobody would be asked for a key on 0.0.0.0, which other machines reach." in said.stderr
        assert said.stdout == ""
