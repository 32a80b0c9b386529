"""Time zones by name."""

import pytest

from ijaa.shared.zones import is_zone


@pytest.mark.parametrize(
    ("name", "known"),
    [("Asia/Dhaka", True), ("UTC", True), ("Mars/Olympus", False), ("", False), ("../Asia/Dhaka", False),
     ("/etc/passwd", False), ("Asia", False), ("asia/\0", False), ("x" * 64, False)],
)  # fmt: skip
def test_only_iana_zones_are_zones(name: str, known: bool) -> None:  # noqa: FBT001
    # mutant: let FileNotFoundError, IsADirectoryError or ValueError through
    assert is_zone(name) == known
