"""Links to files of events, each for one viewer: what a link opens is looked at anew for him whenever it is used.

So a link that is handed on shows no more than its first owner still sees, and nothing once it is over.
"""

from uuid import UUID

from ijaa.shared.storage_images import Variant
from ijaa.shared.storage_links import SignedLinks

_PUBLIC = ""
"""Whom a link is for that was given to somebody who was not signed in; no username is empty."""


def banner_path(event_id: int, banner: UUID | str) -> str:
    """Return where the banner of an event is read; another banner is another path, so that this one can be kept."""
    return f"/api/v1/events/{event_id}/banner/{banner}"


def medium_path(media_id: int) -> str:
    """Return where the file of a medium is read."""
    return f"/api/v1/media/{media_id}/file"


class EventLinks:
    """Signs the paths of files on their way out, and reads them again."""

    def __init__(self, links: SignedLinks) -> None:
        self._links = links

    def of(self, path: str, viewer: str | None, variant: Variant | None = None) -> str:
        """Return a link that is good for two to three hours; None is the public."""
        link = self._links.write(path, viewer or _PUBLIC)
        return f"{link}&variant={variant}" if variant else link

    def banner(self, event_id: int, banner: str | None, viewer: str | None) -> str | None:
        """Return a link to the banner of an event that has one."""
        return None if banner is None else self.of(banner_path(event_id, banner), viewer)

    def opened(self, path: str, token: str | None) -> tuple[str | None, int] | None:
        """Return for whom a link was made and the seconds it is still good, or None for no good link."""
        if token is None or (found := self._links.read(path, token)) is None:
            return None
        viewer, seconds = found
        return viewer or None, seconds
