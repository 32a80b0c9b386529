"""Hashes of an import: bcrypt, good once and then replaced."""

import asyncio

import bcrypt
import pytest

from ijaa.shared.clock import FrozenClock
from ijaa.users.accounts import legacy, passwords
from tests.integration.users.conftest import App, an_account, sign_in

LONG = "a passphrase that is longer than bcrypt ever looks at, which is seventy-two bytes"


def hashed(password: str, prefix: str) -> str:
    """Return a cheap hash as the predecessor's library made it: cut at 72 bytes, with the prefix of its time."""
    made = bcrypt.hashpw(password.encode()[:72], bcrypt.gensalt(4)).decode()
    return prefix + made[4:]


@pytest.mark.parametrize("prefix", ["$2a$", "$2b$", "$2y$"])
async def test_an_imported_hash_signs_in_and_is_replaced(app: App, clock: FrozenClock, prefix: str) -> None:
    """Kills: a prefix unknown; 72 bytes and more an error; the old hash kept; the whole password not hashed anew."""
    client, module = app
    await an_account(module.database, "asha", hashed(LONG, prefix), clock.now())
    assert (await sign_in(client, "asha", LONG[:71])).status_code == 401
    assert (await sign_in(client, "asha", LONG)).status_code == 200
    stored = await module.database.fetch_value("SELECT password_hash FROM users WHERE username = 'asha'")
    assert stored.startswith("$argon2id$v=19$m=65536,t=2,p=1$")
    assert (await sign_in(client, "asha", LONG)).status_code == 200
    assert (await sign_in(client, "asha", LONG[:72])).status_code == 401


async def test_a_failure_replaces_nothing(app: App, clock: FrozenClock) -> None:
    """Kills: the hash replaced by that of a guess; a suspended account upgraded."""
    client, module = app
    before = hashed(LONG, "$2a$")
    await an_account(module.database, "asha", before, clock.now())
    await an_account(module.database, "bina", before, clock.now(), active=False)
    assert (await sign_in(client, "asha", "a wrong passphrase")).status_code == 401
    assert (await sign_in(client, "bina", LONG)).status_code == 401
    count = "SELECT count(*) FROM users WHERE password_hash = $1"
    assert await module.database.fetch_value(count, before) == 2


async def test_all_who_sign_in_at_once_with_an_imported_hash_are_let_in(app: App, clock: FrozenClock) -> None:
    """Kills: whoever loses the race for the replacement told that his password is wrong."""
    client, module = app
    await an_account(module.database, "asha", hashed(LONG, "$2a$"), clock.now())
    answers = await asyncio.gather(*(sign_in(client, "asha", LONG) for _ in range(4)))
    assert [a.status_code for a in answers] == [200] * 4


async def test_every_failure_pays_for_the_dearest_hash_there_is(
    app: App, password_hash: str, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kills: an arm without bcrypt or without argon2, which a clock tells from the rest; paying when none is left."""
    client, module = app
    done: list[tuple[str, int]] = []
    real = passwords._HASHER

    class Noting:
        def verify(self, argon: str, given: bytes) -> bool:
            done.append(("argon2", 1))
            return real.verify(argon, given)

    def compared(_password: bytes, found: str) -> bool:
        done.append(("bcrypt", 2 ** legacy.cost_of(found)))
        return False

    def made(_password: bytes, salt: bytes) -> bytes:
        done.append(("bcrypt", 2 ** int(salt[4:6])))
        return b""

    passwords.dummy_hash()
    monkeypatch.setattr(passwords, "_HASHER", Noting())
    monkeypatch.setattr(legacy, "matches", compared)
    monkeypatch.setattr(legacy.bcrypt, "hashpw", made)

    async def work(login: str) -> dict[str, int]:
        done.clear()
        assert (await sign_in(client, login, "a wrong passphrase")).status_code == 401
        return {kind: sum(cost for what, cost in done if what == kind) for kind in ("argon2", "bcrypt")}

    await an_account(module.database, "modern", password_hash, clock.now())
    await an_account(module.database, "passwordless", None, clock.now())
    for name in ("modern", "passwordless", "nobody"):
        assert await work(name) == {"argon2": 1, "bcrypt": 0}
    body = "." * 53
    await an_account(module.database, "cheap", f"$2a$10${body}", clock.now())
    await an_account(module.database, "dear", f"$2y$12${body}", clock.now())
    await an_account(module.database, "suspended", f"$2b$11${body}", clock.now(), active=False)
    for name in ("modern", "passwordless", "nobody", "cheap", "dear", "suspended"):
        assert await work(name) == {"argon2": 1, "bcrypt": 2**12}, name


def test_a_cost_nobody_could_pay_is_no_hash() -> None:
    """Kills: an imported hash of cost 31 that keeps a thread for days; rubbish that begins like a hash."""
    body = "." * 53
    assert [legacy.cost_of(f"$2a${cost}${body}") for cost in ("04", "10", "12", "13", "31", "03")] == [
        4,
        10,
        12,
        0,
        0,
        0,
    ]
    assert [legacy.cost_of(text) for text in (None, "", "$2a$10$short", f"$2x$10${body}", "$argon2id$")] == [0] * 5
