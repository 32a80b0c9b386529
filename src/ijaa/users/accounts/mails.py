"""Mails about accounts; every link in them carries its token."""

from ijaa.shared.mail import Mail


def confirmation_mail(to: str, username: str, token: str, base_url: str) -> Mail:
    """Return the mail that confirms an address."""
    return Mail(
        to,
        "Confirm your e-mail address",
        f"Somebody, probably you, registered the username {username} with this address.\n\n"
        f"Open this link within 24 hours to confirm it:\n\n{base_url}/verify?token={token}\n\n"
        f"A program sends the token itself to POST /api/v1/auth/verify-email:\n\n{token}\n\n"
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
