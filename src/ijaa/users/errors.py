"""The problems only this module has."""

from ijaa.shared.errors import Conflict, Invalid, Problem, Unauthenticated, Violation


class UsernameTaken(Conflict):
    """Somebody else has this username."""

    code, title = "username-taken", "This username is taken: choose another"


class LoginFailed(Unauthenticated):
    """Nobody was signed in; why is never told."""

    code, title = "login-failed", "The login or the password is not right"


class TotpRequired(Unauthenticated):
    """The password was right, and the account has a second factor that was not given."""

    code, title = "totp-required", "Give the code of your second factor as `totp`, or a recovery code"


class OwnAccount(Conflict):
    """Nobody locks himself out, or raises himself."""

    code, title = "own-account", "Another superadmin has to do this to your own account"


class EmailTaken(Conflict):
    """Another account was confirmed with this address while the change waited."""

    code, title = "email-taken", "Another account has this address by now"


class SessionEnded(Unauthenticated):
    """The refresh token is not good any more."""

    code, title = "session-ended", "This session has ended: sign in again"


class TokenNotValid(Problem):
    """The token of a mail was never issued, is used, or has expired: which of them is not told."""

    status, code, title = 422, "token-not-valid", "This link is not good any more: ask for a new one"


class InterestExists(Conflict):
    """The member has this interest, perhaps in other letters."""

    code, title = "interest-exists", "This is among your interests already"


class ListFull(Conflict):
    """A member has as many of something as he may."""

    code, title = "list-full", "There are as many as there may be: remove one first"


class QuotaExceeded(Conflict):
    """A member would keep more than he may."""

    code, title = "quota-exceeded", "There is no room for another file: take one away first"


class ClaimSettled(Conflict):
    """Somebody settled the claim before."""

    code, title = "claim-settled", "This claim was settled already"


class RecordClaimed(Conflict):
    """A record is one member's, and a member has one record."""

    code, title = "record-claimed", "The record is somebody's already, or the member has another one"


class FlagExists(Conflict):
    """The name of a new flag is taken."""

    code, title = "flag-exists", "There is a flag of this name already"


class FlagHasChildren(Conflict):
    """A flag goes after those below it."""

    code, title = "flag-has-children", "Other flags hang below this one: move or delete them first"


class FlagProtected(Conflict):
    """The change would lock administrators out."""

    code, title = "flag-protected", "Administrators would be locked out"


class ConnectionExists(Conflict):
    """These two are connected, or one asked the other, or was rejected not long ago."""

    code, title = "connection-exists", "There is something between you already: see your connections"


class ConnectionSettled(Conflict):
    """The request was answered, and the answer holds."""

    code, title = "connection-settled", "This request was answered already"


class TooManyBlocks(Conflict):
    """A member blocks as many as he may."""

    code, title = "too-many-blocks", "You block as many members as one can"


class AttachmentExists(Conflict):
    """Another image is attached to the report at this place."""

    code, title = "attachment-exists", "Another image is attached there already: choose another place"


class ReportEnded(Conflict):
    """The report has ended."""

    code, title = "report-ended", "The report has ended: file another one"


class ReportTransition(Conflict):
    """A report does not go from its status to the one asked for."""

    code, title = "report-transition", "A report does not go there from its status"


def refuse(violations: list[Violation]) -> None:
    """Raise all violations at once, if there are any."""
    if violations:
        raise Invalid(violations)
