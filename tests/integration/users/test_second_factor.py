"""The second factor of admins: enrolled before anything else, and every code good once."""

import asyncio
from datetime import timedelta

import httpx
import pytest

from ijaa.settings import is_leaked
from ijaa.shared.clock import FrozenClock
from ijaa.shared.crypto import SecretBox
from ijaa.shared.jobs import JobQueue
from ijaa.shared.mail import transport_for
from ijaa.shared.mail_queue import MailQueue
from ijaa.shared.principals import Principal
from ijaa.users.accounts.checks import PasswordChecks
from ijaa.users.accounts.guess_repository import GuessRepository
from ijaa.users.accounts.passwords import Passwords
from ijaa.users.admins.proof import AdminProof
from ijaa.users.admins.repository import AdminRepository
from ijaa.users.errors import LoginFailed, TotpRequired
from ijaa.users.second_factor.repository import SecondFactorRepository
from ijaa.users.second_factor.service import SecondFactorService
from tests.builders import PASSWORD
from tests.integration.users.admins import (
    AnAdmin,
    SignedInAdmin,
    add_admin,
    audited,
    confirm,
    enrol,
    refresh_admin,
    sign_in_admin,
)
from tests.integration.users.conftest import App, Start

DASHBOARD = "/api/v1/admin/dashboard"
STEP = timedelta(seconds=30)


def codes(*answers: httpx.Response) -> list[tuple[int, str | None]]:
    """Return status and code of answers."""
    return [(answer.status_code, answer.json().get("code")) for answer in answers]


async def test_a_superadmin_without_a_second_factor_may_do_nothing_but_enrol_one(
    app: App, an_admin: AnAdmin, clock: FrozenClock
) -> None:
    """Kills: the role of the row put into the token; `enrolling` named in another row; refresh lifting it too early."""
    client, module = app
    admin = await an_admin("ada", enrolled=False)
    for method, path in (
        ("GET", DASHBOARD), ("GET", "/api/v1/admin/users"), ("GET", "/api/v1/admin/admins"),
        ("POST", "/api/v1/admin/admins/ADMIN_ada/deactivate"), ("GET", "/api/v1/auth/sessions"),
        ("GET", "/api/v1/users/asha"), ("GET", "/api/v1/me"),
    ):  # fmt: skip
        answer = await client.request(method, path, headers=admin.bearer)
        assert codes(answer) == [(403, "totp-enrolment-required")], path
    await refresh_admin(client, admin)
    assert (await client.get(DASHBOARD, headers=admin.bearer)).status_code == 403
    assert codes(await confirm(client, admin, "123456")) == [(409, "conflict")]

    begun = (await client.post("/api/v1/admin/auth/totp", headers=admin.bearer)).json()
    assert begun["uri"].startswith("otpauth://totp/IJAA:ada%40admin.example?secret=" + begun["secret"])
    admin.secret = begun["secret"]
    wrong = await confirm(client, admin, admin.code(clock.now(), 2))
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/code")
    confirmed = await confirm(client, admin, admin.code(clock.now()))
    assert len(set(confirmed.json()["recovery_codes"])) == 10
    assert (await client.get(DASHBOARD, headers=admin.bearer)).status_code == 403  # this token still says enrolling
    await refresh_admin(client, admin)
    assert (await client.get(DASHBOARD, headers=admin.bearer)).status_code == 200
    assert ("admin-totp-enrolled", "ADMIN_ada", "ADMIN_ada", {"replaced": False}) in await audited(module.database)


async def test_who_has_yet_to_enrol_can_leave(app: App, an_admin: AnAdmin) -> None:
    """Kills: a session that can be neither used nor ended."""
    client, _ = app
    admin = await an_admin("ada", enrolled=False)
    assert (await client.post("/api/v1/auth/logout-all", headers=admin.bearer)).status_code == 204
    assert (await client.post("/api/v1/admin/auth/totp", headers=admin.bearer)).status_code == 401


async def test_the_demo_and_other_roles_ask_for_none(start: Start, app: App, an_admin: AnAdmin) -> None:
    """Kills: the demo not lifting it, at sign-in or at refresh; moderators locked out."""
    client, _ = app
    moderator = await an_admin("mo", "moderator")
    assert (await client.get(DASHBOARD, headers=moderator.bearer)).status_code == 200
    await an_admin("ada", enrolled=False)
    async with start(demo=True) as (demo, _):
        answer = (await sign_in_admin(demo, "ada@admin.example")).json()
        ada = SignedInAdmin("ADMIN_ada", "", answer["access_token"], answer["refresh_token"])
        assert (await demo.get(DASHBOARD, headers=ada.bearer)).status_code == 200
        await refresh_admin(demo, ada)
        assert (await demo.get(DASHBOARD, headers=ada.bearer)).status_code == 200
    await refresh_admin(client, ada)
    assert codes(await client.get(DASHBOARD, headers=ada.bearer)) == [(403, "totp-enrolment-required")]


