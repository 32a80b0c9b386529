"""The demo's mailbox: what the system sent, with links that can be clicked."""

import asyncio
import re
from collections.abc import Sequence
from email import message_from_bytes, policy
from email.message import EmailMessage
from html import escape
from pathlib import Path
from typing import Annotated
from urllib.parse import unquote, urlsplit

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import PathParameter, QueryParameter

from ijaa.settings import Settings
from ijaa.shared.errors import NotFound
from ijaa.site.pages import page

_SHOWN = 100
_LINK = re.compile(r"https?://[^\s<>\"]+")


def mailbox_routes(settings: Settings) -> Sequence[HTTPRouteHandler]:
    """Return the routes of the mailbox, or none when mail does not go to a folder."""
    if not settings.mail_url.startswith("file://"):
        return ()
    folder = Path(unquote(urlsplit(settings.mail_url).path))

    @get("/demo/mail", operation_id="listDemoMail")
    async def mails(to: Annotated[str | None, QueryParameter(max_length=254)] = None) -> Response[str]:
        rows = await asyncio.to_thread(_newest, folder, to)
        if not rows:
            return page("Mailbox", "<p>No mail yet: register somebody at <a href='/schema'>the API</a>.</p>")
        return page("Mailbox", f"<table><tr><th>To<th>Subject<th>Sent</tr>{''.join(rows)}</table>")

    @get("/demo/mail/{name:str}", operation_id="getDemoMail")
    async def mail(name: Annotated[str, PathParameter(pattern=r"^[0-9a-f]{32}$")]) -> Response[str]:
        try:
            message = await asyncio.to_thread(_read, folder / f"{name}.eml")
        except FileNotFoundError:
            raise NotFound from None
        text = escape(_text(message))
        linked = _LINK.sub(lambda m: f'<a href="{m[0]}">{m[0]}</a>', text)
        return page(str(message["Subject"]), f"<p>To {escape(str(message['To']))}</p><pre>{linked}</pre>")

    return mails, mail


def _newest(folder: Path, to: str | None) -> list[str]:
    files = sorted(folder.glob("*.eml"), key=lambda path: path.stat().st_mtime_ns, reverse=True)
    messages = ((path.stem, _read(path)) for path in files)
    wanted = [(name, m) for name, m in messages if to is None or str(m["To"]).lower() == to.lower()]
    return [
        f'<tr><td>{escape(str(m["To"]))}<td><a href="/demo/mail/{name}">{escape(str(m["Subject"]))}</a>'
        f"<td>{escape(str(m['Date']))}</tr>"
        for name, m in wanted[:_SHOWN]
    ]


def _read(path: Path) -> EmailMessage:
    message = message_from_bytes(path.read_bytes(), policy=policy.default)
    assert isinstance(message, EmailMessage)  # noqa: S101 - policy.default makes no other
    return message


def _text(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    return str(body.get_content()) if body else ""
