"""Whom an announcement may be for, and what its text becomes."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ijaa.users.announcements.domain import audience_violations, rendered

ALLOWED = {
    "a", "blockquote", "br", "code", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "s",
    "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip

HOSTILE = (
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<math><mi//xlink:href='data:x,<script>alert(4)</script>'>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<a href='javascript:alert(1)'>x</a>",
    "<style>@import 'javascript:alert(1)'</style>",
    "<form action='javascript:alert(1)'><button>x</button></form>",
    "<!--><img src=x onerror=alert(1)>-->",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'></noscript>",
    "<p style='background:url(javascript:alert(1))' onclick=alert(1)>x</p>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](&#x6A&#x61;vascript:alert(1))",
    "[x](javascript&colon;alert(1))",
    "[x](\x01javascript:alert(1))",
    "[x](vbscript:msgbox(1))",
    "[x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
    "[x](data:image/svg+xml,<svg onload=alert(1)>)",
    "[x](<javascript:alert(1)>)",
    "[x]: javascript:alert(1)\n\n[x]",
    "<javascript:alert(1)>",
    "<data:text/html,x>",
    "![x](javascript:alert(1))",
    "![x](https://tracker.example/who.png)",
    '![x"onerror="alert(1)](x)',
    '[x](https://a.example "onmouseover=alert(1)")',
    "[x](https://a.example' onclick='alert(1) \"t\")",
    "[![x](javascript:alert(1))](javascript:alert(2))",
    "[a](b)[c](javascript:d)" * 20,
    "> > > - <img src=x onerror=alert(1)>",
    "`<script>alert(1)</script>`",
    "```html\n<script>alert(1)</script>\n```",
    '``` "onmouseover=alert(1)\n```',
    "|<img src=x onerror=alert(1)>|\n|-|\n|[x](javascript:alert(1))|",
    "# <a href=javascript:alert(1)>",
    "\\<script\\>alert(1)\\</script\\>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "**<b onmouseover=alert(1)>**",
)


class _Shown(HTMLParser):
    """Collects what a browser would make elements of."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def _harmful(html: str) -> list[object]:
    found: list[object] = []
    for tag, attributes in _Shown(html).tags:
        if tag not in ALLOWED:
            found.append(tag)
        found += [(tag, name) for name in attributes if name not in {"href", "title", "rel", "start"}]
        scheme = re.match(r"\s*([a-z][a-z0-9+.-]*):", attributes.get("href") or "", re.IGNORECASE)
        if scheme and scheme[1].lower() not in {"http", "https", "mailto"}:
            found.append(attributes)
    return found


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_hostile_becomes_an_element(text: str) -> None:
    """Kills: `html: True` together with no sanitiser; another scheme allowed; images let through."""
    assert _harmful(rendered(text)) == []
    assert _harmful(rendered(f"Dear all,\n\n* {text}\n  > {text}\n")) == []


@given(
    st.lists(
        st.sampled_from([*HOSTILE, "<", ">", '"', "'", "[", "](", ")", "`", "\n", "&", "javascript:", "# "]), max_size=8
    )
)
def test_nor_does_any_of_it_together(parts: list[str]) -> None:
    """Kills: what one construct opens closed by another."""
    assert _harmful(rendered("".join(parts))) == []


def test_what_is_meant_well_stays() -> None:
    """Kills: an allow list that is empty; links that tell where the reader came from."""
    html = rendered(
        "# Reunion\n\n**Come** to [us](https://alumni.example/x?a=1&b=2), ~~Friday~~ *Saturday*\n\n1. a\n2. b"
    )
    assert html == (
        "<h1>Reunion</h1>\n"
        '<p><strong>Come</strong> to <a href="https://alumni.example/x?a=1&amp;b=2" rel="noopener noreferrer nofollow">'
        "us</a>, <s>Friday</s> <em>Saturday</em></p>\n"
        "<ol>\n<li>a</li>\n<li>b</li>\n</ol>\n"
    )
    assert "<td>b</td>" in rendered("|a|\n|-|\n|b|")
    assert rendered("1 < 2 <b>x</b>") == "<p>1 &lt; 2 &lt;b&gt;x&lt;/b&gt;</p>\n"


def test_each_kind_of_audience_has_fields_of_its_own() -> None:
    """Kills: any one of the rules left out."""
    nothing = {"batches": None, "batch_from": None, "batch_to": None, "location": None}
    for given_, pointers in (
        ({"kind": "all"}, []),
        ({"kind": "batches", "batches": ["2009"]}, []),
        ({"kind": "batches", "batch_from": "2001"}, []),
        ({"kind": "batches", "batch_from": "2001", "batch_to": "2001"}, []),
        ({"kind": "location", "location": "Dhaka"}, []),
        ({"kind": "all", "batches": ["2009"]}, ["/audience/batches"]),
        ({"kind": "all", "location": "Dhaka"}, ["/audience/location"]),
        ({"kind": "location", "location": "Dhaka", "batch_to": "2001"}, ["/audience/batch_to"]),
        ({"kind": "location"}, ["/audience/location"]),
        ({"kind": "location", "location": "  "}, ["/audience/location"]),
        ({"kind": "batches"}, ["/audience/batches"]),
        ({"kind": "batches", "batches": ["2009"], "batch_from": "2001"}, ["/audience/batches"]),
        ({"kind": "batches", "batch_from": "2002", "batch_to": "2001"}, ["/audience/batch_to"]),
    ):
        assert [one.pointer for one in audience_violations(nothing | given_)] == pointers, given_
