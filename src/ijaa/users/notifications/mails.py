"""Mails of notifications, as text and as HTML; whatever people wrote is escaped."""

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from ijaa.shared import qr
from ijaa.shared.mail import Mail
from ijaa.users.notifications.domain import Said

_PICTURE = "code"
"""Content-ID of the picture in a mail (RFC 2392)."""


def notification_mail(to: str, username: str, said: Said, base_url: str, token: str, code: str | None = None) -> Mail:
    """Return a notification as a mail; `token` ends mails of its kind, by a page or at once.

    `code` is of a ticket: it is in the mail as text, and as a QR code beside the HTML.
    """
    given = {
        "said": said,
        "code": code,
        "picture": f"cid:{_PICTURE}",
        "username": username,
        "url": f"{base_url}/api/v1{said.path}",
        "unsubscribe": f"{base_url}/unsubscribe?token={token}",
    }
    environment = _environment()
    return Mail(
        to,
        " ".join(said.title.split()),  # a header holds no line break
        environment.get_template("notification.txt").render(given),
        html=environment.get_template("notification.html").render(given),
        unsubscribe=f"{base_url}/api/v1/notifications/unsubscribe/{token}",
        pictures={_PICTURE: qr.png(code)} if code else {},
    )


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("ijaa.users.notifications"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
    )
