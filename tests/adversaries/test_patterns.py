"""Every regular expression that may meet a stranger's text, against texts made of its own characters to make it go astray."""

import ast
import importlib
import inspect
import itertools
import pkgutil
import re
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

import pytest

import app.formats
import app.intake
import app.pipeline
import app.query
import app.store

codes: Any = importlib.import_module("re._constants")
parser: Any = importlib.import_module("re._parser")
"""How the standard library itself reads a pattern."""
PACKAGES = (app.formats, app.pipeline, app.intake, app.query, app.store)
LENGTH = 1_000
"""Characters of a text: what grows with the square of it takes a moment, with its cube too long."""
SECONDS = 5.0
"""Of the processor, for one search."""
UNITS = 8
LANGUAGES = ("en", "de", "fr", "es", "it", "pt", "nl", "ja", "")
OF_CATEGORY = {
    codes.CATEGORY_DIGIT: "1",
    codes.CATEGORY_NOT_DIGIT: "a",
    codes.CATEGORY_SPACE: " ",
    codes.CATEGORY_NOT_SPACE: "a",
    codes.CATEGORY_WORD: "a",
    codes.CATEGORY_NOT_WORD: "-",
}
INLINE = frozenset({"compile", "sub", "subn", "search", "match", "fullmatch", "split", "findall", "finditer"})


def modules() -> Iterator[ModuleType]:
    """Give every module that works on strangers' text."""
    for package in PACKAGES:
        for found in pkgutil.iter_modules(package.__path__):
            if not found.ispkg:
                yield importlib.import_module(f"{package.__name__}.{found.name}")


def patterns_in(value: Any) -> Iterator[re.Pattern[Any]]:
    """Give the patterns that a value is, or holds."""
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, dict):
        yield from itertools.chain.from_iterable(map(patterns_in, value.values()))
    elif isinstance(value, list | tuple | set | frozenset):
        yield from itertools.chain.from_iterable(map(patterns_in, value))


def built_by(value: Any) -> Iterator[re.Pattern[Any]]:
    """Give the patterns that a cached function builds out of its vocabulary, for each language where it asks for one."""
    if not hasattr(value, "cache_info") or "Pattern" not in str(inspect.signature(value).return_annotation):
        return
    wanted = len(inspect.signature(value).parameters)
    for given in itertools.product(LANGUAGES, repeat=wanted) if wanted < 2 else ():
        try:
            yield from patterns_in(value(*given))
        except KeyError:  # another kind of word than a language
            continue


def inline(module: ModuleType) -> Iterator[re.Pattern[Any]]:
    """Give the patterns that stand in calls of `re` itself."""
    for node in ast.walk(ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
            and (node.func.value.id, node.func.attr in INLINE) == ("re", True)
            and isinstance(node.args[0], ast.Constant)
        ):
            yield re.compile(node.args[0].value)


@cache
def patterns() -> dict[str, re.Pattern[Any]]:
    """Give every pattern, by the module that it was first seen in and its beginning."""
    found: dict[re.Pattern[Any], str] = {}
    for module in modules():
        mine = [
            value for value in vars(module).values() if getattr(value, "__module__", module.__name__) == module.__name__
        ]
        for pattern in itertools.chain(patterns_in(list(vars(module).values())), *map(built_by, mine), inline(module)):
            found.setdefault(pattern, module.__name__)
    return {f"{where.removeprefix('app.')} {number}": pattern for number, (pattern, where) in enumerate(found.items())}


def characters(parsed: Any) -> Iterator[str]:
    """Give a character for each place of a pattern, in its order."""
    for code, argument in parsed:
        if code in {codes.LITERAL, codes.NOT_LITERAL}:
            yield chr(argument) if code is codes.LITERAL else "a"
        elif code is codes.ANY:
            yield "a"
        elif code is codes.IN:
            yield from itertools.islice(members(argument), 2)
        elif isinstance(argument, tuple | list):
            yield from nested(argument)


def nested(argument: Sequence[Any]) -> Iterator[str]:
    """Give the characters of what stands inside groups, repeats, branches and looks around."""
    for part in argument:
        if isinstance(part, parser.SubPattern):
            yield from characters(part)
        elif isinstance(part, list):
            yield from nested(part)


def members(argument: Sequence[Any]) -> Iterator[str]:
    """Give characters of a class, or for one that is negated, some that are in none."""
    if argument and argument[0][0] is codes.NEGATE:
        yield from "a "
        return
    for code, value in argument:
        if code is codes.LITERAL:
            yield chr(value)
        elif code is codes.RANGE:
            yield chr(value[0])
        elif code is codes.CATEGORY:
            yield OF_CATEGORY[value]


def pumped(pattern: re.Pattern[Any]) -> Iterator[str]:
    """Give texts that repeat what the pattern itself speaks of, and end in what it does not expect."""
    drawn = list(characters(parser.parse(pattern.pattern, pattern.flags)))
    several = list(dict.fromkeys(drawn))
    units = [*several[:UNITS], *several[-UNITS:]]
    whole = "".join(drawn)[:60]
    pairs = ["".join(pair) for pair in itertools.permutations(units[:4], 2)]
    begins = "".join(several[:3])
    for unit in dict.fromkeys([*units, *pairs, whole, whole[: len(whole) // 2] or "a", " ", "a", "a "]):
        for start in ("", begins) if len(unit) == 1 else ("",):
            yield start + unit * (LENGTH // len(unit)) + "\x01"


class Astray(Exception):  # noqa: N818 - what happened
    """A pattern did not come to an end."""


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Raise Astray after so many seconds of the processor: the engine looks for signals while it searches."""

    def end(_: int, __: FrameType | None) -> None:
        raise Astray

    before = signal.signal(signal.SIGVTALRM, end)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


@pytest.mark.timeout(600)
def test_no_pattern_goes_astray_on_texts_of_its_own_characters() -> None:
    """None nests what repeats. Some look ahead from every place, which is why callers bound what they hand over."""
    seen = 0
    for name, pattern in patterns().items():
        for text in pumped(pattern):
            given = text.encode() if isinstance(pattern.pattern, bytes) else text
            try:
                with limited(SECONDS):
                    pattern.search(given)
            except Astray:
                pytest.fail(f"{name} on {text[:20]!r}…: {pattern.pattern}")
        seen += 1
    assert seen > 200


def test_a_pattern_that_goes_astray_is_found() -> None:
    hopeless = re.compile(r"(?:a+)+b")
    with pytest.raises(Astray), limited(0.5):
        any(map(hopeless.search, pumped(hopeless)))
