"""What goes into the image, as far as its recipe tells: no secret, no root."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
RECIPE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
IGNORED = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()


def test_only_what_the_program_is_made_of_is_copied_and_nothing_else_is_even_sent() -> None:
    copied = {name for line in re.findall(r"^COPY (?!--from)(.+)$", RECIPE, re.MULTILINE) for name in line.split()[:-1]}
    assert IGNORED[0] == "*"
    assert copied == {name.removeprefix("!") for name in IGNORED if name.startswith("!")}
    assert copied == {"app", "migrations", "pyproject.toml", "requirements.lock", "README.md"}


def test_it_runs_as_nobody_in_particular_and_is_told_its_secrets_when_it_starts() -> None:
    last = RECIPE.rpartition("\nFROM ")[2]
    assert re.findall(r"^USER (.+)$", last, re.MULTILINE) == ["10001"]
    assert last.index("\nUSER ") < last.index("\nENTRYPOINT ")
    assert not re.search(r"^(?:ARG|ADD)\b", RECIPE, re.MULTILINE)
    assert not re.search(r"(?:PASSWORD|SECRET|TOKEN|KEY|DATABASE_URL)\s*=", RECIPE)
