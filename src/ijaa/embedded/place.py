"""The place of a folder's clusters outside of it, where root's folder is closed to the servers' account.

A place names the one folder it belongs to, so that a copy of the folder does not open the clusters of the original.
"""

import hashlib
import os
import secrets
import shutil
from pathlib import Path

from ijaa.embedded.errors import DataFolderForeignError
from ijaa.embedded.files import read_json, write_json

ELSEWHERE = Path("/var/lib/ijaa")
_OWNER = "owner.json"


def make_place(data: Path, marker: str) -> Path:
    """Make a place for a new folder, and clear away those whose folder is gone."""
    _clear_abandoned(marker)
    short = hashlib.sha256(os.fsencode(data)).hexdigest()[:12]
    # The random part: a folder deleted and made anew has new passwords, so it must not find its old clusters.
    place = ELSEWHERE / f"{short}-{secrets.token_hex(3)}"
    place.mkdir(parents=True)
    for folder in (ELSEWHERE, place):
        folder.chmod(0o711)
    write_json(place / _OWNER, {"data": str(data)})
    return place


def refuse_copy(data: Path, place: Path, marker: str) -> None:
    """Refuse a folder that is a copy of the one its place belongs to.

    Raises:
        DataFolderForeignError: it is a copy, or the place is gone.

    """
    try:
        owner = Path(read_json(place / _OWNER)["data"])
    except (OSError, ValueError, KeyError):
        raise DataFolderForeignError(
            f"The clusters of the data folder {data} should lie in {place}, and are not there: "
            "restore them from a backup, or use a new folder (IJAA_DATA)."
        ) from None
    if not _is_same(owner, data) and _names(owner / marker, place):
        raise DataFolderForeignError(
            f"{data} is a copy of {owner}, and their clusters in {place} can only belong to one of them: use {owner}, "
            f"or remove it if this copy is to take its place. For a second system begin with a new folder (IJAA_DATA)."
        )


def take_over(data: Path, place: Path) -> None:
    """Note where a folder lies now that was moved."""
    if read_json(place / _OWNER)["data"] != str(data):
        write_json(place / _OWNER, {"data": str(data)})


def _clear_abandoned(marker: str) -> None:
    for place in ELSEWHERE.glob("*-*") if ELSEWHERE.is_dir() else ():
        try:
            owner = Path(read_json(place / _OWNER)["data"])
            # only what is certain: the folder above is there to be read, and nothing in it names the place
            gone = (
                owner.parent.is_dir()
                and os.access(owner.parent, os.R_OK | os.X_OK)
                and (not owner.exists() or not any(owner.iterdir()))
            )
        except (OSError, ValueError, KeyError, TypeError):
            continue  # nobody knows whose it is: not ours to delete
        if gone and not _names(owner / marker, place) and not _lives(place):
            shutil.rmtree(place, ignore_errors=True)


def _names(marker: Path, place: Path) -> bool:
    try:
        named: object = read_json(marker)["place"]
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return named == str(place)


def _is_same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False


def _lives(place: Path) -> bool:
    """Whether any process stands in the place or names it."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if os.fsencode(place) in (entry / "cmdline").read_bytes() or (entry / "cwd").readlink().is_relative_to(
                    place
                ):
                    return True
            except OSError:
                continue  # it has just ended, or is not ours to look at
    return False
