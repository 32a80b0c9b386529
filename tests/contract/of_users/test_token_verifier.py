"""What `TokenVerifier` promises, whichever way keys and revocations are reached."""

import asyncio
import time

import pytest

from ijaa.shared.principals import InvalidTokenError
from tests.contract.of_users.conftest import Tokens, a_principal


async def test_a_good_token_gives_its_principal(tokens: Tokens) -> None:
    principal = a_principal()
    assert await tokens.port.verify(await tokens.issue(principal)) == principal


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "eyJhbGciOiJub25lIn0.e30."])
async def test_what_is_no_token_is_refused(tokens: Tokens, token: str) -> None:
    with pytest.raises(InvalidTokenError):
        await tokens.port.verify(token)


async def test_an_altered_token_is_refused(tokens: Tokens) -> None:
    token = await tokens.issue(a_principal())
    middle = len(token) // 2
    altered = token[:middle] + ("A" if token[middle] != "A" else "B") + token[middle + 1 :]
    with pytest.raises(InvalidTokenError):
        await tokens.port.verify(altered)


async def test_a_revoked_session_is_refused_within_a_moment(tokens: Tokens) -> None:
    # mutant: verify a token once and trust it until it expires
    token = await tokens.issue(principal := a_principal())
    other = await tokens.issue(a_principal())
    await tokens.port.verify(token)
    await tokens.revoke(principal.session_id)
    until = time.monotonic() + 5
    while time.monotonic() < until:
        try:
            await tokens.port.verify(token)
        except InvalidTokenError:
            break
        await asyncio.sleep(0.01)
    else:
        raise AssertionError("still accepted")
    await tokens.port.verify(other)
