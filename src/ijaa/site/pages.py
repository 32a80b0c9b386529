"""How a page looks, and the headers it goes with."""

from html import escape

from litestar import MediaType, Response

CSP = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)

STYLE = """
:root { color-scheme: light dark; font: 1rem/1.55 system-ui, sans-serif }
body { max-width: 44rem; margin: 3rem auto; padding: 0 1rem }
h1 { font-size: 1.6rem } a { color: #1a5fb4 } code, pre { background: #8881; padding: .1em .3em; border-radius: 4px }
pre { padding: 1rem; white-space: pre-wrap; overflow-wrap: anywhere } table { border-collapse: collapse; width: 100% }
td, th { text-align: left; padding: .4rem .6rem; border-bottom: 1px solid #8884; vertical-align: top }
button { font: inherit; padding: .5rem 1.2rem; cursor: pointer }
@media (prefers-color-scheme: dark) { a { color: #99c1f1 } }
"""


def page(title: str, body: str, *, script: str | None = None) -> Response[str]:
    """Return one HTML page; `body` is markup, already escaped where it shows what others wrote."""
    scripts = f'<script src="{escape(script)}" defer></script>' if script else ""
    markup = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width"><link rel="stylesheet" href="/site.css">{scripts}</head>'
        f"<body><h1>{escape(title)}</h1>{body}</body></html>"
    )
    return Response(markup, media_type=MediaType.HTML, headers={"Content-Security-Policy": CSP})
