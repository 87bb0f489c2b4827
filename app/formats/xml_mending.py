"""Mends the tags of a document that is not well-formed: every element ends, inside the one that it began in."""

import re
from collections import Counter
from dataclasses import dataclass, field

TOKEN = re.compile(
    r"<!\[CDATA\[(?P<cdata>)|<(?P<close>/?)(?P<name>[A-Za-z_][\w.:-]*+)"
    r"(?P<rest>(?:[^<>\"']++|\"[^\"<]*+\"|'[^'<]*+')*+(?=>)|[^<>]*+(?=>))>|<"
)
ATTRIBUTE = re.compile(r"(?<![\w.:-])([A-Za-z_][\w.:-]*+)\s*+=\s*+(?:\"([^\"]*+)\"|'([^']*+)'|([^\s\"'<>]++))")
DEEPEST = 200
"""The parser ends at 256; an element beyond is read as if it stood beside its parent."""
ITEMS = frozenset({"item", "entry"})
"""Elements that never stand inside themselves."""
VOID = frozenset({"br", "hr", "img", "input", "wbr", "embed"})
"""Elements of HTML that have no end."""
FIELDS = frozenset(
    {"title", "link", "description", "content:encoded", "guid", "pubdate", "category", "dc:creator", "dc:date"}
)
"""Elements of RSS that never stand in one another: where one begins, the last was left open."""
HTML_TOO = frozenset({"title", "link"})
TEXTS = frozenset({"description", "content:encoded"})
"""Elements in which HTML may stand unescaped."""
END = "]]>"


@dataclass(slots=True)
class Mended:
    """What is written so far, the names of the open elements, and how many are open beyond the deepest."""

    out: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)
    names: Counter[str] = field(default_factory=Counter)
    beyond: int = 0
    done: bool = False

    def begin(self, name: str, attributes: str) -> None:
        """Begin an element."""
        folded = name.lower()
        if folded.rpartition(":")[2] in ITEMS and self.names[folded]:
            self.end(name)
        if folded in FIELDS and self.open:
            last = self.open[-1].lower()
            if last in FIELDS and not (last in TEXTS and folded in HTML_TOO):
                self.end(last)
        if len(self.open) == DEEPEST:
            self.beyond += 1
            return
        self.open.append(name)
        self.names[folded] += 1
        self.out.append(f"<{name}{attributes}>")

    def end(self, name: str) -> None:
        """End an element and all that is still open inside it; nothing where it is not open."""
        folded = name.lower()
        if self.beyond and folded not in FIELDS and folded.rpartition(":")[2] not in ITEMS:
            self.beyond -= 1
            return
        if not self.names[folded]:
            return
        self.beyond = 0
        while True:
            opened = self.open.pop()
            self.names[opened.lower()] -= 1
            self.out.append(f"</{opened}>")
            if opened.lower() == folded:
                break
        self.done = not self.open


def balanced(text: str) -> str:
    """Give a document whose tags pair, whose attributes are quoted and stand once, and whose other `<` are escaped.

    What follows the root element is left out; linear in the text.
    """
    made, place = Mended(), 0
    last, last_end = text.rfind(">"), text.rfind(END)  # so that no end is looked for in vain
    while not made.done and (found := TOKEN.search(text, place)) is not None:
        made.out.append(text[place : found.start()])
        place = found.end()
        if found["cdata"] is not None:
            end = text.find(END, place) if place <= last_end else -1
            place = end + len(END) if end >= 0 else place
            made.out.append(text[found.start() : place] if end >= 0 else "")
        elif not found["name"]:
            if found.start() > last:  # a tag that the body breaks off in
                place = len(text)
                break
            made.out.append("&lt;")
        elif found["close"]:
            made.end(found["name"])
        else:
            start(made, found["name"], found["rest"])
    if not made.done:
        made.out.append(text[place:])
        made.out += [f"</{name}>" for name in reversed(made.open)]
    return "".join(made.out)


def start(made: Mended, name: str, rest: str) -> None:
    """Write a start tag, or an element that is empty."""
    written = attributes(rest)
    if rest.endswith("/") or name.lower() in VOID:
        made.out.append(f"<{name}{written}/>")
    else:
        made.begin(name, written)


def attributes(rest: str) -> str:
    """Write the attributes of a tag."""
    found: dict[str, str] = {}
    for name, double, single, bare in ATTRIBUTE.findall(rest):
        found.setdefault(name, double or single or bare.removesuffix("/"))
    return "".join(f' {name}="{value.replace(chr(34), "&quot;")}"' for name, value in found.items())
