"""Mails about a leave its member asked for."""

from datetime import UTC, datetime

from ijaa.shared.mail import Mail


def farewell_mail(to: str, username: str, erase_after: datetime, token: str, base_url: str) -> Mail:
    """Return the mail that says when an account is erased, and how to come back until then."""
    return Mail(
        to,
        "You are leaving: until when you can come back",
        f"You asked for your account {username} to be erased: you are signed out everywhere, and others do not see "
        f"you.\n\nIt is erased for good on {erase_after.astimezone(UTC):%Y-%m-%d at %H:%M} UTC. Until then you can "
        f"come back, and everything is as it was: open this link.\n\n{base_url}/return?token={token}\n\n"
        f"A program sends the token itself to POST /api/v1/auth/return:\n\n{token}\n\n"
        "If it was not you, come back and change your password: somebody knows it.\n",
    )


def returned_mail(to: str, username: str) -> Mail:
    """Return the notice that an account is as it was."""
    return Mail(
        to,
        "You are back",
        f"Your account {username} stays, with everything in it: sign in as before.\n\n"
        "If it was not you, ask for a new password at once and tell whoever looks after this site.\n",
    )
