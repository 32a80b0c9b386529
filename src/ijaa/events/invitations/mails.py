"""The mail that invites somebody who is no member."""

from datetime import datetime
from zoneinfo import ZoneInfo

from ijaa.events.invitations.repository import Asking
from ijaa.shared.mail import Mail


def invitation_mail(
    to: str, event: Asking, *, inviter: str, message: str | None, expires_at: datetime, token: str, opt_out: str,
    base_url: str,
) -> Mail:  # fmt: skip
    """Return the invitation: what, when, where if that may be told, from whom, and how to take it or to be left alone.

    It is text alone: what somebody wrote cannot become markup.
    """
    zone = ZoneInfo(event.timezone)
    start, until = event.start_date.astimezone(zone), expires_at.astimezone(zone)
    where = f"Where: {_line(event.location)}\n" if event.location else ""
    said = f"\n{_line(inviter)} writes:\n\n{_quoted(message)}\n" if message else ""
    return Mail(
        to,
        f"{_line(inviter)} invites you: {_line(event.title)}",
        f"{_line(inviter)} invites you to an event of the alumni.\n\n"
        f"What: {_line(event.title)}\n"
        f"When: {start:%A, %d %B %Y, %H:%M} ({event.timezone})\n"
        f"{where}{said}\n"
        f"Open this link until {until:%d %B %Y, %H:%M} ({event.timezone}) to see how to take the invitation:\n\n"
        f"{base_url}/invitation?token={token}\n\n"
        "It is for an account with exactly this address, confirmed, and it is good once. A program of yours sends the"
        f" token itself to POST /api/v1/invitations/redeem:\n\n{token}\n\n"
        "You do not want invitations at this address? One click, and nobody can send you any:\n\n"
        f"{base_url}/no-invitations?token={opt_out}\n",
    )


def _line(text: str) -> str:
    return " ".join(text.split())  # a header, or a line of ours, holds no line break of somebody's


def _quoted(message: str) -> str:
    return "\n".join(f"> {line}" for line in message.splitlines())
