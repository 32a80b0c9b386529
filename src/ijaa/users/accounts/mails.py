"""Mails about accounts; every link in them carries its token."""

from collections.abc import Sequence
from datetime import datetime

from ijaa.shared.mail import Mail


def confirmation_mail(to: str, registrations: Sequence[tuple[str, str]], base_url: str) -> Mail:
    """Return the mail that confirms an address, for one of these registrations: username and token of each."""
    links = (
        f"Somebody, probably you, registered the username {username} with this address.\n\n"
        f"Open this link within 24 hours to confirm it:\n\n{base_url}/verify?token={token}\n\n"
        f"A program sends the token itself to POST /api/v1/auth/verify-email:\n\n{token}\n\n"
        for username, token in registrations
    )
    choose = "Confirm the username you chose and no other: whoever registered it knows its password.\n\n"
    return Mail(
        to,
        "Confirm your e-mail address",
        f"{''.join(links)}{choose if len(registrations) > 1 else ''}"
        "If it was not you, do nothing: without a confirmation the registration expires.\n",
    )


def known_address_mail(to: str, username: str) -> Mail:
    """Return the answer to a registration with an address that has an account."""
    return Mail(
        to,
        "You already have an account",
        f"Somebody, probably you, tried to register with this address, which has an account: {username}.\n\n"
        "Sign in with it. If it was not you, do nothing: nothing was changed.\n",
    )


def reset_mail(to: str, username: str, token: str, base_url: str) -> Mail:
    """Return the mail that lets somebody choose a new password."""
    return Mail(
        to,
        "Choose a new password",
        f"Somebody, probably you, asked for a new password of the account {username}.\n\n"
        f"Open this link within an hour to choose it:\n\n{base_url}/reset-password?token={token}\n\n"
        f"A program sends the token itself to POST /api/v1/auth/password-reset/confirm:\n\n{token}\n\n"
        "If it was not you, do nothing: your password stays. A later mail like this makes this one worthless.\n",
    )


def password_changed_mail(to: str, at: datetime) -> Mail:
    """Return the notice that an account has a new password."""
    return Mail(
        to,
        "Your password was changed",
        f"On {at:%Y-%m-%d at %H:%M} UTC your password was changed, and your other sessions were ended.\n\n"
        "If it was not you, ask for a new password at once and tell whoever looks after this site.\n",
    )


def allow_address_mail(to: str, username: str, new_email: str, token: str, base_url: str) -> Mail:
    """Return the mail that asks the address an account has whether it may move."""
    return Mail(
        to,
        "Allow your account to move to another address",
        f"Somebody, probably you, wants the account {username} to have the address {new_email}.\n\n"
        f"{_confirm_address(token, base_url)}"
        "If it was not you, do nothing: your address stays. But somebody knows your password: change it.\n",
    )


def own_address_mail(to: str, username: str, token: str, base_url: str) -> Mail:
    """Return the mail that asks a new address whether the account is its owner's."""
    return Mail(
        to,
        "Confirm your new e-mail address",
        f"Somebody, probably you, wants the account {username} to have this address.\n\n"
        f"{_confirm_address(token, base_url)}"
        "If it was not you, do nothing: without a confirmation nothing happens.\n",
    )


def wanted_address_mail(to: str, username: str) -> Mail:
    """Return the notice to an address that has an account and that another account wants."""
    return Mail(
        to,
        "Somebody wanted to use your address",
        f"Somebody tried to give another account this address, which has an account: {username}.\n\n"
        "If it was you, sign in with that account. If not, do nothing: nothing was changed.\n",
    )


def address_changed_mail(to: str, username: str, new_email: str, at: datetime) -> Mail:
    """Return the notice to the address an account had."""
    return Mail(
        to,
        "Your account has another address now",
        f"On {at:%Y-%m-%d at %H:%M} UTC the account {username} moved from this address to {new_email}, confirmed from "
        "both, and its other sessions were ended.\n\n"
        "If it was not you, tell whoever looks after this site at once.\n",
    )


def _confirm_address(token: str, base_url: str) -> str:
    return (
        "It happens once both addresses confirm it. Open this link within 24 hours to confirm it from this one:\n\n"
        f"{base_url}/confirm-email?token={token}\n\n"
        f"A program sends the token itself to POST /api/v1/me/email/confirm:\n\n{token}\n\n"
    )