async def test_the_factor_is_asked_for_once_the_password_was_right_and_never_before(
    app: App, an_admin: AnAdmin, clock: FrozenClock
) -> None:
    """Kills: `totp-required` told to somebody without the password; a wrong code answered in its own way."""
    client, _ = app
    admin = await an_admin("ada")
    clock.at += STEP
    assert codes(await sign_in_admin(client, admin.email)) == [(401, "totp-required")]
    assert codes(await sign_in_admin(client, admin.email, totp=" ")) == [(401, "totp-required")]
    right = admin.code(clock.now())
    failures = [
        await sign_in_admin(client, admin.email, password="wrong"),
        await sign_in_admin(client, admin.email, password="wrong", totp=right),
        await sign_in_admin(client, admin.email, totp=admin.code(clock.now(), 9)),
        await sign_in_admin(client, admin.email, totp="nonsense"),
        await sign_in_admin(client, admin.email, totp="\uff11\uff12\uff13\uff14\uff15\uff16"),
        await sign_in_admin(client, "nobody@admin.example", totp=right),
    ]
    assert set(codes(*failures)) == {(401, "login-failed")}
    assert len({tuple(v for k, v in a.json().items() if k != "request_id") for a in failures}) == 1
    assert (await sign_in_admin(client, admin.email, totp=f"{right[:3]} {right[3:]}")).status_code == 200


@pytest.mark.usefixtures("many_guesses")
async def test_a_code_is_good_once_and_no_older_one_after_it(app: App, an_admin: AnAdmin, clock: FrozenClock) -> None:
    """Kills: the last step not kept, or compared with `<=`; more skew than one step; an older code after a newer."""
    client, _ = app
    admin = await an_admin("ada")  # spends the code of this step
    assert codes(await sign_in_admin(client, admin.email, totp=admin.code(clock.now()))) == [(401, "login-failed")]
    clock.at += 10 * STEP
    for steps, status in ((2, 401), (-2, 401), (-1, 200), (-1, 401), (0, 200), (0, 401), (1, 200), (1, 401), (0, 401)):
        answer = await sign_in_admin(client, admin.email, totp=admin.code(clock.now(), steps))
        assert answer.status_code == status, steps


@pytest.mark.usefixtures("many_guesses")
async def test_of_many_who_show_one_code_at_once_one_gets_in(app: App, an_admin: AnAdmin, clock: FrozenClock) -> None:
    """Kills: the step read, compared and written without the lock; a deadlock answered 503."""
    client, _ = app
    admin = await an_admin("ada")
    clock.at += STEP
    for code in (admin.code(clock.now()), admin.recovery_codes[0]):
        answers = await asyncio.gather(*(sign_in_admin(client, admin.email, totp=code) for _ in range(8)))
        assert sorted(a.status_code for a in answers) == [200] + [401] * 7


async def test_a_recovery_code_stands_in_once_however_it_is_typed(
    app: App, an_admin: AnAdmin, clock: FrozenClock
) -> None:
    """Kills: codes kept in the clear, used twice, or good for somebody else."""
    client, module = app
    admin, other = await an_admin("ada"), await an_admin("bob")
    clock.at += STEP
    first, second = admin.recovery_codes[:2]
    assert codes(await sign_in_admin(client, other.email, totp=first)) == [(401, "login-failed")]
    assert (await sign_in_admin(client, admin.email, totp=first)).status_code == 200
    assert codes(await sign_in_admin(client, admin.email, totp=first)) == [(401, "login-failed")]
    typed = second.upper().replace("-", " ")
    assert (await sign_in_admin(client, admin.email, totp=typed)).status_code == 200
    stored = await module.database.fetch_value(
        "SELECT string_agg(encode(hash, 'escape'), ' ') FROM admin_recovery_codes"
    )
    assert not any(code.replace("-", "") in stored for code in admin.recovery_codes)
    used = [entry for entry in await audited(module.database) if entry[0] == "admin-recovery-code-used"]
    assert used == [("admin-recovery-code-used", "ADMIN_ada", "ADMIN_ada", {})] * 2


