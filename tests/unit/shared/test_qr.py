"""What a camera sees is the code, in either picture."""

import re
from io import BytesIO

import pytest
import segno
from PIL import Image

from ijaa.shared import qr

BORDER, SCALE = 4, 8
CODES = ["A", "ABCDEFGHIJKLMNOPQRSTUVWXYZ23", "Z7" * 24]


def _expected(text: str) -> list[list[bool]]:
    return [[bool(module) for module in row] for row in segno.make_qr(text, error="m").matrix]


@pytest.mark.parametrize("code", CODES)
def test_the_png_shows_the_code(code: str) -> None:
    # mutants: another text, a border too narrow to be found, colours the wrong way round
    picture = Image.open(BytesIO(qr.png(code))).convert("L")
    expected = _expected(code)
    size = len(expected) + 2 * BORDER
    assert picture.size == (size * SCALE, size * SCALE)
    seen = [[picture.getpixel((x * SCALE + 4, y * SCALE + 4)) == 0 for x in range(size)] for y in range(size)]
    assert [row[BORDER:-BORDER] for row in seen[BORDER:-BORDER]] == expected
    assert sum(map(sum, seen)) == sum(map(sum, expected))


@pytest.mark.parametrize("code", CODES)
def test_the_svg_shows_the_code_on_white_and_nothing_else(code: str) -> None:
    # mutants: another text; no ground under it, so that it is black on black somewhere
    drawn = qr.svg(code).decode()
    expected = _expected(code)
    size = (len(expected) + 2 * BORDER) * SCALE
    assert f'width="{size}" height="{size}"' in drawn
    assert re.findall(r"<([a-z]+)", drawn) == ["svg", "g", "path", "path"]
    ground, dark = re.findall(r"<path [^>]*>", drawn)
    assert 'fill="#fff"' in ground
    path = re.search(r' d="([^"]*)"', dark)
    assert path
    assert _modules(path[1]) == {
        (x + BORDER, y + BORDER) for y, row in enumerate(expected) for x, module in enumerate(row) if module
    }


def _modules(path: str) -> set[tuple[int, int]]:
    """Return the squares a path of horizontal strokes of width 1 covers."""
    x, y, found = 0.0, 0.0, set()
    for command, one, other in re.findall(r"([Mmh])(-?[\d.]+)(?: ?(-?[\d.]+))?", path):
        if command == "M":
            x, y = float(one), float(other)
        elif command == "m":
            x, y = x + float(one), y + float(other)
        else:
            found |= {(round(x) + step, int(y)) for step in range(int(one))}
            x += float(one)
    return found
