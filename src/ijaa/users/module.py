"""The users module, wired."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import structlog
from redis.asyncio import Redis

from ijaa.settings import LEAKED_DEFAULTS, DatabaseSettings, Settings, is_leaked
from ijaa.shared.access_tokens import AccessTokenVerifier
from ijaa.shared.audit import audit_key
from ijaa.shared.audit_anchors import Anchors
from ijaa.shared.audit_sealer import Sealer
from ijaa.shared.clock import Clock
from ijaa.shared.crypto import SecretBox, derive_key
from ijaa.shared.database import Database
from ijaa.shared.errors import Unavailable
from ijaa.shared.http.modules import Module
from ijaa.shared.http.services import requires_service
from ijaa.shared.idempotency import IdempotencyKeys
from ijaa.shared.job_runner import JobRunner
from ijaa.shared.jobs import JobQueue
from ijaa.shared.listener import Listener
from ijaa.shared.mail import transport_for
from ijaa.shared.mail_queue import MailQueue
from ijaa.shared.outbox import Outbox
from ijaa.shared.pages import Cursors
from ijaa.shared.purge import purge
from ijaa.shared.throttle import Throttle
from ijaa.users.accounts.checks import PasswordChecks
from ijaa.users.accounts.controller import account_router
from ijaa.users.accounts.email_service import EmailChangeService
from ijaa.users.accounts.guess_repository import GuessRepository
from ijaa.users.accounts.password_service import PasswordChangeService, PasswordResetService
from ijaa.users.accounts.passwords import Passwords, dummy_hash
from ijaa.users.accounts.proof import MemberProof
from ijaa.users.accounts.registration_repository import RegistrationRepository
from ijaa.users.accounts.registration_service import RegistrationService
from ijaa.users.accounts.repository import AccountRepository
from ijaa.users.accounts.rule import PasswordRule
from ijaa.users.accounts.service import LoginService, MeService
from ijaa.users.accounts.token_repository import TokenRepository
from ijaa.users.admins.controller import admin_router
from ijaa.users.admins.proof import AdminProof
from ijaa.users.admins.repository import AdminRepository
from ijaa.users.admins.service import AdminLoginService, AdminService
from ijaa.users.community import (
    announcement_parts,
    bringing_in_parts,
    community_router,
    counted_connections,
    export_parts,
    file_parts,
    leaving_routes,
    member_kinds,
    member_pages,
    notification_parts,
)
from ijaa.users.connections.block_repository import BlockRepository
from ijaa.users.dashboard.controller import dashboard_router
from ijaa.users.dashboard.repository import DashboardRepository
from ijaa.users.dashboard.service import DashboardService
from ijaa.users.directory.jobs import renewal
from ijaa.users.directory.repository import DirectoryRepository
from ijaa.users.flags.controller import flag_router
from ijaa.users.flags.feed import FlagFeed
from ijaa.users.flags.ofrep import ofrep_router
from ijaa.users.flags.repository import FlagRepository
from ijaa.users.flags.service import FlagService
from ijaa.users.internal.controller import internal_router
from ijaa.users.members.controller import member_router
from ijaa.users.members.repository import MemberRepository
from ijaa.users.members.service import MemberService
from ijaa.users.ports import EventCompanions, EventContent, EventFigures, MemberRecords
from ijaa.users.profiles.repository import ProfileRepository
from ijaa.users.profiles.service import Cards, ProfileService
from ijaa.users.public import UsersPublic
from ijaa.users.reports.controller import report_router
from ijaa.users.reports.repository import ReportRepository
from ijaa.users.reports.service import ReportService
from ijaa.users.retention import PURGES
from ijaa.users.second_factor.controller import second_factor_router
from ijaa.users.second_factor.repository import SecondFactorRepository
from ijaa.users.second_factor.service import SecondFactorService
from ijaa.users.sessions.controller import key_router, session_router
from ijaa.users.sessions.delivery import TokenDelivery
from ijaa.users.sessions.feed import RevocationFeed
from ijaa.users.sessions.key_repository import KeyRepository
from ijaa.users.sessions.keys import SigningKeys
from ijaa.users.sessions.proof import StepUpService
from ijaa.users.sessions.repository import SessionRepository
from ijaa.users.sessions.revocation_repository import RevocationRepository
from ijaa.users.sessions.service import SessionEndings, SessionService
from ijaa.users.tables import OUTGOING_MAILS
from ijaa.users.trail.controller import trail_router
from ijaa.users.trail.denials import Denials
from ijaa.users.trail.repository import TrailRepository
from ijaa.users.trail.service import TrailService

SIGNING_KEYS = "signing-keys"
"""Purpose of the key that seals private halves."""

log = structlog.get_logger("ijaa.users")


@dataclass(frozen=True, kw_only=True)
class UsersModule(Module):
    """The module with the façade it offers others."""

    public: UsersPublic
    denials: Denials


def build(
    settings: Settings,
    database: Database,
    connections: DatabaseSettings,
    clock: Clock,
    throttle: Throttle,
    *,
    redis: Redis,
    figures: EventFigures | None = None,
    contents: EventContent | None = None,
    records: MemberRecords | None = None,
    companions: EventCompanions | None = None,
) -> UsersModule:
    """Wire the module over its database and its ports; nothing is started or connected before its lifespan."""
    secret, outbox = settings.secret_key, Outbox(database, clock)
    jobs = JobQueue(database, clock)
    mails = MailQueue(jobs, SecretBox(secret, OUTGOING_MAILS), transport_for(settings.mail_url), settings.mail_from)
    keys = SigningKeys(database, KeyRepository(database), SecretBox(secret, SIGNING_KEYS), clock)
    feed, flag_feed = RevocationFeed(RevocationRepository(database), clock), FlagFeed()
    notifications = notification_parts(settings, database, mails, redis, clock)
    listener = Listener("users", connections.listen_url or connections.url, [feed, flag_feed, keys, notifications.bus])
    verifier = AccessTokenVerifier(keys, feed, settings.base_url, clock)
    profile_repository = ProfileRepository(database)
    files = file_parts(settings, database, jobs, clock)
    blocks = BlockRepository(database)
    public = UsersPublic(profile_repository, Cards(files.links), blocks, verifier, keys, feed, flag_feed, clock)
    passwords = Passwords()
    totp_required = not settings.demo
    session_repository = SessionRepository(database, totp_required=totp_required)
    endings, cursors = SessionEndings(session_repository, feed, clock), Cursors(derive_key(secret, "users/cursors"))
    checks = PasswordChecks(
        passwords, GuessRepository(database, clock), derive_key(secret, "users/failed-sign-ins"), is_leaked
    )
    sessions = SessionService(
        database,
        session_repository,
        keys,
        feed,
        verifier=verifier,
        mails=mails,
        successor_key=derive_key(secret, "users/refresh-successors"),
        issuer=settings.base_url,
        cursors=cursors,
        clock=clock,
    )
    accounts, tokens = AccountRepository(database), TokenRepository(database)
    rule, directory = PasswordRule(passwords, LEAKED_DEFAULTS), DirectoryRepository(database, clock)
    publish, recount = counted_connections(database, jobs, outbox.publish, clock)
    profiles = ProfileService(
        database, profile_repository, files.links, publish=outbox.publish, renew=directory.renew, clock=clock
    )
    registrations = RegistrationService(
        database,
        RegistrationRepository(),
        sessions,
        passwords,
        mails,
        publish=publish,
        rule=rule,
        recipients=throttle.recipients,
        renew=directory.renew,
        token_key=derive_key(secret, "users/registrations"),
        base_url=settings.base_url,
        clock=clock,
    )
    logins = LoginService(database, accounts, sessions, checks=checks, passwords=passwords, clock=clock)
    admin_repository = AdminRepository(database, totp_required=totp_required)
    factor_repository = SecondFactorRepository()
    factors = SecondFactorService(database, factor_repository, SecretBox(secret, "users/totp-seeds"), mails, clock)
    changes = PasswordChangeService(
        database,
        {"member": accounts, "admin": admin_repository},
        tokens,
        endings,
        checks=checks,
        passwords=passwords,
        rule=rule,
        mails=mails,
        clock=clock,
    )
    resets = PasswordResetService(
        database,
        tokens,
        endings,
        checks=checks,
        recipients=throttle.recipients,
        passwords=passwords,
        rule=rule,
        mails=mails,
        base_url=settings.base_url,
        clock=clock,
    )
    moves = EmailChangeService(
        database,
        tokens,
        RegistrationRepository(),
        endings,
        mails,
        recipients=throttle.recipients,
        base_url=settings.base_url,
        clock=clock,
    )
    admin_logins = AdminLoginService(database, admin_repository, sessions, checks, passwords, factors, clock)
    admins = AdminService(
        database, admin_repository, factor_repository, passwords, rule, endings, mails, cursors, clock
    )
    members = MemberService(
        database, MemberRepository(database), endings, files.service, mails, jobs, publish, cursors, clock
    )
    announcements, telling = announcement_parts(database, files, jobs, notifications.notifier, cursors, clock)
    exports, making = export_parts(
        settings, database, jobs, mails, files.service, notifications.notifier, records, clock
    )
    bringing_in = bringing_in_parts(database, jobs, mails, directory.renew, cursors, clock)
    flags = FlagService(
        database,
        FlagRepository(database),
        flag_feed,
        cursors=Cursors(derive_key(secret, "users/flag-cursors")),
        clock=clock,
    )
    delivery = TokenDelivery(secure=settings.secure)

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
            for started in (
                listener.run(),
                notifications.bus.running(),
                Sealer(
                    database, derive_key(secret, audit_key("users")), Anchors("users", settings.data, clock), clock
                ).run(),
            ):
                await stack.enter_async_context(started)
            yield

    return UsersModule(
        name="users",
        database=database,
        idempotency=IdempotencyKeys(database, settings.secret_key, clock),
        routes=[
            account_router(
                registrations, logins, changes, resets, moves, MeService(database, accounts, profiles), delivery
            ),
            session_router(
                sessions,
                StepUpService(
                    sessions,
                    {
                        "member": MemberProof(accounts, checks),
                        "admin": AdminProof(database, admin_repository, checks, factors),
                    },
                ),
                delivery,
            ),
            *member_pages(database, profiles, directory, files, cursors, clock),
            community_router(
                database, blocks, companions, Cards(files.links), notifications.notifier, outbox.publish, cursors, clock
            ),
            admin_router(admin_logins, admins, delivery),
            second_factor_router(factors),
            member_router(members),
            leaving_routes(settings, database, members, mails, clock),
            *bringing_in.routes,
            dashboard_router(DashboardService(DashboardRepository(database), figures, clock)),
            flag_router(flags),
            trail_router(TrailService(database, TrailRepository(database), cursors, clock)),
            notifications.routes,
            announcements,
            exports,
            report_router(
                ReportService(
                    database,
                    ReportRepository(database),
                    contents,
                    files.service,
                    notifications.notifier,
                    cursors,
                    clock,
                )
            ),
        ],
        internal=[
            internal_router(
                public,
                feed,
                flag_feed,
                keys,
                requires_service(settings.service_key, caller="events", audience="users", clock=clock),
            )
        ],
        root=[key_router(keys), ofrep_router(flags)],
        lifespan=lifespan,
        outbox=outbox,
        inbox=notifications.inbox,
        worker=JobRunner(
            jobs,
            [
                mails.kind,
                *member_kinds(settings, database, members),
                renewal(directory),
                *files.kinds,
                telling,
                recount,
                *bringing_in.kinds,
                *making,
                purge(PURGES, clock),
            ],
        ),
        public=public,
        denials=Denials(database, clock),
    )
