"""Mails about claims."""

from ijaa.shared.mail import Mail


def accepted_mail(to: str, username: str) -> Mail:
    """Return the notice that a claim was accepted."""
    return Mail(
        to,
        "We found you in our records",
        f"The record you claimed belongs to your account {username} now. What your profile left blank was filled from\n"
        "it, with the audience you chose for each field, or its default: look at your profile.\n",
    )


def rejected_mail(to: str, username: str) -> Mail:
    """Return the notice that a claim was rejected."""
    return Mail(
        to,
        "We did not find you in our records",
        f"The people who look after the association could not find a record that belongs to your account {username}.\n"
        "Your account is as it was. Answer to them if you think that this is wrong.\n",
    )
