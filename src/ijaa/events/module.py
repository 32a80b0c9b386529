"""The events module, wired."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from redis.asyncio import Redis

from ijaa.events.adapters.cached_user_directory import CachedUserDirectory
from ijaa.events.catalogue.controller import event_router
from ijaa.events.catalogue.jobs import completions
from ijaa.events.catalogue.news import News
from ijaa.events.catalogue.repository import EventRepository
from ijaa.events.catalogue.service import EventService
from ijaa.events.comments.controller import comment_router
from ijaa.events.comments.repository import CommentRepository
from ijaa.events.comments.service import CommentService
from ijaa.events.comments.thread_repository import ThreadRepository
from ijaa.events.internal.controller import internal_router
from ijaa.events.invitations.controller import invitation_router
from ijaa.events.invitations.email_service import AddressBook, EmailInvitations
from ijaa.events.invitations.jobs import forgetting
from ijaa.events.invitations.repository import InvitationRepository
from ijaa.events.invitations.service import InvitationService, OwnInvitationService
from ijaa.events.invitations.token_repository import EmailInvitationRepository
from ijaa.events.members.feed import MemberFeed
from ijaa.events.members.jobs import erasures
from ijaa.events.members.repository import MemberRepository
from ijaa.events.members.service import MemberMessages
from ijaa.events.organisers.controller import organiser_router
from ijaa.events.organisers.repository import OrganiserRepository
from ijaa.events.organisers.service import OrganiserService
from ijaa.events.participations.controller import participation_router
from ijaa.events.participations.repository import ParticipationRepository
from ijaa.events.participations.service import ParticipationService
from ijaa.events.ports import BlocksChanged, ProfileUpdated, StandingChanged, UserDirectory
from ijaa.events.public import EventsPublic
from ijaa.events.seats.controller import seat_router
from ijaa.events.seats.jobs import offers, proofs
from ijaa.events.seats.ledger_repository import LedgerRepository
from ijaa.events.seats.repository import SeatRepository
from ijaa.events.seats.service import SeatLedgerService
from ijaa.settings import DatabaseSettings, Settings
from ijaa.shared.audit import audit_key, pseudonym
from ijaa.shared.audit_anchors import Anchors
from ijaa.shared.audit_sealer import Sealer
from ijaa.shared.clock import Clock
from ijaa.shared.crypto import SecretBox, derive_key
from ijaa.shared.database import Database
from ijaa.shared.http.modules import Module
from ijaa.shared.http.services import requires_service
from ijaa.shared.idempotency import IdempotencyKeys
from ijaa.shared.inbox import Inbox, Subscription, subscriptions
from ijaa.shared.job_runner import JobRunner
from ijaa.shared.jobs import JobQueue
from ijaa.shared.listener import Listener
from ijaa.shared.live import Live
from ijaa.shared.live_bus import LiveBus
from ijaa.shared.mail import transport_for
from ijaa.shared.mail_queue import MailQueue
from ijaa.shared.outbox import Outbox
from ijaa.shared.pages import Cursors
from ijaa.shared.purge import COMMON, purge
from ijaa.shared.redis import namespace

OUTGOING_MAILS = "events/outgoing-mails"
"""Purpose of the key that seals mails as they wait."""


def build(
    settings: Settings,
    database: Database,
    connections: DatabaseSettings,
    directory: UserDirectory,
    redis: Redis,
    clock: Clock,
) -> Module:
    """Wire the module over its database and its port; nothing is connected before its lifespan."""
    feed = MemberFeed(clock)
    directory = cached = CachedUserDirectory(directory, redis, feed, clock, namespace=namespace(settings.base_url))
    cursors = Cursors(derive_key(settings.secret_key, "events/cursors"))
    outbox = Outbox(database, clock)
    publish = outbox.publish
    repository = EventRepository(database)
    live = Live("events", repository.live)
    bus = LiveBus("events", live, redis, database, namespace=namespace(settings.base_url))
    listener = Listener("events", connections.listen_url or connections.url, [feed, bus])
    seats, ledger = SeatRepository(publish, live.tell), LedgerRepository(database)
    news = News(repository, publish, clock)
    threads = ThreadRepository(live.tell)
    messages = MemberMessages(MemberRepository(), seats, threads, news, live.tell, clock, cached.forget)
    events = EventService(
        database, repository, seats, directory, news=news, tell=live.tell, cursors=cursors, clock=clock
    )
    participations = ParticipationService(
        database,
        ParticipationRepository(database),
        seats,
        directory,
        publish=outbox.publish,
        cursors=cursors,
        clock=clock,
    )
    organisers = OrganiserService(
        database, OrganiserRepository(database), seats, directory, publish=publish,
        tell=live.tell, pseudonym=partial(pseudonym, derive_key(settings.secret_key, "events/pseudonyms")), clock=clock,
    )  # fmt: skip
    comments = CommentService(
        database, CommentRepository(database), threads, directory, publish=publish, cursors=cursors, clock=clock
    )
    jobs = JobQueue(database, clock)
    mails = MailQueue(
        jobs, SecretBox(settings.secret_key, OUTGOING_MAILS), transport_for(settings.mail_url), settings.mail_from
    )
    invitation_repository, addresses = InvitationRepository(database), EmailInvitationRepository(database)
    book = AddressBook(
        SecretBox(settings.secret_key, "events/invited-addresses"),
        derive_key(settings.secret_key, "events/address-hashes"),
    )
    by_mail = EmailInvitations(addresses, book, mails, cursors, settings.base_url, clock)
    invitations = InvitationService(
        database,
        invitation_repository,
        by_mail,
        addresses,
        book,
        participations,
        seats,
        directory,
        publish=publish,
        cursors=cursors,
        clock=clock,
    )
    own_invitations = OwnInvitationService(
        database,
        invitation_repository,
        by_mail,
        addresses,
        book,
        repository,
        participations,
        seats,
        directory,
        cursors=cursors,
        clock=clock,
    )
    guard = requires_service(settings.service_key, caller="users", audience="events", clock=clock)

    sealer = Sealer(
        database,
        derive_key(settings.secret_key, audit_key("events")),
        Anchors("events", settings.data, clock),
        clock,
    )

    @asynccontextmanager
    async def lifespan() -> AsyncIterator[None]:
        try:
            async with listener.run(), bus.running(), cached.running(), sealer.run():
                yield
        finally:
            await database.dispose()

    return Module(
        name="events",
        database=database,
        idempotency=IdempotencyKeys(database, settings.secret_key, clock),
        routes=[
            event_router(events, live),
            participation_router(participations),
            seat_router(SeatLedgerService(ledger, directory, cursors)),
            organiser_router(organisers),
            comment_router(comments),
            invitation_router(invitations, own_invitations),
        ],
        internal=[internal_router(EventsPublic(database, clock), guard)],
        lifespan=lifespan,
        outbox=outbox,
        inbox=Inbox(
            database,
            subscriptions(
                Subscription(ProfileUpdated, messages.profile_updated),
                Subscription(StandingChanged, messages.standing_changed),
                Subscription(BlocksChanged, messages.blocks_changed),
            ),
            clock,
        ),
        worker=JobRunner(
            jobs,
            [
                mails.kind,
                erasures(messages),
                forgetting(by_mail),
                completions(events),
                offers(seats, ledger, clock),
                proofs(ledger, clock),
                purge(COMMON, clock),
            ],
        ),
    )
