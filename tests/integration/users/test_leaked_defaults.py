"""Published defaults that an import brought along: they open nothing, and nobody can tell them from wrong passwords."""

import bcrypt
import httpx
import pytest

from ijaa.shared.clock import FrozenClock
from ijaa.users.accounts import legacy, passwords
from ijaa.users.accounts.passwords import Passwords
from tests.integration.users.admins import add_admin, sign_in_admin
from tests.integration.users.conftest import App, Mailbox, an_account, sign_in, token_in
from tests.integration.users.test_guesses import shape
from tests.integration.users.test_legacy_hashes import LONG, hashed

NEW = "another violet passphrase"


async def test_a_published_default_signs_nobody_in_until_there_is_a_new_password(
    app: App, clock: FrozenClock, mailbox: Mailbox
) -> None:
    """Kills: the list asked for new passwords alone; its spelling; an answer of its own; the way out closed, too."""
    client, module = app
    await an_account(module.database, "asha", hashed("Admin@123", "$2a$"), clock.now())
    await an_account(module.database, "bina", await Passwords().hash("ADMIN123"), clock.now())
    await add_admin(module.database, "ada", "moderator", hashed("admin123", "$2a$"), clock.now())
    assert bcrypt.checkpw(b"admin123", (await stored(app, "admins")).encode())
    refused = [await sign_in(client, "asha", "Admin@123"), await sign_in(client, "bina", "ADMIN123")]
    wrong = await sign_in(client, "asha", "a wrong passphrase")
    assert {shape(one) for one in refused} == {shape(wrong)}
    of_admin = [await sign_in_admin(client, "ada@admin.example", password=one) for one in ("admin123", "a wrong one")]
    assert shape(of_admin[0]) == shape(of_admin[1])
    assert wrong.status_code == of_admin[0].status_code == 401
    for name in ("asha", "bina"):
        await client.post("/api/v1/auth/password-reset", json={"email": f"{name}@mail.example"})
        token = token_in((await mailbox.last(f"{name}@mail.example"))[1], "reset-password")
        body = {"token": token, "new_password": NEW}
        assert (await client.post("/api/v1/auth/password-reset/confirm", json=body)).status_code == 204
        assert (await sign_in(client, name, NEW)).status_code == 200


async def test_a_published_default_costs_what_a_wrong_password_costs(
    app: App, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kills: the hash checked before the list is, or not at all: a right default would be told by the time."""
    client, module = app
    done: list[tuple[str, int]] = []
    real = passwords._HASHER

    class Noting:
        def verify(self, argon: str, given: bytes) -> bool:
            done.append(("argon2", 1))
            return real.verify(argon, given)

    def made(_password: bytes, salt: bytes) -> bytes:
        done.append(("bcrypt", 2 ** int(salt[4:6])))
        return b""

    passwords.dummy_hash()
    await an_account(module.database, "asha", hashed("Admin@123", "$2a$"), clock.now())
    await an_account(module.database, "bina", await Passwords().hash("ADMIN123"), clock.now())
    await add_admin(module.database, "ada", "moderator", hashed("admin123", "$2a$"), clock.now())
    await add_admin(module.database, "bea", "moderator", await Passwords().hash("admin123"), clock.now())
    monkeypatch.setattr(passwords, "_HASHER", Noting())
    monkeypatch.setattr(legacy.bcrypt, "hashpw", made)
    for login in ("asha", "bina", "nobody"):
        done.clear()
        await sign_in(client, login, "aDmin@123" if login == "asha" else "ADMIN123")
        assert done == [("argon2", 1), ("bcrypt", 2**4)], login
    for name in ("ada", "bea", "nobody"):
        done.clear()
        await sign_in_admin(client, f"{name}@admin.example", password="admin123")
        assert done == [("argon2", 1), ("bcrypt", 2**4)], name


async def test_an_admins_imported_hash_is_replaced(app: App, client: httpx.AsyncClient, clock: FrozenClock) -> None:
    """Kills: admins left on bcrypt for ever; whoever loses the race told that his password is wrong."""
    await add_admin(app[1].database, "ada", "moderator", hashed(LONG, "$2a$"), clock.now())
    for _ in range(2):
        assert (await sign_in_admin(client, "ada@admin.example", password=LONG)).status_code == 200
        assert (await stored(app, "admins")).startswith("$argon2id$v=19$m=65536,t=2,p=1$")


async def stored(app: App, table: str) -> str:
    """Return a hash of a table."""
    found: str = await app[1].database.fetch_value(f"SELECT password_hash FROM {table}")
    return found
