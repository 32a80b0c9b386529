"""Mails about second factors."""

from datetime import datetime

from ijaa.shared.mail import Mail

_UNEXPECTED = "If you did not expect it, tell the other superadmins at once: somebody may act as you.\n"


def factor_enrolled_mail(to: str, *, replaced: bool, at: datetime) -> Mail:
    """Return the notice that an account has a second factor, or another one than before."""
    before = "The one it had before is not good any more" if replaced else "It had none before"
    return Mail(
        to,
        "Your admin account has a new second factor",
        f"On {at:%Y-%m-%d at %H:%M} UTC a second factor was enrolled for your admin account, with new recovery codes.\n"
        f"{before}.\n\n{_UNEXPECTED}",
    )


def factor_reset_mail(to: str, had: datetime | None, at: datetime) -> Mail:
    """Return the notice that a second factor was taken away; `had` is when it was enrolled, None without one."""
    before = f"the one enrolled on {had:%Y-%m-%d at %H:%M} UTC" if had else "though none was enrolled"
    return Mail(
        to,
        "The second factor of your admin account was taken away",
        f"On {at:%Y-%m-%d at %H:%M} UTC the second factor of your admin account was taken away ({before}), and your\n"
        f"sessions were ended. Sign in and enrol a new one.\n\n{_UNEXPECTED}",
    )
