"""Who the servers run as: ourselves, or, under root, somebody unprivileged."""

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from ijaa.embedded.errors import AccountMissingError

PREFERRED = ("postgres", "nobody")
_CHECK_SECONDS = 5


class PopenIdentity(TypedDict, total=False):
    """The arguments of `subprocess.Popen` that change the user of the child."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True, slots=True)
class Account:
    """A user of this machine with a passwd entry (initdb and libpq both look themselves up)."""

    name: str
    uid: int
    gid: int

    @property
    def is_another(self) -> bool:
        """Whether a child has to change its user to be this account."""
        return self.uid != os.geteuid()

    def identity(self) -> PopenIdentity:
        """Return what `Popen` needs to start a child as this account."""
        if not self.is_another:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def can_run(self, binary: Path) -> bool:
        """Tell whether this account can start `binary`, found out by doing it."""
        try:
            done = subprocess.run(  # noqa: S603 - one of the binaries we ship or were told to use
                [binary, "--version"],
                cwd="/",
                capture_output=True,
                check=False,
                timeout=_CHECK_SECONDS,
                **self.identity(),
            )
        except (OSError, subprocess.TimeoutExpired):
            return False
        return done.returncode == 0

    def can_enter(self, folder: Path) -> bool:
        """Tell whether this account can reach `folder` through all of its parents."""
        if not self.is_another:
            return True
        done = subprocess.run(  # noqa: S603 - a fixed command, the folder is an argument of its own
            ["/bin/sh", "-c", 'test -x "$0"', folder],
            cwd="/",
            check=False,
            timeout=_CHECK_SECONDS,
            **self.identity(),
        )
        return done.returncode == 0

    def own(self, path: Path) -> None:
        """Give `path` to this account."""
        if self.is_another:
            os.chown(path, self.uid, self.gid)


def server_account(existing: Path | None = None) -> Account:
    """Choose who runs the servers; a cluster that exists keeps its owner.

    Raises:
        AccountMissingError: under root, when there is nobody else.

    """
    if os.geteuid() != 0:
        return _account_of(os.geteuid())
    if existing is not None and existing.exists() and (owner := existing.stat().st_uid) != 0:
        return _account_of(owner)
    for name in PREFERRED:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue  # the next of the preferred
        return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)
    raise AccountMissingError(
        "PostgreSQL refuses to run as root and this machine has neither a user `postgres` nor `nobody`: "
        "add one with `useradd --system postgres`, or run ijaa as an ordinary user."
    )


def _account_of(uid: int) -> Account:
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        raise AccountMissingError(
            f"The user with the number {uid} has no entry in /etc/passwd, which PostgreSQL insists on: "
            "add one (in a container: `useradd --uid`), or run ijaa as another user."
        ) from None
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)
