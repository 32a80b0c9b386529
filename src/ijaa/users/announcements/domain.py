"""Whom an announcement is for, when it is to be seen, and what its text may be."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, Literal, get_args

import nh3
from markdown_it import MarkdownIt

from ijaa.shared.errors import Violation

Category = Literal["GENERAL", "EVENT", "NEWS", "URGENT"]
AudienceKind = Literal["all", "batches", "location"]
CATEGORIES: tuple[Category, ...] = get_args(Category)
AUDIENCES: tuple[AudienceKind, ...] = get_args(AudienceKind)

BATCHES = 100
"""Batches one announcement may list."""

_RENDERED = 256
"""Texts kept rendered; a text of 10,000 characters takes up to a tenth of a second."""
# HTML in a text is shown as text; nh3 stands behind, for what a parser might let through
_MARKDOWN = MarkdownIt("commonmark", {"html": False, "maxNesting": 20}).enable(["table", "strikethrough"])
_MARKDOWN.disable("image")  # an image would tell a foreign server who reads
_TAGS = {
    "a", "blockquote", "br", "code", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "s",
    "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
_SANITISER = nh3.Cleaner(
    tags=_TAGS,
    attributes={"a": {"href", "title"}, "ol": {"start"}},
    url_schemes={"http", "https", "mailto"},
    link_rel="noopener noreferrer nofollow",
)


@lru_cache(maxsize=_RENDERED)
def rendered(content: str) -> str:
    """Return Markdown (CommonMark, with tables and strikethrough) as HTML that is safe to show."""
    return _SANITISER.clean(_MARKDOWN.render(content))


def audience_violations(audience: Mapping[str, Any]) -> Iterator[Violation]:
    """Yield what does not fit together in an audience: each kind has fields of its own."""
    kind, listed = audience["kind"], audience["batches"]
    ranged = audience["batch_from"] is not None or audience["batch_to"] is not None
    for name in ("batches", "batch_from", "batch_to"):
        if audience[name] is not None and kind != "batches":
            yield Violation(f"/audience/{name}", "goes with the kind batches alone")
    if audience["location"] is not None and kind != "location":
        yield Violation("/audience/location", "goes with the kind location alone")
    if kind == "location" and not (audience["location"] or "").strip():
        yield Violation("/audience/location", "is required")
    if kind != "batches":
        return
    if (listed is not None) == ranged:
        yield Violation("/audience/batches", "is required, or else batch_from, batch_to or both")
    first, last = audience["batch_from"], audience["batch_to"]
    if first is not None and last is not None and first > last:
        yield Violation("/audience/batch_to", "is before batch_from")


def schedule_violations(visible_from: datetime, visible_until: datetime | None) -> Iterator[Violation]:
    """Yield what is wrong with the times of an announcement."""
    if visible_until is not None and visible_until <= visible_from:
        yield Violation("/visible_until", "is not after visible_from")
