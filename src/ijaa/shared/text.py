"""Text as people search it."""

import unicodedata


def fold(text: str) -> str:
    """Return the search key of a text: lower case, accents off, white space single.

    Keys are stored folded because PostgreSQL's `unaccent()` is not immutable and cannot stand in an index.
    """
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(c for c in decomposed if not unicodedata.combining(c)).split())


def like_pattern(text: str) -> str:
    r"""Return a LIKE pattern that finds the folded text anywhere; `%`, `_` and `\` mean themselves."""
    escaped = fold(text).replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
    return f"%{escaped}%"
