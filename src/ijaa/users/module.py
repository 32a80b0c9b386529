"""The users module, wired."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import structlog

from ijaa.settings import LEAKED_DEFAULTS, DatabaseSettings, Settings
from ijaa.shared.access_tokens import AccessTokenVerifier
from ijaa.shared.clock import Clock
from ijaa.shared.crypto import SecretBox, derive_key
from ijaa.shared.database import Database
from ijaa.shared.errors import Unavailable
from ijaa.shared.http.modules import Module
from ijaa.shared.http.services import requires_service
from ijaa.shared.mail import transport_for
from ijaa.shared.mail_queue import MailQueue
from ijaa.shared.pages import Cursors
from ijaa.shared.throttle import Throttle
from ijaa.users.accounts.checks import PasswordChecks
from ijaa.users.accounts.controller import account_router
from ijaa.users.accounts.passwords import Passwords, dummy_hash
from ijaa.users.accounts.repository import AccountRepository
from ijaa.users.accounts.service import LoginService, MeService, RegistrationService
from ijaa.users.admins.controller import admin_router
from ijaa.users.admins.repository import AdminRepository
from ijaa.users.admins.service import AdminLoginService
from ijaa.users.internal.controller import internal_router
from ijaa.users.profiles.controller import profile_router
from ijaa.users.profiles.repository import ProfileRepository
from ijaa.users.profiles.service import ProfileService
from ijaa.users.public import UsersPublic
from ijaa.users.sessions.controller import key_router, session_router
from ijaa.users.sessions.delivery import TokenDelivery
from ijaa.users.sessions.feed import RevocationFeed
from ijaa.users.sessions.key_repository import KeyRepository
from ijaa.users.sessions.keys import SigningKeys
from ijaa.users.sessions.repository import SessionRepository
from ijaa.users.sessions.revocation_repository import RevocationRepository
from ijaa.users.sessions.service import SessionService
from ijaa.users.tables import OUTGOING_MAILS

REFUSED_PASSWORDS = frozenset(password.lower() for password in LEAKED_DEFAULTS)

log = structlog.get_logger("ijaa.users")


@dataclass(frozen=True, kw_only=True)
class UsersModule(Module):
    """The module with the façade it offers others."""

    public: UsersPublic


def build(
    settings: Settings, database: Database, connections: DatabaseSettings, clock: Clock, throttle: Throttle
) -> UsersModule:
    """Wire the module over its database; nothing is started or connected before its lifespan."""
    secret = settings.secret_key
    mails = MailQueue(
        database,
        OUTGOING_MAILS,
        SecretBox(secret, "users/outgoing-mails"),
        transport_for(settings.mail_url),
        settings.mail_from,
        clock,
    )
    keys = SigningKeys(database, KeyRepository(database), SecretBox(secret, "signing-keys"), clock)
    feed = RevocationFeed(connections.listen_url or connections.url, RevocationRepository(database), clock)
    verifier = AccessTokenVerifier(keys, feed, settings.base_url, clock)
    profile_repository = ProfileRepository(database)
    public = UsersPublic(profile_repository, verifier, keys, feed)
    passwords = Passwords()
    checks = PasswordChecks(passwords, throttle.failed_sign_ins, derive_key(secret, "users/failed-sign-ins"))
    sessions = SessionService(
        database,
        SessionRepository(database),
        keys,
        feed,
        verifier=verifier,
        mails=mails,
        successor_key=derive_key(secret, "users/refresh-successors"),
        issuer=settings.base_url,
        cursors=Cursors(derive_key(secret, "users/cursors")),
        clock=clock,
    )
    accounts = AccountRepository(database)
    profiles = ProfileService(database, profile_repository, clock)
    registrations = RegistrationService(
        database,
        accounts,
        sessions,
        passwords,
        mails,
        refused_passwords=REFUSED_PASSWORDS,
        recipients=throttle.recipients,
        base_url=settings.base_url,
        clock=clock,
    )
    logins = LoginService(database, accounts, sessions, checks)
    admin_logins = AdminLoginService(database, AdminRepository(database), sessions, checks, clock)
    delivery = TokenDelivery(secure=settings.secure)
    guard = requires_service(settings.service_key, caller="events", audience="users", clock=clock)

    @asynccontextmanager
    async def lifespan() -> AsyncIterator[None]:
        dummy_hash()
        try:
            await keys.current()
        except Unavailable as error:
            log.warning("signing keys are not loaded yet; the first sign-in tries again", detail=error.detail)
        async with AsyncExitStack() as stack:
            stack.push_async_callback(database.dispose)
            stack.callback(passwords.close)
            await stack.enter_async_context(feed.run())
            await stack.enter_async_context(mails.relay())
            yield

    return UsersModule(
        name="users",
        database=database,
        routes=[
            account_router(registrations, logins, MeService(database, accounts, profiles), delivery),
            session_router(sessions, delivery),
            profile_router(profiles),
            admin_router(admin_logins, delivery),
        ],
        internal=[internal_router(public, feed, guard)],
        root=[key_router(keys)],
        lifespan=lifespan,
        public=public,
    )
