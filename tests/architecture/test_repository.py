"""What the repository promises about its own files."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from ijaa.commands.reference import PAGES

ROOT = Path(__file__).parents[2]
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
RECORDS = sorted((ROOT / "docs" / "adr").glob("[0-9]*.md"))
MADE = {".git", ".venv", "var", "site", "dist", "__pycache__", ".hypothesis"}


def tracked() -> list[Path]:
    """Return the files that are or would be committed; all of them where there is no git."""
    git = shutil.which("git")
    if git and (ROOT / ".git").exists():
        listed = subprocess.run(  # noqa: S603 -- git, with arguments of ours
            [git, "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
            timeout=30,
        ).stdout
        found = [ROOT / name for name in listed.split("\0") if name]
    else:
        found = [path for path in ROOT.rglob("*") if not MADE & set(path.relative_to(ROOT).parts)]
    return [path for path in found if path.is_file()]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_every_pin_has_a_hash_and_no_lock_names_an_index(lock: Path) -> None:
    text = lock.read_text()
    pins = re.split(r"^(?=\S)", text.replace("\\\n", " "), flags=re.MULTILINE)[1:]

    assert pins
    assert [pin for pin in pins if not re.match(r"[a-z0-9-]+==\S+ .*--hash=sha256:[0-9a-f]{64}", pin)] == []
    assert "://" not in text
    assert not re.search(r"^\s*(-i|-f|--(extra-)?index-url|--find-links)\b", text, re.MULTILINE)


def test_the_locks_agree_on_versions() -> None:
    chosen: dict[str, dict[str, set[str]]] = {}
    for lock in LOCKS:
        for name, version in re.findall(r"^([a-z0-9-]+)==(\S+)", lock.read_text(), re.MULTILINE):
            chosen.setdefault(name, {}).setdefault(lock.name, set()).add(version)

    disagreeing = {
        name: versions
        for name, versions in chosen.items()
        if len({frozenset(found) for found in versions.values()}) > 1
    }
    assert disagreeing == {}


def test_the_index_lists_every_decision_once_and_in_order() -> None:
    index = (ROOT / "docs" / "adr" / "index.md").read_text()

    assert re.findall(r"\]\((\d{4}-[a-z0-9-]+\.md)\)", index) == [record.name for record in RECORDS]
    assert [int(record.name[:4]) for record in RECORDS] == list(range(1, len(RECORDS) + 1))


@pytest.mark.parametrize("record", RECORDS, ids=lambda path: path.stem)
def test_a_decision_says_why_and_at_what_price(record: Path) -> None:
    text = record.read_text()

    assert text.startswith(f"# {int(record.name[:4])}. ")
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == ["Status", "Context", "Decision", "Consequences"]
    assert (
        f"[{text.splitlines()[0].removeprefix('# ').split('. ', 1)[1]}]"
        in (ROOT / "docs" / "adr" / "index.md").read_text()
    )


@pytest.mark.parametrize("name", PAGES)
def test_a_reference_page_says_what_the_code_says(name: str) -> None:
    # kills: adding a setting, a route or a policy without `ijaa config reference docs`
    assert (ROOT / "docs" / name).read_text(encoding="utf-8") == PAGES[name]()


def test_no_file_names_a_machine_or_a_package_index() -> None:
    homes = "|".join(("root", "work", r"home/\w+", r"Users/\w+", "opt/" + "pypi", "opt/" + "wheels"))
    foreign = re.compile(rf"(?<![\w.~-])/({homes})/|py" + r"pi\.org/simple|python" + "hosted")

    found = {}
    for path in tracked():
        try:
            text = path.read_text()
        except UnicodeDecodeError:
            continue  # a picture or a font names nothing
        if match := foreign.search(text):
            found[str(path.relative_to(ROOT))] = match.group()
    assert found == {}
