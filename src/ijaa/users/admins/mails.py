"""Mails about what an admin may do."""

from datetime import datetime

from ijaa.shared.mail import Mail
from ijaa.shared.principals import AdminRole


def role_changed_mail(to: str, was: AdminRole, role: AdminRole, at: datetime) -> Mail:
    """Return the notice of another role."""
    return Mail(
        to,
        "Your role was changed",
        f"On {at:%Y-%m-%d at %H:%M} UTC a superadmin changed the role of your admin account from {was} to {role}, and\n"
        "your sessions were ended: sign in again.\n\nIf you did not expect it, ask the other superadmins at once.\n",
    )
