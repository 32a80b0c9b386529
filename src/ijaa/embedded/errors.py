"""What can stop the embedded servers: types with a stable code and a sentence that says what to do."""

from typing import ClassVar


class EmbeddedError(Exception):
    """The embedded servers cannot be used; the text says what to do and holds no secret."""

    code: ClassVar[str] = "embedded"


class DataFolderUnwritableError(EmbeddedError):
    """The data folder cannot be made, read or written by this user."""

    code = "data-folder-unwritable"


class DataFolderForeignError(EmbeddedError):
    """The data folder holds something that is not ours, or of a format this version does not know."""

    code = "data-folder-foreign"


class BinariesMissingError(EmbeddedError):
    """There is no PostgreSQL or Valkey this machine can run."""

    code = "binaries-missing"


class ClusterVersionError(EmbeddedError):
    """A cluster was made by another major version of PostgreSQL than the one at hand."""

    code = "cluster-version"


class AccountMissingError(EmbeddedError):
    """We are root, PostgreSQL refuses to be, and there is no other account to run it as."""

    code = "account-missing"


class StartFailedError(EmbeddedError):
    """A server did not come up in time; the text names its log."""

    code = "start-failed"


class ServersDifferError(EmbeddedError):
    """The servers of this folder run already, but not all that are asked for."""

    code = "servers-differ"


class InUseError(EmbeddedError):
    """Other processes still use the servers."""

    code = "in-use"


KINDS: dict[str, type[EmbeddedError]] = {kind.code: kind for kind in EmbeddedError.__subclasses__()}
"""Every kind by its code: how the guardian's error reaches the process that waits for it."""
