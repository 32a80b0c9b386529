"""The problems only this module has."""

from ijaa.shared.errors import Conflict, Invalid, Problem, Unauthenticated, Violation


class UsernameTaken(Conflict):
    """Somebody else has this username."""

    code, title = "username-taken", "This username is taken: choose another"


class LoginFailed(Unauthenticated):
    """Nobody was signed in; why is never told."""

    code, title = "login-failed", "The login or the password is not right"


class EmailTaken(Conflict):
    """Another account was confirmed with this address while the change waited."""

    code, title = "email-taken", "Another account has this address by now"


class SessionEnded(Unauthenticated):
    """The refresh token is not good any more."""

    code, title = "session-ended", "This session has ended: sign in again"


class TokenNotValid(Problem):
    """The token of a mail was never issued, is used, or has expired: which of them is not told."""

    status, code, title = 422, "token-not-valid", "This link is not good any more: ask for a new one"


def refuse(violations: list[Violation]) -> None:
    """Raise all violations at once, if there are any."""
    if violations:
        raise Invalid(violations)
