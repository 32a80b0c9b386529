"""Links open one file for a while, and places are read from one URL."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ijaa.shared.clock import FrozenClock
from ijaa.shared.storage_links import STEP, STEPS, SignedLinks
from ijaa.shared.storage_place import Bucket, Folder, place_of

PATH = "/api/v1/files/6f1c"
NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def token_of(link: str) -> str:
    return link.partition("?token=")[2]


def test_a_link_opens_its_own_file_until_it_ends() -> None:
    """Kills: a token good for another path, another key, another audience, or for ever."""
    clock = FrozenClock(NOON + timedelta(minutes=59, seconds=59))
    links = SignedLinks(b"k" * 32, clock)
    token = token_of(links.write(PATH, "members"))
    assert links.read(PATH, token) == ("members", 2 * 3600 + 1)
    assert links.read(PATH + "0", token) is None
    assert SignedLinks(b"x" * 32, clock).read(PATH, token) is None
    assert token_of(links.write(PATH, "public")) != token
    for place in range(len(token)):
        changed = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
        assert links.read(PATH, changed) is None, place
    for forged in ("", "A" * 30, "%00", token + "A", token + "=", "é"):
        assert links.read(PATH, forged) is None
    clock.at = NOON + STEP * STEPS
    assert links.read(PATH, token) is None


def test_links_of_one_hour_are_the_same() -> None:
    """Kills: an end that moves with every second, so that nothing can be cached; links shorter than a cached card."""
    clock = FrozenClock(NOON)
    links = SignedLinks(b"k" * 32, clock)
    first = links.write(PATH, "members")
    clock.at += STEP - timedelta(seconds=1)
    assert links.write(PATH, "members") == first
    clock.at += timedelta(seconds=1)
    assert links.write(PATH, "members") != first
    assert links.read(PATH, token_of(first)) == ("members", 7200)


def test_a_place_is_a_folder_or_a_bucket() -> None:
    assert place_of("file:///srv/ijaa%20files") == Folder(Path("/srv/ijaa files"))
    whole = "s3://AK%2FIA:s%40cret@photos/alumni/one?endpoint=http://127.0.0.1:9000&region=eu-west-1"
    assert place_of(whole) == Bucket("photos", "alumni/one", "http://127.0.0.1:9000", "eu-west-1", "AK/IA", "s@cret")
    assert place_of("s3://photos") == Bucket("photos", "", None, None, None, None)


@pytest.mark.parametrize(
    "url",
    ["", "photos", "file://", "file:///", "file://elsewhere/srv", "https://photos/x", "s3://", "s3:///x",
     "s3://key@photos", "s3://photos?endpoint=ftp://x", "s3://photos?bucket=x", "s3://photos?region=a&region=b",
     "s3://photos:port/x", "s3://photos?endpoint"],
)  # fmt: skip
def test_what_is_no_place_is_refused_without_its_secrets(url: str) -> None:
    """Kills: a slip of an operator found by the first upload."""
    with pytest.raises(ValueError, match=r"^(is|has|must|takes|names)") as refused:
        place_of(url.replace("s3://", "s3://key:hunter2@", 1) if url.startswith("s3://photos") else url)
    assert "hunter2" not in str(refused.value)
