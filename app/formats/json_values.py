"""Parses JSON as RFC 8259 has it, value by value, so that each is known by its pointer and its place in the text."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from app.formats.unreadable import Unreadable

SPACE = re.compile(r"[ \t\n\r]*")
DEEPEST = 100
"""Levels of objects and arrays inside each other."""
TOO_DEEP = f"nested too deeply; {DEEPEST} levels are read"


@dataclass(frozen=True, slots=True)
class Element:
    """One JSON value of a body: its pointer, and its place among the body's characters."""

    pointer: str
    value: Any
    start: int
    end: int


def no_constant(name: str) -> float:
    """Refuse NaN and Infinity, which RFC 8259 has no place for."""
    raise ValueError(f"{name} is no JSON")


DECODER = json.JSONDecoder(parse_constant=no_constant)


def parse(text: str, start: int, pointer: str, line: int | None = None) -> tuple[Any, int]:
    """Parse one JSON value and give where it ends; raises Unreadable with the place of what is wrong.

    `line` is the body's line that `text` is, where it is one alone.
    """
    try:
        value, end = DECODER.raw_decode(text, start)
    except json.JSONDecodeError as error:
        where = f"line {line or error.lineno}, column {error.colno}"
        raise Unreadable([(pointer, f"not JSON: {error.msg} at {where}")]) from error
    except RecursionError as error:
        raise Unreadable([(pointer, TOO_DEEP)]) from error
    except ValueError as error:  # a constant that is no JSON, an integer of thousands of digits
        raise Unreadable([(pointer, f"not JSON: {error}")]) from error
    if too_deep(value):
        raise Unreadable([(pointer, TOO_DEEP)])
    return value, end


def too_deep(value: Any) -> bool:
    """Say whether a value is nested deeper than is read: the door and the worker, whose stacks differ, judge alike."""
    level = nested([value])
    for _ in range(DEEPEST):
        level = [part for each in level for part in nested(each.values() if type(each) is dict else each)]
        if not level:
            return False
    return bool(level)


def nested(parts: Iterable[Any]) -> list[Any]:
    """Give those of some values that hold others."""
    return [part for part in parts if type(part) is dict or type(part) is list]


def space(text: str, start: int) -> int:
    """Give the place of the next character that is no white space of JSON."""
    found = SPACE.match(text, start)
    return found.end() if found else start


def array_elements(text: str, start: int) -> Iterator[Element]:
    """Give the elements of the array that begins at `start`, with their places; raises Unreadable."""
    place, index = space(text, start + 1), 0
    more = text[place : place + 1] != "]"
    while more:
        value, end = parse(text, place, f"/{index}")
        yield Element(f"/{index}", value, place, end)
        place = space(text, end)
        more = text[place : place + 1] == ","
        if more:
            place, index = space(text, place + 1), index + 1
        elif text[place : place + 1] != "]":
            raise Unreadable([("", f"not JSON: expected ',' or ']' after element {index}")])
    if space(text, place + 1) != len(text):
        raise Unreadable([("", "not JSON: something follows the array")])


def within(elements: Iterable[Element], most: int) -> Iterator[Element]:
    """Give so many elements at most; raises Unreadable at the first beyond, before it and what follows it cost anything."""
    for number, element in enumerate(elements):
        if number == most:
            raise Unreadable([(element.pointer, f"more than {most} items in one body")])
        yield element


def json_elements(text: str, most: int) -> Iterator[Element]:
    """Give the values of a JSON body, which is one or an array of `most` at most; raises Unreadable."""
    start = space(text, 0)
    if text[start : start + 1] == "[":
        yield from within(array_elements(text, start), most)
        return
    value, end = parse(text, start, "")
    if space(text, end) != len(text):
        raise Unreadable([("", "not JSON: something follows the object; several go in an array, or as NDJSON")])
    yield Element("", value, start, end)


def line_elements(text: str, most: int) -> Iterator[Element]:
    """Give the values of an NDJSON body, one a line, `most` at most; blank lines are passed over; raises Unreadable."""
    yield from within(every_line(text), most)


def every_line(text: str) -> Iterator[Element]:
    """Give the value of each line that is not blank; raises Unreadable."""
    place = index = 0
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip(" \t\r"):
            start = space(line, 0)
            value, end = parse(line, start, f"/{index}", number)
            if space(line, end) != len(line):
                raise Unreadable([(f"/{index}", f"not JSON: something follows the object of line {number}")])
            yield Element(f"/{index}", value, place + start, place + end)
            index += 1
        place += len(line) + 1
