"""Who has sent what broke extraction is remembered for a while, and not without end."""

from app.suspects import MOST, SECONDS, Suspects


def test_a_sender_is_apart_until_it_has_broken_nothing_for_a_while() -> None:
    now = 0.0
    suspects = Suspects(lambda: now)
    assert suspects.accuse(7)
    now = SECONDS - 1
    assert not suspects.accuse(7)
    now = 2 * SECONDS - 2
    assert suspects.parties() == [7]
    now += 2
    assert suspects.parties() == []
    assert suspects.accuse(7)


def test_so_many_are_remembered_and_the_oldest_is_forgotten() -> None:
    suspects = Suspects(lambda: 0.0)
    for party in range(MOST):
        suspects.accuse(party)
    suspects.accuse(0)
    suspects.accuse(MOST)
    assert len(suspects.parties()) == MOST
    assert {0, MOST} <= set(suspects.parties())
    assert 1 not in suspects.parties()
