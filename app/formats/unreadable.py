"""What a reader says of a body that it cannot take."""

from collections.abc import Sequence


class Unreadable(Exception):  # noqa: N818 - said of a body, caught at the border
    """The body does not fit its format; `faults` are pairs of a JSON pointer into it and what is wrong there."""

    def __init__(self, faults: Sequence[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{pointer or 'the body'}: {detail}" for pointer, detail in faults))
        self.faults = tuple(faults)


class UnknownType(Exception):  # noqa: N818 - said of a body, caught at the border
    """There is no reader for the Content-Type; the message names the ones there are."""
