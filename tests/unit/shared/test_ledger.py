"""A file that is only ever appended to, whoever is killed and however many write it."""

import asyncio
import multiprocessing
from pathlib import Path

import msgspec
import pytest

from ijaa.shared.ledger import Ledger


class Line(msgspec.Struct, frozen=True):
    """A line."""

    name: str
    number: int = 0


def a_ledger(path: Path) -> Ledger[Line]:
    """Return a ledger of names."""
    return Ledger(path / "deeper" / "names.jsonl", Line, lambda one: one.name)


def write(path: Path, first: int) -> None:
    """Write a hundred lines, one by one, half of them another writer's, too."""
    for number in range(first, first + 100):
        a_ledger(path).add([Line(f"name-{number}", number)])


def test_what_is_there_is_not_written_again(tmp_path: Path) -> None:
    """Kills: a line per run of the job; a duplicate within one run; a file anybody may read."""
    ledger = a_ledger(tmp_path)
    assert ledger.read() == []
    assert ledger.add([Line("asha"), Line("ben"), Line("asha")]) == 2
    assert ledger.add([Line("ben", 7), Line("chen")]) == 1
    assert ledger.read() == [Line("asha"), Line("ben"), Line("chen")]
    assert (ledger.path.stat().st_mode & 0o777, ledger.path.parent.stat().st_mode & 0o777) == (0o600, 0o700)


@pytest.mark.parametrize("kept", range(1, 27))
def test_half_a_line_is_written_whole_by_the_next(tmp_path: Path, kept: int) -> None:
    """Kills: a writer that was killed and spoils the line after, or whose line is lost for ever."""
    ledger = a_ledger(tmp_path)
    ledger.add([Line("asha"), Line("ben")])
    whole = ledger.path.read_bytes()
    ledger.path.write_bytes(whole[: whole.index(b"\n") + kept])
    assert ledger.read() == [Line("asha")]
    assert ledger.add([Line("asha"), Line("ben")]) == 1
    assert ledger.path.read_bytes() == whole


def test_several_processes_write_each_line_once(tmp_path: Path) -> None:
    """Kills: two that read before either writes; a line torn in two by another."""
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=write, args=(tmp_path, first)) for first in (0, 50, 100)]
    for one in processes:
        one.start()
    for one in processes:
        one.join(60)
        assert one.exitcode == 0
    assert sorted(line.number for line in a_ledger(tmp_path).read()) == list(range(200))


def test_a_file_that_is_no_ledger_is_refused(tmp_path: Path) -> None:
    """Kills: somebody else's lines skipped, and who stands in them not erased."""
    ledger = a_ledger(tmp_path)
    ledger.add([Line("asha")])
    with ledger.path.open("ab") as stream:
        stream.write(b'{"name": 7}\n')
    with pytest.raises(ValueError, match=r"line 2 of .*names\.jsonl"):
        ledger.read()
    with pytest.raises(ValueError, match="line 2"):
        ledger.add([Line("ben")])
    assert ledger.path.read_bytes().endswith(b'{"name": 7}\n')


async def test_threads_of_one_process_do_not_meet_either(tmp_path: Path) -> None:
    """Kills: a lock of the process instead of the file's."""
    names = [Line(f"name-{number}") for number in range(50)]
    added = await asyncio.gather(*(asyncio.to_thread(a_ledger(tmp_path).add, names) for _ in range(8)))
    assert (sum(added), len(a_ledger(tmp_path).read())) == (50, 50)