async def test_a_new_phone_takes_over_when_it_is_confirmed_and_not_before(
    app: App, an_admin: AnAdmin, clock: FrozenClock
) -> None:
    """Kills: an enrolment that was only begun locking its owner out; old recovery codes good for ever."""
    client, _ = app
    admin = await an_admin("ada")
    old = SignedInAdmin("", admin.email, "", "", admin.secret, admin.recovery_codes)
    await client.post("/api/v1/admin/auth/totp", headers=admin.bearer)
    clock.at += STEP
    assert (await sign_in_admin(client, admin.email, totp=old.code(clock.now()))).status_code == 200
    clock.at += STEP
    await enrol(client, admin, clock.now())
    clock.at += STEP
    assert (await sign_in_admin(client, admin.email, totp=old.code(clock.now()))).status_code == 401
    assert (await sign_in_admin(client, admin.email, totp=old.recovery_codes[3])).status_code == 401
    assert (await sign_in_admin(client, admin.email, totp=admin.code(clock.now()))).status_code == 200


async def test_enrolling_asks_for_a_fresh_proof(app: App, an_admin: AnAdmin, clock: FrozenClock) -> None:
    """Kills: a stolen token of ten minutes ago that locks the admin out with a factor of the thief's."""
    client, _ = app
    admin = await an_admin("mo", "moderator")
    clock.at += timedelta(minutes=6)
    for path, body in (("totp", None), ("totp/confirm", {"code": "123456"})):
        answer = await client.post(f"/api/v1/admin/auth/{path}", json=body, headers=admin.bearer)
        assert codes(answer) == [(401, "step-up-required")]


async def test_seeds_lie_sealed_and_bound_to_their_rows(app: App, an_admin: AnAdmin, clock: FrozenClock) -> None:
    """Kills: a seed in the clear; a seed that opens in another admin's row."""
    client, module = app
    ada, bob = await an_admin("ada"), await an_admin("bob")
    seeds = await module.database.fetch_value("SELECT string_agg(encode(totp_seed, 'escape'), ' ') FROM admins")
    assert ada.secret
    assert ada.secret not in seeds
    async with module.database.transaction() as session:
        driver = (await (await session.connection()).get_raw_connection()).driver_connection
        assert driver
        await driver.execute(
            "UPDATE admins SET totp_seed = (SELECT totp_seed FROM admins WHERE admin_id = 'ADMIN_ada')"
            " WHERE admin_id = 'ADMIN_bob'"
        )
    clock.at += STEP
    assert (await sign_in_admin(client, bob.email, totp=ada.code(clock.now()))).status_code == 500


async def test_the_proof_of_an_admin_is_password_and_second_factor(
    app: App, an_admin: AnAdmin, clock: FrozenClock, password_hash: str
) -> None:
    """Kills: step-up by password alone for those who have a factor; a code good for two proofs."""
    _, module = app
    ada = await an_admin("ada")
    await add_admin(module.database, "mo", "moderator", password_hash, clock.now())
    box = SecretBox("secret key of the tests, 0123456789", "users/totp-seeds")
    mails = MailQueue(JobQueue(module.database, clock), box, transport_for("file:///nowhere"), "ijaa@alumni.example")
    factors = SecondFactorService(module.database, SecondFactorRepository(), box, mails, clock)
    proof = AdminProof(
        module.database,
        AdminRepository(module.database),
        PasswordChecks(Passwords(), GuessRepository(module.database, clock), b"k", is_leaked),
        factors,
    )
    superadmin = Principal("ADMIN_ada", "ADMIN_ada", "s", "superadmin")
    clock.at += STEP
    code = ada.code(clock.now())
    with pytest.raises(TotpRequired):
        await proof.prove(superadmin, PASSWORD, None)
    for password, totp in (("wrong", code), ("wrong", None), (PASSWORD, ada.code(clock.now(), 5))):
        with pytest.raises(LoginFailed):
            await proof.prove(superadmin, password, totp)
    await proof.prove(superadmin, PASSWORD, code)
    with pytest.raises(LoginFailed):
        await proof.prove(superadmin, PASSWORD, code)
    await proof.prove(Principal("ADMIN_mo", "ADMIN_mo", "s", "moderator"), PASSWORD, None)
    with pytest.raises(LoginFailed):
        await proof.prove(Principal("ADMIN_gone", "ADMIN_gone", "s", "moderator"), PASSWORD, None)


async def test_wrong_codes_are_few_and_count_apart_from_passwords(
    app: App, an_admin: AnAdmin, clock: FrozenClock
) -> None:
    """Kills: codes guessed without end by who has the password; wrong codes that lock the password, or for ever."""
    client, _ = app
    admin = await an_admin("ada")
    clock.at += STEP
    for _ in range(5):
        assert codes(await sign_in_admin(client, admin.email, totp="000000")) == [(401, "login-failed")]
    assert codes(await sign_in_admin(client, admin.email, totp=admin.code(clock.at))) == [(401, "login-failed")]
    assert codes(await sign_in_admin(client, admin.email, totp=admin.recovery_codes[0])) == [(401, "login-failed")]
    clock.at += timedelta(minutes=16)
    assert (await sign_in_admin(client, admin.email, totp=admin.code(clock.at))).status_code == 200
