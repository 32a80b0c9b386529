"""Password hashes."""

import asyncio
import threading

import pytest

from ijaa.shared.errors import Unavailable
from ijaa.users.accounts import passwords as module
from ijaa.users.accounts.passwords import AT_ONCE, QUEUED, Passwords


async def test_a_hash_is_argon2id_with_our_cost_and_fits_its_password_alone() -> None:
    """Kills: other parameters; a dummy that matches; the password cut."""
    passwords = Passwords()
    hashed = await passwords.hash("correct horse battery")
    assert hashed.startswith("$argon2id$v=19$m=65536,t=2,p=1$")
    assert await passwords.matches("correct horse battery", hashed)
    assert not await passwords.matches("correct horse batterY", hashed)
    assert not await passwords.matches("correct horse battery", None)
    assert not await passwords.matches("correct horse battery", "$2a$10$something")
    longest = "x" * 1024
    assert not await passwords.matches(longest + "y", await passwords.hash(longest))
    passwords.close()


async def test_nothing_to_compare_costs_as_much_as_a_wrong_password(monkeypatch: pytest.MonkeyPatch) -> None:
    """Kills: the dummy hash left out, or made with another cost; more than one check, or none."""
    checked: list[str] = []

    class Noting:
        def verify(self, hashed: str, _password: bytes) -> bool:
            checked.append(hashed)
            return True

    dummy = module.dummy_hash()
    monkeypatch.setattr(module, "_HASHER", Noting())
    passwords = Passwords()
    assert not await passwords.matches("x", None)
    assert not await passwords.matches("", None)
    assert checked == [dummy, dummy]
    assert dummy.startswith("$argon2id$v=19$m=65536,t=2,p=1$")
    passwords.close()


async def test_two_at_once_sixteen_wait_and_the_next_is_sent_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """Kills: an unbounded queue; more threads; a place lost when its caller goes away."""
    gate, running, most = threading.Event(), [0], [0]
    lock = threading.Lock()

    def slow(_password: str, _hashed: str | None, _legacy: int) -> bool:
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
        gate.wait(5)
        with lock:
            running[0] -= 1
        return True

    monkeypatch.setattr(module, "_matches", slow)
    passwords = Passwords()
    waiting = [asyncio.create_task(passwords.matches("x", None)) for _ in range(AT_ONCE + QUEUED)]
    await asyncio.sleep(0.05)
    with pytest.raises(Unavailable) as refused:
        await passwords.matches("x", None)
    assert refused.value.headers == {"Retry-After": "2"}
    waiting[0].cancel()  # its thread goes on
    waiting[-1].cancel()  # never began
    gate.set()
    await asyncio.gather(*waiting, return_exceptions=True)
    assert most == [AT_ONCE]
    async with asyncio.timeout(3):
        while running != [0] or passwords._places._value < AT_ONCE + QUEUED:
            await asyncio.sleep(0.01)
    again = await asyncio.gather(*(passwords.matches("x", None) for _ in range(AT_ONCE + QUEUED)))
    assert again == [True] * (AT_ONCE + QUEUED)
    passwords.close()
