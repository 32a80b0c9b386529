"""The mail about an archive that goes out whatever its member wants to be told."""

from datetime import UTC, datetime

from ijaa.shared.mail import Mail


def requested_mail(to: str, username: str, at: datetime) -> Mail:
    """Return the notice that everything kept about a member was asked for."""
    return Mail(
        to,
        "Your data was asked for",
        f"On {at.astimezone(UTC):%Y-%m-%d at %H:%M} UTC somebody who was signed in as {username} asked for an archive "
        "of everything we keep about you. It is made now; who is signed in to your account can fetch it once.\n\n"
        "If it was not you, change your password at once: somebody knows it. And tell whoever looks after this site.\n",
    )
