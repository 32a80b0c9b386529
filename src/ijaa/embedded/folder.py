"""The data folder: what lies where, whose it is, and the secrets made once for it."""

import errno
import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ijaa.embedded.account import Account, server_account
from ijaa.embedded.errors import DataFolderForeignError, DataFolderUnwritableError
from ijaa.embedded.files import read_json, write_json
from ijaa.embedded.place import make_place, refuse_copy, take_over

FORMAT = 1
MARKER = "ijaa.json"
CLUSTERS = ("users", "events")
CACHE = "valkey"
_ROLES = ("superuser", "migrator", "app", "backup", "monitor")
_HARMLESS = {
    "lost+found",  # an empty volume of its own
    "audit",  # the anchors of an installation that had servers of its own until now
}


@dataclass(frozen=True, slots=True)
class DataFolder:
    """A folder that carries our marker."""

    path: Path
    place: Path
    """Where the servers' own files lie: the folder, or a place of its own where their account cannot reach that."""

    @property
    def run(self) -> Path:
        """Locks, and the facts of the servers that run now."""
        return self.path / "run"

    @property
    def logs(self) -> Path:
        """What the servers and their guardian say."""
        return self.path / "logs"

    @property
    def facts(self) -> Path:
        """The file that exists exactly while the servers take connections."""
        return self.run / "servers.json"

    def cluster(self, name: str) -> Path:
        """Return the data directory of a cluster."""
        return self.place / "postgres" / name

    def account(self) -> Account:
        """Return who runs the servers here."""
        return server_account(next((c for c in map(self.cluster, CLUSTERS) if c.exists()), None))

    def secrets(self) -> dict[str, Any]:
        """Return the secrets of this folder."""
        secrets_of: dict[str, Any] = read_json(self.path / "secrets.json")
        return secrets_of


def open_folder(data: Path) -> DataFolder:
    """Open a data folder, or make one of an empty or missing folder.

    Raises:
        DataFolderUnwritableError: this user cannot use it.
        DataFolderForeignError: it holds somebody else's files, or a format this version does not know.

    """
    path = Path(os.path.abspath(data.expanduser()))  # noqa: PTH100 - a symlink stays the name people gave
    try:
        path.mkdir(parents=True, exist_ok=True)
        with _locked(path):
            folder = look(path) or _found(path)
            _complete(folder)
        if not os.access(path, os.R_OK | os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        folder.secrets()
    except OSError as error:
        raise DataFolderUnwritableError(_unwritable(path, error)) from None
    return folder


def look(path: Path) -> DataFolder | None:
    """Return the data folder at `path` if there is one; changes nothing.

    Raises:
        DataFolderUnwritableError: this user cannot even look.
        DataFolderForeignError: it is not ours, or of a format this version does not know.

    """
    try:
        marker = read_json(path / MARKER)
        known = marker["format"] == FORMAT
    except FileNotFoundError:
        return None
    except OSError as error:
        raise DataFolderUnwritableError(_unwritable(path, error)) from None
    except (ValueError, KeyError, TypeError):
        raise DataFolderForeignError(f"{path / MARKER} is not ours: use another data folder.") from None
    if not known:
        raise DataFolderForeignError(
            f"The data folder {path} has format {marker['format']}, this ijaa knows format {FORMAT}: "
            "use the version that made it, or another folder (IJAA_DATA)."
        )
    if not marker["place"]:
        return DataFolder(path, path)
    place = Path(marker["place"])
    refuse_copy(path, place, MARKER)
    return DataFolder(path, place)


def _found(path: Path) -> DataFolder:
    strangers = {entry.name for entry in path.iterdir()} - _HARMLESS
    strangers = {name for name in strangers if not name.startswith(".ijaa-")}  # a founding that was killed
    if strangers:
        raise DataFolderForeignError(
            f"The data folder {path} holds files that are not of ijaa (such as {min(strangers)}): "
            "use an empty or a new folder (IJAA_DATA)."
        )
    if not os.access(path, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
    account = server_account()
    path.chmod(0o711 if account.is_another else 0o700)
    place = path if account.can_enter(path) else make_place(path, MARKER)
    write_json(path / MARKER, {"format": FORMAT, "place": str(place) if place != path else None})
    return DataFolder(path, place)


def _complete(folder: DataFolder) -> None:
    if folder.place != folder.path:
        take_over(folder.path, folder.place)
    for needed, mode in ((folder.run, 0o700), (folder.logs, 0o700), (folder.place / "postgres", 0o711)):
        if not needed.is_dir():
            needed.mkdir()
            needed.chmod(mode)  # said twice because mkdir's mode is cut by the umask
    # Clusters without their secrets are not given new ones: reading the missing file says so below.
    if not (folder.path / "secrets.json").exists() and not any(folder.cluster(c).exists() for c in CLUSTERS):
        write_json(folder.path / "secrets.json", _new_secrets())


def _new_secrets() -> dict[str, Any]:
    passwords = {name: {role: secrets.token_urlsafe(24) for role in _ROLES} for name in CLUSTERS}
    return {
        **passwords,
        CACHE: secrets.token_urlsafe(24),
        "secret_key": secrets.token_urlsafe(32),
        "service_key": secrets.token_urlsafe(32),
    }


def _unwritable(path: Path, error: OSError) -> str:
    try:
        owner = f" (it belongs to {path.owner()})"
    except (OSError, KeyError):
        owner = ""
    return (
        f"The data folder {path} cannot be used by this user{owner}: {error.strerror or error} "
        f"({error.filename}). Run as its owner, or name another folder in IJAA_DATA."
    )


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)  # held for milliseconds by whoever looks or founds
        yield
    finally:
        os.close(handle)
