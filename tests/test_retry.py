"""When a failed submission comes back, as a table."""

from datetime import timedelta

import pytest

from app.queue.retry import RetryPolicy, pause

POLICY = RetryPolicy(base=1.0, cap=60.0, most=5)


@pytest.mark.parametrize(("failures", "seconds"), [(1, 1), (2, 2), (3, 4), (4, 8)])
def test_pauses_double(failures: int, seconds: int) -> None:
    assert pause(POLICY, failures, spread=0) == timedelta(seconds=seconds)


def test_the_last_failure_is_the_last() -> None:
    assert pause(POLICY, 5, spread=0) is None
    assert pause(POLICY, 6, spread=0) is None


def test_a_pause_has_a_cap_and_a_spread() -> None:
    patient = RetryPolicy(base=1.0, cap=60.0, most=1000)
    assert pause(patient, 900, spread=0) == timedelta(seconds=60)
    assert pause(patient, 900, spread=1) == timedelta(seconds=48)
