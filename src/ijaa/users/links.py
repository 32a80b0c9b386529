"""Links to files of members: what a profile holds is a path, what a client gets opens it for a while."""

from typing import Literal
from uuid import UUID

from ijaa.shared.storage_images import Variant
from ijaa.shared.storage_links import SignedLinks

Purpose = Literal["photo", "cover"]
"""What a file is there for: the field of the profile that shows it."""
_FILES, _IMAGES = "/api/v1/files/", "/api/v1/announcements/images/"


def path_of(file_id: UUID) -> str:
    """Return the path of a file, as it is stored."""
    return f"{_FILES}{file_id}"


def image_path_of(file_id: UUID) -> str:
    """Return the path of an announcement's image, as it is stored."""
    return f"{_IMAGES}{file_id}"


class FileLinks:
    """Signs the paths of files on their way out."""

    def __init__(self, links: SignedLinks) -> None:
        self._links = links

    def shown(self, stored: str | None, audience: str, variant: Variant | None = None) -> str | None:
        """Return what a client can show of a stored path: a link that is good while the audience is no smaller.

        What is no file of ours, as imported profiles may have, is returned as it is.
        """
        if stored is None or not stored.startswith((_FILES, _IMAGES)):
            return stored
        link = self._links.write(stored, audience)
        return f"{link}&variant={variant}" if variant else link

    def opened(self, file_id: UUID, token: str | None) -> tuple[str, int] | None:
        """Return the audience a link was made for and the seconds it is still good, or None for no good link."""
        return self._links.read(path_of(file_id), token) if token else None

    def opened_image(self, file_id: UUID, token: str | None) -> tuple[str, int] | None:
        """Return the same of a link to an announcement's image."""
        return self._links.read(image_path_of(file_id), token) if token else None
