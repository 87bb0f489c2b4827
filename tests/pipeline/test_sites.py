"""A publication's own names sign no article, unless the publication is one person's and called so."""

import pytest

from app.pipeline.article import Claim
from app.pipeline.sites import house_names, is_house, own_names


def site(text: str) -> Claim:
    """Say what a page calls its site."""
    return Claim("site", text, "meta", 0.9)


@pytest.mark.parametrize(
    ("source", "called", "expected"),
    [
        ("www.harbour-post.example", (), {"harbourpost", "harbourpostexample"}),
        (None, ("The Harbour Post",), {"theharbourpost"}),
        ("harbour-post.co.example", ("Harbour Post",), {"harbourpost", "harbourpostcoexample"}),
        (None, (), set()),
        ("ab", (), set()),
    ],
)
def test_a_publication_goes_by_its_names_and_its_host(
    source: str | None, called: tuple[str, ...], expected: set[str]
) -> None:
    assert own_names(source, [site(name) for name in called]) >= expected
    assert bool(own_names(source, [site(name) for name in called])) == bool(expected)


def test_where_every_site_is_one_persons_the_sites_name_may_sign() -> None:
    blog = [site("tideline.wordpress.com"), site("Tideline")]
    paper = [site("harbour-post.example"), site("Harbour Post")]
    assert house_names(own_names(None, blog), blog) == frozenset()
    assert house_names(own_names(None, paper), paper) == own_names(None, paper)
    assert house_names(own_names(None, [site("wordpress.org")]), [site("wordpress.org")]) != frozenset()


@pytest.mark.parametrize(
    ("name", "house"),
    [
        ("Harbour Post", True),
        ("HARBOUR-POST", True),
        ("Charlotte Observer", True),  # a given name, and what papers are called
        ("Anna Berg", False),  # a blog that bears its writer's name
        ("Jonas Roe", False),  # no name of the publication
    ],
)
def test_a_house_signs_nothing_and_a_person_whose_site_bears_the_name_does(name: str, *, house: bool) -> None:
    houses = own_names(None, [site("Harbour Post"), site("Charlotte Observer"), site("Anna Berg")])
    assert is_house(name, houses) is house
