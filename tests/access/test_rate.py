"""Rates: what is left is told, what is too much is refused, and whoever waits as long as he is told is let in."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.access.rate import Rates, by_address
from app.access.refusal import TooManyRequests
from tests.clock import Clock


async def test_each_request_is_told_how_many_are_left(monkeypatch: pytest.MonkeyPatch) -> None:
    Clock(monkeypatch)
    counter = Rates()
    first = await counter.count("one", "3/minute")
    assert first["RateLimit-Policy"] == '"default";q=3;w=60'
    assert first["RateLimit"].startswith('"default";r=2;t=')
    assert (await counter.count("one", "3/minute"))["RateLimit"].startswith('"default";r=1;')
    assert (await counter.count("another", "3/minute"))["RateLimit"].startswith('"default";r=2;')
    await counter.count("one", "3/minute")
    with pytest.raises(TooManyRequests, match="More than 3 requests in 60 seconds") as refused:
        await counter.count("one", "3/minute")
    assert refused.value.headers["RateLimit"].startswith('"default";r=0;t=')
    assert refused.value.headers["RateLimit"].endswith(f"t={refused.value.headers['Retry-After']}")


@example(pauses=[0.0] * 5, unit="minute", amount=3)
@given(
    pauses=st.lists(st.floats(0, 45), min_size=5, max_size=40),
    unit=st.sampled_from(["second", "minute"]),
    amount=st.integers(1, 7),
)
async def test_who_comes_back_when_he_is_told_is_let_in(pauses: list[float], unit: str, amount: int) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        clock, counter = Clock(monkeypatch), Rates()
        for pause in pauses:
            clock.now += pause
            try:
                await counter.count("one", f"{amount}/{unit}")
            except TooManyRequests as refused:
                clock.now += int(refused.headers["Retry-After"]) + 0.001
                await counter.count("one", f"{amount}/{unit}")


def test_whoever_has_many_addresses_is_one() -> None:
    assert by_address(("2001:db8:1:2::1", 1)) == by_address(("2001:db8:1:2:ffff::9", 2)) == "2001:db8:1:2::"
    assert by_address(("2001:db8:1:3::1", 1)) != by_address(("2001:db8:1:2::1", 1))
    assert by_address(("::ffff:192.0.2.7", 1)) == by_address(("192.0.2.7", 9)) == "192.0.2.7"
    assert by_address(None) == ""
    assert by_address(("proxy", 0)) == "proxy"
