"""How tokens travel: the refresh token in a cookie no script can read, or in the body."""

from litestar import Response
from litestar.datastructures import Cookie

from ijaa.shared.access_tokens import LIFETIME
from ijaa.users.sessions.domain import TOKEN_LIFETIME
from ijaa.users.sessions.schemas import Delivery, SignedIn, Tokens

COOKIE = "ijaa_refresh"
PATH = "/api/v1/auth"


class TokenDelivery:
    """Puts tokens into answers; `secure` when clients reach us over https."""

    def __init__(self, *, secure: bool) -> None:
        self._secure = secure

    def answer(self, tokens: Tokens, delivery: Delivery) -> Response[SignedIn]:
        """Return the answer of a sign-in or a refresh."""
        body = SignedIn(tokens.access, "Bearer", int(LIFETIME.total_seconds()), tokens.username)
        if delivery == "body":
            kept = SignedIn(body.access_token, body.token_type, body.expires_in, body.username, tokens.refresh)
            return Response(kept, status_code=200)
        return Response(
            body, status_code=200, cookies=[self._cookie(tokens.refresh, int(TOKEN_LIFETIME.total_seconds()))]
        )

    def access_alone(self, access: str, username: str) -> SignedIn:
        """Return the answer that gives an access token and leaves the refresh token as it is."""
        return SignedIn(access, "Bearer", int(LIFETIME.total_seconds()), username)

    def forgotten(self) -> Response[None]:
        """Return the empty answer that takes the cookie away."""
        return Response(None, status_code=204, cookies=[self._cookie("", 0)])

    def _cookie(self, value: str, max_age: int) -> Cookie:
        return Cookie(
            key=COOKIE,
            value=value,
            path=PATH,
            max_age=max_age,
            httponly=True,
            secure=self._secure,
            samesite="strict",
        )
