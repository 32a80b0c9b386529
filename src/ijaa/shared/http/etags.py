"""Strong ETags: the version of a row (RFC 9110 §8.8.3, §13.1.1)."""

from ijaa.shared.errors import Malformed, PreconditionFailed


def etag(version: int) -> str:
    """Return the entity tag of a row version."""
    return f'"{version}"'


def refuse_stale(if_match: str | None, version: int) -> None:
    """Raise `PreconditionFailed` unless `If-Match` is absent, `*`, or names this version."""
    if if_match is None or if_match.strip() == "*":
        return
    given = [tag.strip() for tag in if_match.split(",")]
    if not all(tag.startswith(('"', 'W/"')) and tag.endswith('"') for tag in given):
        raise Malformed('If-Match takes entity tags in quotes, such as "3", or *.')
    if etag(version) not in given:
        raise PreconditionFailed
