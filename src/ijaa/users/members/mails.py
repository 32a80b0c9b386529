"""Mails about measures taken."""

from datetime import UTC, datetime

from ijaa.shared.mail import Mail


def suspended_mail(to: str, username: str, reason: str, until: datetime | None) -> Mail:
    """Return the notice of a suspension."""
    end = f"It ends on {_said(until)}." if until else "It lasts until we lift it."
    return Mail(
        to,
        "Your account is suspended",
        f"Your account {username} was suspended: you are signed out everywhere, and others do not see you.\n{end}\n\n"
        f"The reason given:\n\n{reason}\n\nAnswer to the people who look after the association if you object.\n",
    )


def reinstated_mail(to: str, username: str) -> Mail:
    """Return the notice that an account is as it was."""
    return Mail(
        to,
        "Your account is yours again",
        f"Your account {username} was reinstated: sign in as before.\n",
    )


def leaving_mail(to: str, username: str, erase_after: datetime) -> Mail:
    """Return the notice that an account is going to be erased."""
    return Mail(
        to,
        "Your account is going to be erased",
        f"Your account {username} was deleted by the people who look after the association: you are signed out\n"
        f"everywhere, and others do not see you. Until {_said(erase_after)} they can bring it back; after that\n"
        "everything of it is erased for good.\n",
    )


def erased_mail(to: str, username: str) -> Mail:
    """Return the last mail of an account."""
    return Mail(
        to,
        "Your account was erased",
        f"Your account {username} and everything we kept about it was erased. Its name is never given again.\n",
    )


def _said(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d at %H:%M} UTC"
