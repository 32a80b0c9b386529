"""Errors: types with a stable code, raised where the rule lives and mapped to HTTP in one place."""

from collections.abc import Sequence
from typing import ClassVar

import msgspec


class SettingError(Exception):
    """A setting that makes no sense; its text names the setting and what to do."""

    def __init__(self, name: str, advice: str) -> None:
        super().__init__(f"{name} {advice}")
        self.name = name


class Violation(msgspec.Struct, frozen=True):
    """One thing wrong with the input: where (RFC 6901 pointer) and what."""

    pointer: str
    detail: str


class Problem(Exception):  # noqa: N818 - RFC 9457 calls it a problem
    """A refusal a client is told about (RFC 9457).

    Subclasses fix `status`, `code` and `title`; the list of them is closed (`problem_types`).
    """

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal-error"
    title: ClassVar[str] = "Something went wrong on our side"

    def __init__(self, detail: str = "", *, headers: dict[str, str] | None = None) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.headers = headers or {}


class Malformed(Problem):
    """The request cannot be read at all."""

    status, code, title = 400, "malformed", "The request cannot be read"


class Unauthenticated(Problem):
    """Nobody is signed in, or the token is not good any more."""

    status, code, title = 401, "unauthenticated", "Sign in first"

    def __init__(self, detail: str = "", *, error: str | None = None) -> None:
        challenge = 'Bearer realm="ijaa"' + (f', error="{error}"' if error else "")  # RFC 6750 §3
        super().__init__(detail, headers={"WWW-Authenticate": challenge})


class StepUpRequired(Unauthenticated):
    """What is asked for is sensitive, and the password was proved too long ago (RFC 9470)."""

    code, title = "step-up-required", "Prove your password again first: POST /api/v1/auth/step-up"

    def __init__(self) -> None:
        super().__init__(error="insufficient_user_authentication")
        self.headers["WWW-Authenticate"] += ", max_age=300"


class Forbidden(Problem):
    """The caller sees it but may not do this."""

    status, code, title = 403, "forbidden", "You may not do this"


class TotpEnrolmentRequired(Forbidden):
    """The caller's role asks for a second factor, and he has none yet."""

    code = "totp-enrolment-required"
    title = "Enrol a second factor first: POST /api/v1/admin/auth/totp, then refresh the session"


class NotFound(Problem):
    """It is not there, or not visible to the caller: the two are answered alike."""

    status, code, title = 404, "not-found", "There is nothing here for you"


class MethodNotAllowed(Problem):
    """The resource does not know this method."""

    status, code, title = 405, "method-not-allowed", "This resource does not take this method"


class Conflict(Problem):
    """The request collides with the state of the resource."""

    status, code, title = 409, "conflict", "The state does not allow this"


class PreconditionFailed(Problem):
    """`If-Match` names a version that is no longer the current one."""

    status, code, title = 412, "precondition-failed", "Somebody changed it in the meantime: read it again"


class TooLarge(Problem):
    """The body is longer than this route takes."""

    status, code, title = 413, "too-large", "The body is too large"


class UnsupportedMediaType(Problem):
    """The body is not of a media type this route takes."""

    status, code, title = 415, "unsupported-media-type", "Send application/json"


class Invalid(Problem):
    """Fields, parameters or rules are violated; every violation is named."""

    status, code, title = 422, "invalid", "Some values are not valid"

    def __init__(self, violations: Sequence[Violation], detail: str = "") -> None:
        super().__init__(detail or "; ".join(f"{v.pointer or '/'}: {v.detail}" for v in violations[:3]))
        self.violations = tuple(violations)


class RateLimited(Problem):
    """The caller does this too often."""

    status, code, title = 429, "rate-limited", "That is too often: wait a little"

    def __init__(self, detail: str = "", *, retry_after: int) -> None:
        super().__init__(detail, headers={"Retry-After": str(retry_after)})


class Unavailable(Problem):
    """Something this answer depends on is down or too slow just now."""

    status, code, title = 503, "unavailable", "Try again in a moment"

    def __init__(self, detail: str = "", *, retry_after: int = 1) -> None:
        super().__init__(detail, headers={"Retry-After": str(retry_after)})


class TooSlow(Unavailable):
    """What was asked took too long or met others who did the same: nothing is down, this one thing is at fault."""


def problem_types() -> frozenset[type[Problem]]:
    """Return every kind of problem a client can meet."""

    def below(kind: type[Problem]) -> set[type[Problem]]:
        return {kind}.union(*(below(sub) for sub in kind.__subclasses__()))

    return frozenset(below(Problem))
