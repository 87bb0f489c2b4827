"""Whatever a title of a hundred thousand characters is made of, the name of the site is looked for in its end alone."""

import pytest

from app.pipeline.headline import cut

pytestmark = pytest.mark.timeout(60)


@pytest.mark.parametrize("mark", ["|", " - ", " :: ", " ", "» "])
def test_a_long_title_is_cut_in_bounded_time(mark: str) -> None:
    title = "A" + mark * (100_000 // len(mark)) + "Harbour Post"
    assert cut(title.replace(" ", "-") if mark == " " else title, frozenset({"harbour post"})).startswith("A")
