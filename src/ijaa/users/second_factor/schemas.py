"""What goes in and out of the routes of the second factor."""

from typing import Annotated

from msgspec import Meta

from ijaa.shared.schema import Body, View


class TotpEnrolment(View, frozen=True):
    """What an app needs to make codes; shown this once."""

    secret: str
    """Base32."""
    uri: str
    """`otpauth://…`, to be shown as a QR code."""


class TotpConfirmation(Body, frozen=True, kw_only=True):
    """The first code, which proves that the app has the secret."""

    code: Annotated[str, Meta(min_length=1, max_length=20)]


class RecoveryCodes(View, frozen=True):
    """Codes that stand in for the second factor, each once; shown this once."""

    recovery_codes: list[str]
