"""The place of clusters outside of their folder: it belongs to one folder alone."""

import shutil
import subprocess
from pathlib import Path

import pytest

from ijaa.embedded import place as module
from ijaa.embedded.errors import DataFolderForeignError
from ijaa.embedded.files import read_json, write_json
from ijaa.embedded.place import make_place, refuse_copy, take_over

MARKER = "ijaa.json"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return where the places lie."""
    monkeypatch.setattr(module, "ELSEWHERE", tmp_path / "elsewhere")
    return tmp_path / "elsewhere"


def a_folder(path: Path) -> Path:
    """Make a data folder with a place, and return the place."""
    path.mkdir(parents=True)
    place = make_place(path, MARKER)
    write_json(path / MARKER, {"format": 1, "place": str(place)})
    return place


def test_a_copy_is_refused_and_the_original_is_not(tmp_path: Path) -> None:
    # mutant: open whatever the marker names; two systems would write into the same clusters
    place = a_folder(tmp_path / "data")
    shutil.copytree(tmp_path / "data", tmp_path / "copy")
    with pytest.raises(DataFolderForeignError, match="is a copy of"):
        refuse_copy(tmp_path / "copy", place, MARKER)
    refuse_copy(tmp_path / "data", place, MARKER)


def test_a_folder_that_was_moved_or_has_a_second_name_is_no_copy(tmp_path: Path) -> None:
    place = a_folder(tmp_path / "data")
    (tmp_path / "link").symlink_to("data")
    refuse_copy(tmp_path / "link", place, MARKER)
    (tmp_path / "data").rename(tmp_path / "moved")
    refuse_copy(tmp_path / "moved", place, MARKER)
    take_over(tmp_path / "moved", place)
    assert read_json(place / "owner.json") == {"data": str(tmp_path / "moved")}
    shutil.copytree(tmp_path / "moved", tmp_path / "data")  # the old name is the copy now
    with pytest.raises(DataFolderForeignError):
        refuse_copy(tmp_path / "data", place, MARKER)


def test_a_folder_whose_place_is_gone_says_so(tmp_path: Path) -> None:
    place = a_folder(tmp_path / "data")
    shutil.rmtree(place)
    with pytest.raises(DataFolderForeignError, match="are not there"):
        refuse_copy(tmp_path / "data", place, MARKER)


def test_what_a_deleted_folder_left_goes_with_the_next_one_made(tmp_path: Path) -> None:
    # mutants: clear nothing; clear what another folder still names
    kept, abandoned = a_folder(tmp_path / "kept"), a_folder(tmp_path / "deleted")
    shutil.rmtree(tmp_path / "deleted")
    a_folder(tmp_path / "new")
    assert kept.exists()
    assert not abandoned.exists()


@pytest.mark.parametrize("doubt", ["the disk is not mounted", "no owner", "somebody stands in it"])
def test_what_is_doubtful_stays(tmp_path: Path, doubt: str) -> None:
    # mutant: take a folder that cannot be seen just now for one that is gone
    place = a_folder(tmp_path / "disk" / "data")
    shutil.rmtree(tmp_path / "disk" / "data")
    process = None
    if doubt == "the disk is not mounted":
        (tmp_path / "disk").rmdir()
    elif doubt == "no owner":
        (place / "owner.json").unlink()
    else:
        process = subprocess.Popen(["/bin/sleep", "60"], cwd=place)
    try:
        a_folder(tmp_path / "new")
        assert place.exists()
    finally:
        if process is not None:
            process.kill()
            process.wait()
