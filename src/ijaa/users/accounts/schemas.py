"""What goes in and out of the account routes."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from ijaa.shared.schema import Body, Patch, View
from ijaa.users.identifiers import Email
from ijaa.users.profiles.schemas import Batch, Name
from ijaa.users.sessions.schemas import Anything, Delivery

NewPassword = Annotated[str, Meta(min_length=12, max_length=128)]
MailedToken = Annotated[str, Meta(min_length=1, max_length=200)]


class Registration(Body, frozen=True, kw_only=True):
    """A new account."""

    username: Annotated[
        str, Meta(min_length=3, max_length=50, description="Out of a-z, 0-9, dot, underscore and hyphen.")
    ]
    email: Email
    password: NewPassword
    name: Name
    batch: Batch | None = None


class Sent(View, frozen=True):
    """A mail is on its way, if there is anybody to write to."""

    status: Literal["verification-sent"] = "verification-sent"


class Verification(Body, frozen=True, kw_only=True):
    """The token of the mail that confirms an address."""

    token: MailedToken
    token_delivery: Delivery = "cookie"  # noqa: S105 - a way, not a token


class Resend(Body, frozen=True, kw_only=True):
    """An address whose mail got lost."""

    email: Email


class Login(Body, frozen=True, kw_only=True):
    """A sign-in by username or e-mail."""

    login: Anything
    password: Anything
    token_delivery: Delivery = "cookie"  # noqa: S105 - a way, not a token


class PasswordChange(Body, frozen=True, kw_only=True):
    """A new password for the one that is known."""

    current_password: Anything
    new_password: NewPassword


class PasswordForgotten(Body, frozen=True, kw_only=True):
    """The address of somebody who cannot sign in any more."""

    email: Email


class PasswordReset(Body, frozen=True, kw_only=True):
    """The token of a mail, and the password to sign in with from now on."""

    token: MailedToken
    new_password: NewPassword


class ResetSent(View, frozen=True):
    """A mail is on its way, if there is anybody to write to."""

    status: Literal["reset-sent"] = "reset-sent"


class EmailChangeAsked(Body, frozen=True, kw_only=True):
    """The address an account is to have."""

    email: Email


class EmailConfirmation(Body, frozen=True, kw_only=True):
    """The token of one of the two mails about a change of address."""

    token: MailedToken


class EmailChangeRead(View, frozen=True):
    """How far a change of address is."""

    status: Literal["waiting", "changed"]
    """`waiting` for the other address to confirm it."""


class MeRead(View, frozen=True):
    """One's own account."""

    user_id: str
    username: str
    email: str
    name: str
    roles: list[str]
    created_at: datetime
    email_verified_at: datetime | None


class MePatch(Patch, frozen=True, kw_only=True):
    """Changes to one's own account; everything else has a route of its own."""

    name: Name | UnsetType = UNSET
