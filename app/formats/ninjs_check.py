"""Knows a ninjs item among JSON values, and says what keeps a value from being one."""

from collections.abc import Iterator

from app.formats.article_object import FAULTS_SHOWN, pointer
from app.formats.body import Body
from app.formats.charset import decode
from app.formats.json_values import Element, json_elements
from app.formats.unreadable import Unreadable

IDS = ("uri", "guid")
MARKS = frozenset(
    "headline headlines bodies descriptions versioncreated firstcreated contentcreated pubstatus representationtype"  # noqa: SIM905 - a list is forty lines
    " standard $standard byline by slugline copyrightholder copyrightnotice usageterms infosource infosources subject"
    " subjects located associations renditions altids trustindicator trustindicators plannedcoverage eventdetails"
    " profile type embargoed urgency person people organisation organisations place places event events rightsinfo"
    " advices digitalsourcetype".split()
)
"""Members by which an item is known, in lower case: 1.x writes them so, 2.x and 3.x with humps."""
FOREIGN = frozenset({"content", "items", "jsonrpc", "@context", "@graph"})
"""Members that say that an object is something else."""
TEXTS = frozenset(
    "headline byline by slugline language located versioncreated firstcreated contentcreated embargoed usageterms"  # noqa: SIM905 - a list is ten lines
    " copyrightnotice copyrightholder pubstatus type".split()
)
LISTS = frozenset({"headlines", "bodies", "descriptions", "subjects", "people", "places", "organisations"})


def check_ninjs(body: Body) -> None:
    """Refuse a body that is no ninjs item or array of them: raises Unreadable with a pointer to each fault."""
    faults: list[tuple[str, str]] = []
    for element in json_elements(decode(body.data, body.charset).text, body.max_items):
        faults += faults_of(element)
        if len(faults) >= FAULTS_SHOWN:
            break
    if faults:
        raise Unreadable(faults[:FAULTS_SHOWN])


def is_ninjs(value: object) -> bool:
    """Say whether a JSON value can only be a ninjs item, or an array of such: it has an id and members that ninjs alone has."""
    if isinstance(value, list):
        return bool(value) and all(isinstance(each, dict) and is_ninjs(each) for each in value)
    if not isinstance(value, dict):
        return False
    names = {name.lower() for name in value}
    marked = not MARKS.isdisjoint(names) or any(
        name.startswith(("body_", "headline_", "description_")) for name in names
    )
    return marked and FOREIGN.isdisjoint(names) and any(isinstance(value.get(name), str) for name in IDS)


def faults_of(element: Element) -> Iterator[tuple[str, str]]:
    """Give what keeps an element from being a ninjs item: no object, no id, a text or a list that is none."""
    if not isinstance(element.value, dict):
        yield element.pointer, "not an object; a ninjs item is one, with its id in `uri`"
        return
    if not any(isinstance(element.value.get(name), str) and element.value[name].strip() for name in IDS):
        yield f"{element.pointer}/uri", "missing; a ninjs item has an id"
    for name, value in element.value.items():
        folded = name.lower()
        if value is not None and not isinstance(value, str) and (folded in TEXTS or folded.startswith("body_")):
            yield f"{element.pointer}{pointer([name])}", "not a text"
        elif value is not None and not isinstance(value, list) and folded in LISTS:
            yield f"{element.pointer}{pointer([name])}", "not a list"
