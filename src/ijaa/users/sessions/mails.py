"""Mails about sessions."""

from datetime import datetime

from ijaa.shared.mail import Mail


def reuse_mail(to: str, at: datetime) -> Mail:
    """Return the notice that a session was ended because two parties held its token."""
    return Mail(
        to,
        "A session of yours was ended",
        f"On {at:%Y-%m-%d at %H:%M} UTC somebody used a token of one of your sessions a second time.\n"
        "That happens when a token was copied, so we have ended that session on every device that held it.\n\n"
        "Sign in again. If you did not expect this mail, change your password.\n",
    )
