"""Bodies between the services; the same structs the façade gives inside one process."""

from typing import Annotated

from msgspec import Meta

from ijaa.events.catalogue.schemas import ContentKind, Snapshot
from ijaa.events.media.schemas import OwnFile
from ijaa.shared.schema import MAX_ID, Body, Id, View


class ContentAsked(Body, frozen=True, kw_only=True):
    """Which thing."""

    kind: ContentKind
    id: Id


class SnapshotsAsked(Body, frozen=True, kw_only=True):
    """Which things, and for whom."""

    wanted: Annotated[list[ContentAsked], Meta(max_length=100)]
    viewer: Annotated[str, Meta(min_length=1, max_length=100)]


class CompanionsAsked(Body, frozen=True, kw_only=True):
    """Whose."""

    usernames: Annotated[list[Annotated[str, Meta(min_length=1, max_length=100)]], Meta(max_length=100)]


class Companions(View, frozen=True):
    """Who comes, or came, to the same events as each of them."""

    companions: dict[str, frozenset[str]]


class Snapshots(View, frozen=True):
    """What the viewer sees of them; the rest is left out."""

    snapshots: list[Snapshot]


class PortionAsked(Body, frozen=True, kw_only=True):
    """Of which file, and from where on."""

    username: Annotated[str, Meta(min_length=1, max_length=100)]
    name: Annotated[str, Meta(min_length=1, max_length=100)]
    start: Annotated[int, Meta(ge=0, le=MAX_ID)]


class Files(View, frozen=True):
    """Files somebody uploaded."""

    files: list[OwnFile]


class Portion(View, frozen=True):
    """Some bytes of a file, as Base64; none at its end, null where it is not."""

    content: bytes | None


class RecordsAsked(Body, frozen=True, kw_only=True):
    """About whom, and after which page."""

    username: Annotated[str, Meta(min_length=1, max_length=100)]
    after: Annotated[str, Meta(max_length=1000)] | None = None
