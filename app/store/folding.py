"""The form in which names are compared: blind to case, accents and space."""

import unicodedata


def author_fold(name: str) -> str:
    """Give a name without case and accents, its parts one space apart."""
    decomposed = unicodedata.normalize("NFKD", name.casefold())
    stripped = "".join(character for character in decomposed if not unicodedata.combining(character))
    return " ".join(unicodedata.normalize("NFC", stripped).split())
