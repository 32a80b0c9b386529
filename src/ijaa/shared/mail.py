"""Mail: what is sent, and the two ways it leaves."""

import asyncio
from collections.abc import Mapping
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid, parseaddr
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit
from uuid import uuid4

import aiosmtplib
import msgspec

from ijaa.shared.clock import Clock

_WAIT = 10.0
"""Seconds a mail server has for one mail."""


class Mail(msgspec.Struct, frozen=True):
    """One mail to one person."""

    to: str
    subject: str
    text: str
    html: str | None = None
    """The same once more."""
    pictures: dict[str, bytes] = {}
    """PNG images the HTML shows, by their Content-IDs (RFC 2392)."""
    unsubscribe: str | None = None
    """Address that ends mails of its kind when it is posted to (RFC 8058), and asks whoever opens it."""


class MailError(Exception):
    """A mail that could not be handed over; it stays queued."""


class MailTransport(Protocol):
    """Hands a mail over."""

    async def send(self, message: EmailMessage) -> None:
        """Hand over one mail; raise `MailError` when nobody has taken it."""
        ...


class SmtpTransport:
    """Hands mail to an SMTP server (`smtp://`, or `smtps://` for TLS from the first byte)."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._host, self._port = (
            parts.hostname or "localhost",
            parts.port or (465 if parts.scheme == "smtps" else 25),
        )
        self._tls = parts.scheme == "smtps"
        self._username = unquote(parts.username) if parts.username else None
        self._password = unquote(parts.password) if parts.password else None

    async def send(self, message: EmailMessage) -> None:
        """Hand over one mail over its own connection."""
        try:
            await aiosmtplib.send(
                message,
                hostname=self._host,
                port=self._port,
                username=self._username,
                password=self._password,
                use_tls=self._tls,
                timeout=_WAIT,
            )
        except (aiosmtplib.SMTPException, OSError) as error:
            raise MailError(f"{self._host}:{self._port}: {type(error).__name__}") from error


class FolderTransport:
    """Writes each mail as one .eml file, complete or not at all."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def send(self, message: EmailMessage) -> None:
        """Write one mail."""
        try:
            await asyncio.to_thread(self._write, message.as_bytes())
        except OSError as error:
            raise MailError(f"{self._folder}: {error.strerror}") from error

    def _write(self, content: bytes) -> None:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        name = uuid4().hex
        part = self._folder / f".{name}.part"
        part.touch(mode=0o600)
        part.write_bytes(content)
        part.rename(self._folder / f"{name}.eml")


def transport_for(url: str) -> MailTransport:
    """Return the transport a mail URL names."""
    if url.startswith("file://"):
        return FolderTransport(Path(unquote(urlsplit(url).path)))
    return SmtpTransport(url)


def compose(mail: Mail, sender: str, identity: str, clock: Clock) -> EmailMessage:
    """Return a mail as RFC 5322 has it; the same `identity` always gives the same Message-ID."""
    name, address = parseaddr(sender)
    domain = address.rpartition("@")[2] or "localhost"
    message = EmailMessage()
    message["From"] = Address(name, addr_spec=address)
    message["To"] = Address(addr_spec=mail.to)
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(clock.now())
    message["Message-ID"] = f"<{identity}@{domain}>" if identity else make_msgid(domain=domain)
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834
    # quoted-printable would break links over lines; it is left for texts that need it
    message.set_content(mail.text, cte="7bit" if mail.text.isascii() else "quoted-printable")
    if mail.html is not None:
        message.add_alternative(mail.html, subtype="html")
        _show(message, mail.pictures)
    if mail.unsubscribe is not None:
        message["List-Unsubscribe"] = f"<{mail.unsubscribe}>"  # RFC 2369 §3.2
        if mail.unsubscribe.startswith("https:"):
            message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"  # RFC 8058 §3.1
    return message


def _show(message: EmailMessage, pictures: Mapping[str, bytes]) -> None:
    page = message.get_body(("html",))
    assert page is not None  # noqa: S101 - it was just added
    for name, content in pictures.items():
        page.add_related(content, "image", "png", cid=f"<{name}>", disposition="inline")
