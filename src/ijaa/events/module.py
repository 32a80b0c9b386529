"""The events module, wired."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from redis.asyncio import Redis

from ijaa.events.adapters.cached_user_directory import CachedUserDirectory
from ijaa.events.analytics.controller import analytics_router
from ijaa.events.analytics.jobs import count
from ijaa.events.analytics.repository import AnalyticsRepository
from ijaa.events.analytics.service import AnalyticsService
from ijaa.events.banners.controller import banner_router
from ijaa.events.banners.repository import BannerRepository
from ijaa.events.banners.service import BannerService
from ijaa.events.catalogue.controller import event_router
from ijaa.events.catalogue.jobs import completions
from ijaa.events.catalogue.news import News
from ijaa.events.catalogue.repository import EventRepository
from ijaa.events.catalogue.service import EventService
from ijaa.events.checkins.controller import check_in_router
from ijaa.events.checkins.repository import CheckInRepository
from ijaa.events.checkins.service import CheckInService
from ijaa.events.comments.controller import comment_router
from ijaa.events.comments.repository import CommentRepository
from ijaa.events.comments.service import CommentService
from ijaa.events.comments.thread_repository import ThreadRepository
from ijaa.events.discovery.controller import discovery_router
from ijaa.events.discovery.jobs import refresh
from ijaa.events.discovery.repository import DiscoveryRepository
from ijaa.events.discovery.service import DiscoveryService
from ijaa.events.files.repository import FileRepository
from ijaa.events.files.service import FileRows
from ijaa.events.internal.controller import internal_router
from ijaa.events.invitations.controller import invitation_router
from ijaa.events.invitations.email_service import AddressBook, EmailInvitations
from ijaa.events.invitations.jobs import forgetting
from ijaa.events.invitations.repository import InvitationRepository
from ijaa.events.invitations.service import InvitationService, OwnInvitationService
from ijaa.events.invitations.token_repository import EmailInvitationRepository
from ijaa.events.links import EventLinks
from ijaa.events.media.controller import media_router
from ijaa.events.media.repository import MediaRepository
from ijaa.events.media.service import MediaService
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
from ijaa.events.ports import BlocksChanged, MemberInterests, ProfileUpdated, StandingChanged, UserDirectory
from ijaa.events.public import EventsPublic
from ijaa.events.rosters.controller import roster_router
from ijaa.events.rosters.repository import RosterRepository
from ijaa.events.rosters.service import RosterService
from ijaa.events.seats.controller import seat_router
from ijaa.events.seats.jobs import offers, proofs
from ijaa.events.seats.ledger_repository import LedgerRepository
from ijaa.events.seats.repository import SeatRepository
from ijaa.events.seats.service import SeatLedgerService
from ijaa.events.tickets.controller import ticket_router
from ijaa.events.tickets.domain import tickets_of
from ijaa.events.tickets.repository import TicketRepository
from ijaa.events.tickets.service import TicketService
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
from ijaa.shared.jobs import JobQueue, Kind
from ijaa.shared.listener import Listener
from ijaa.shared.live import Live
from ijaa.shared.live_bus import LiveBus
from ijaa.shared.mail import transport_for
from ijaa.shared.mail_queue import MailQueue
from ijaa.shared.outbox import Outbox
from ijaa.shared.pages import Cursors
from ijaa.shared.purge import COMMON, purge
from ijaa.shared.redis import namespace
from ijaa.shared.storage import Storage
from ijaa.shared.storage_files import StoredFiles
from ijaa.shared.storage_images import Images
from ijaa.shared.storage_links import SignedLinks
from ijaa.shared.storage_sweep import discards, sweep


@dataclass(frozen=True)
class Files:
    """What keeps files: their objects, their rows, how they are shown, and the jobs that take away what nobody has."""

    storage: Storage
    stored: StoredFiles
    rows: FileRows
    links: EventLinks
    kinds: tuple[Kind[Any], ...]


def file_parts(settings: Settings, database: Database, jobs: JobQueue, clock: Clock) -> Files:
    """Return what keeps files."""
    storage = Storage(settings.files_of("events"), "events")
    rows = FileRows(FileRepository(database), jobs)
    links = EventLinks(SignedLinks(derive_key(settings.secret_key, "events/file-links"), clock))
    return Files(
        storage, StoredFiles(storage, Images()), rows, links, (discards(storage), sweep(storage, rows.known, clock))
    )


OUTGOING_MAILS = "events/outgoing-mails"
"""Purpose of the key that seals mails as they wait."""


def build(
    settings: Settings,
    database: Database,
    connections: DatabaseSettings,
    directory: UserDirectory,
    redis: Redis,
    clock: Clock,
    *,
    interests: MemberInterests | None = None,
) -> Module:
    """Wire the module over its database and its ports; nothing is connected before its lifespan."""
    feed = MemberFeed(clock)
    directory = cached = CachedUserDirectory(directory, redis, feed, clock, namespace=namespace(settings.base_url))
    cursors = Cursors(derive_key(settings.secret_key, "events/cursors"))
    outbox = Outbox(database, clock)
    publish = outbox.publish
    repository = EventRepository(database)
    live = Live("events", repository.live)
    bus = LiveBus("events", live, redis, database, namespace=namespace(settings.base_url))
    listener = Listener("events", connections.listen_url or connections.url, [feed, bus])
    tickets = tickets_of(settings.secret_key)
    seats, ledger = SeatRepository(publish, tickets, live.tell), LedgerRepository(database)
    news, threads, jobs = News(repository, publish, clock), ThreadRepository(live.tell), JobQueue(database, clock)
    files = file_parts(settings, database, jobs, clock)
    messages = MemberMessages(
        MemberRepository(), seats, threads, news, live.tell, files.rows.of_members, clock, cached.forget
    )
    events = EventService(
        database, repository, seats, directory, files.links, news=news, tell=live.tell,
        drop_files=files.rows.of_event, cursors=cursors, clock=clock,
    )  # fmt: skip
    participations = ParticipationService(
        database,
        ParticipationRepository(database),
        seats,
        directory,
        publish=outbox.publish,
        tickets=tickets,
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
    media = MediaService(
        database, MediaRepository(database), files.stored, files.rows, files.links, directory,
        cursors=cursors, clock=clock,
    )  # fmt: skip
    banners = BannerService(
        database, BannerRepository(database), repository, events, files.stored, files.rows, files.links,
        tell=live.tell, clock=clock,
    )  # fmt: skip
    door = CheckInService(
        database, CheckInRepository(database), directory, tickets=tickets, cursors=cursors, clock=clock
    )
    activity = DiscoveryRepository(database)
    discovery = DiscoveryService(activity, repository, directory, interests, files.links, clock)
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
        files.links,
        cursors=cursors,
        clock=clock,
    )
    figures = AnalyticsRepository(database)
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
            media_router(media),
            banner_router(banners),
            ticket_router(TicketService(TicketRepository(database), tickets)),
            check_in_router(door),
            roster_router(RosterService(database, RosterRepository(database), directory, clock)),
            discovery_router(discovery),
            invitation_router(invitations, own_invitations),
            analytics_router(AnalyticsService(figures, cursors, clock)),
        ],
        internal=[internal_router(EventsPublic(database, clock, files.storage), guard)],
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
                refresh(activity, clock),
                count(figures, clock),
                purge(COMMON, clock),
                *files.kinds,
            ],
        ),
    )
