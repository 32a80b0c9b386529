"""What the embedded servers refuse, quickly and in words that say what to do."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ijaa.embedded import EmbeddedError, attach
from ijaa.embedded.errors import (
    BinariesMissingError,
    ClusterVersionError,
    DataFolderForeignError,
    DataFolderUnwritableError,
)
from ijaa.embedded.folder import open_folder
from ijaa.shared.audit_anchors import file_of

SOURCE = Path(__file__).parents[3] / "src"
Find = Callable[[Path], dict[int, str]]


@contextmanager
def refused(kind: type[EmbeddedError], *words: str) -> Iterator[None]:
    """Expect a refusal of this kind that says these words, within 5 s."""
    begun = time.monotonic()
    with pytest.raises(kind) as caught:
        yield
    assert time.monotonic() - begun < 5
    assert caught.value.code == kind.code
    for word in words:
        assert word in str(caught.value)


def enter(data: Path, postgres_bin: Path | None = None) -> None:
    with attach(data, postgres_bin=postgres_bin):
        raise AssertionError("it must not come this far")


def test_a_folder_with_files_of_somebody_else_is_refused_and_left_alone(data: Path) -> None:
    # Kills: leaving out the look for strangers; writing before looking.
    (data / "thesis.tex").write_text("mine")
    with refused(DataFolderForeignError, str(data), "thesis.tex", "IJAA_DATA"):
        enter(data)
    assert [path.name for path in data.iterdir()] == ["thesis.tex"]


def test_a_folder_that_holds_our_anchors_alone_is_taken(data: Path) -> None:
    # Kills: refusing what an installation leaves whose servers were all named by URLs until now.
    file = file_of(data, "users")
    file.parent.mkdir()
    file.touch()
    assert open_folder(data).path == data
    assert file.exists()


def test_a_folder_of_a_later_format_is_refused(data: Path) -> None:
    # Kills: reading the marker without its format.
    (data / "ijaa.json").write_text(json.dumps({"format": 99, "place": None}))
    with refused(DataFolderForeignError, "99"):
        enter(data)


@pytest.mark.parametrize("text", ["", "[]", "{}", "not json"])
def test_a_marker_that_is_not_ours_is_refused(data: Path, text: str) -> None:
    # Kills: letting KeyError, TypeError or ValueError through.
    (data / "ijaa.json").write_text(text)
    with refused(DataFolderForeignError, "ijaa.json"):
        enter(data)


def test_a_folder_that_cannot_be_made_is_refused(data: Path) -> None:
    # Kills: letting OSError through. Below a file nobody can make a folder, not even root.
    (data / "file").write_text("")
    with refused(DataFolderUnwritableError, str(data / "file"), "IJAA_DATA"):
        enter(data / "file" / "below")


def test_a_folder_of_another_user_is_refused(data: Path) -> None:
    # Kills: finding out only when a server fails. Root may write everywhere, so it asks as somebody else.
    open_folder(data)
    data.chmod(0o555)
    script = f"from pathlib import Path; from ijaa.embedded.folder import open_folder; open_folder(Path({str(data)!r}))"
    code = (
        "import os\nif os.geteuid() == 0:\n    from ijaa.embedded import folder\n    os.setgroups([])\n"
        f"    os.setgid(65534); os.setuid(65534)\n{script}"
    )
    done = subprocess.run(  # noqa: S603 - this very Python
        [sys.executable, "-c", code],
        env={"PATH": os.defpath, "PYTHONPATH": str(SOURCE)},
        capture_output=True,
        text=True,
        check=False,
    )
    data.chmod(0o755)
    assert "DataFolderUnwritableError" in done.stderr
    assert data.owner() in done.stderr


def test_clusters_without_their_secrets_are_refused(data: Path) -> None:
    # Kills: making new secrets that no cluster knows.
    folder = open_folder(data)
    folder.cluster("users").mkdir()
    (data / "secrets.json").unlink()
    with refused(DataFolderUnwritableError, "secrets.json"):
        enter(data)
    assert not (data / "secrets.json").exists()


def test_a_cluster_of_another_major_version_is_refused(data: Path, processes_of: Find) -> None:
    # Kills: leaving out check_clusters, after which the log alone would say it, two minutes later.
    cluster = open_folder(data).cluster("events")
    cluster.mkdir()
    (cluster / "PG_VERSION").write_text("12\n")
    with refused(ClusterVersionError, "events", "PostgreSQL 12", "IJAA_POSTGRES_BIN", "pg_dump"):
        enter(data)
    assert not processes_of(data)


def test_a_folder_without_postgres_is_refused(data: Path) -> None:
    # Kills: letting FileNotFoundError of exec through.
    with refused(BinariesMissingError, "IJAA_POSTGRES_BIN", "/nonexistent"):
        enter(data, Path("/nonexistent"))


@pytest.mark.parametrize(("says", "words"), [("echo 'postgres (PostgreSQL) 14.1'", "14.1"), ("exit 1", "not start")])
def test_a_postgres_too_old_or_broken_is_refused(data: Path, says: str, words: str) -> None:
    # Kills: leaving out the comparison with the oldest we support; trusting that what is there runs.
    binaries = data / "bin"
    binaries.mkdir()
    for name in ("postgres", "initdb"):
        (binaries / name).write_text(f"#!/bin/sh\n{says}\n")
        (binaries / name).chmod(0o755)
    with refused(BinariesMissingError, words):
        enter(data / "data", binaries)
    shutil.rmtree(binaries)
