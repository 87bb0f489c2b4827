"""Runs the suite: `python -m benchmarks.run [PART ...] [--seconds N] [--postgres URL] [--json FILE]`; all parts where none is named.

Each part also runs by itself: `python -m benchmarks.accept`. A part is a module of this folder with `measure(Given) -> Report`
(see `benchmarks/suite.py`), and a line in PARTS. Exit status 1 says that an aim was missed.
"""

from collections.abc import Callable, Mapping
from typing import Final

from benchmarks import accept, drain, end_to_end, growth
from benchmarks.suite import Given, Report, finish, parser

PARTS: Final[Mapping[str, Callable[[Given], Report]]] = {
    "accept": accept.measure,
    "drain": drain.measure,
    "end_to_end": end_to_end.measure,
    "growth": growth.measure,
}


def main() -> None:
    """Run the parts that are named, and report them together."""
    arguments = parser(__doc__)
    arguments.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    options = arguments.parse_args()
    if unknown := set(options.parts) - set(PARTS):
        arguments.error(f"there is no part {', '.join(sorted(unknown))}")
    given = Given(options.seconds, options.postgres)
    finish([PARTS[part](given) for part in options.parts or PARTS], options.json)


if __name__ == "__main__":
    main()
