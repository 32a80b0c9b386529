"""The wiring of what members say of themselves and to each other; `module` has the rest."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from litestar import Router
from redis.asyncio import Redis

from ijaa.settings import Settings
from ijaa.shared.clock import Clock
from ijaa.shared.crypto import SecretBox, derive_key
from ijaa.shared.database import Database
from ijaa.shared.inbox import Inbox, Subscription, subscriptions
from ijaa.shared.jobs import JobQueue, Kind
from ijaa.shared.live import Live
from ijaa.shared.live_bus import LiveBus
from ijaa.shared.mail import transport_for
from ijaa.shared.mail_queue import MailQueue
from ijaa.shared.outbox import Outbox, Publish
from ijaa.shared.pages import Cursors
from ijaa.shared.redis import namespace
from ijaa.shared.storage import Storage
from ijaa.shared.storage_images import Images
from ijaa.shared.storage_links import SignedLinks
from ijaa.shared.storage_sweep import discards, sweep
from ijaa.users.announcements.controller import announcement_router
from ijaa.users.announcements.jobs import tellings
from ijaa.users.announcements.repository import AnnouncementRepository
from ijaa.users.announcements.service import AnnouncementService, Announcer, Telling
from ijaa.users.claims.controller import claim_router
from ijaa.users.claims.jobs import settlements
from ijaa.users.claims.repository import ClaimRepository
from ijaa.users.claims.service import ClaimService
from ijaa.users.connections.block_repository import BlockRepository
from ijaa.users.connections.block_service import BlockService
from ijaa.users.connections.controller import connection_router
from ijaa.users.connections.jobs import Recount, recounting, recounts
from ijaa.users.connections.repository import ConnectionRepository
from ijaa.users.connections.service import ConnectionService
from ijaa.users.connections.suggestion_repository import SuggestionRepository
from ijaa.users.connections.suggestion_service import SuggestionService
from ijaa.users.directory.controller import directory_router
from ijaa.users.directory.repository import DirectoryRepository
from ijaa.users.directory.service import DirectoryService
from ijaa.users.erasures.jobs import notes
from ijaa.users.erasures.repository import ErasureRepository
from ijaa.users.erasures.service import ErasureNotes, ErasureReplay, ledger_in
from ijaa.users.experiences.controller import experience_router
from ijaa.users.experiences.repository import ExperienceRepository
from ijaa.users.experiences.service import ExperienceService
from ijaa.users.exports.controller import export_router
from ijaa.users.exports.jobs import makings, sweeps
from ijaa.users.exports.repository import ExportRepository, OwnRecords
from ijaa.users.exports.service import ExportMaker, ExportService
from ijaa.users.files.repository import FileRepository
from ijaa.users.files.service import FileService
from ijaa.users.imports.controller import import_router
from ijaa.users.imports.jobs import imports
from ijaa.users.imports.repository import ImportRepository
from ijaa.users.imports.service import ImportService
from ijaa.users.interests.controller import interest_router
from ijaa.users.interests.repository import InterestRepository
from ijaa.users.interests.service import InterestService
from ijaa.users.leaving.controller import leaving_router
from ijaa.users.leaving.repository import LeavingRepository
from ijaa.users.leaving.service import LeavingService
from ijaa.users.links import FileLinks
from ijaa.users.listing import Renew
from ijaa.users.members.jobs import erasures, lapses
from ijaa.users.members.repository import MemberRepository
from ijaa.users.members.service import MemberService
from ijaa.users.notifications.controller import notification_router
from ijaa.users.notifications.repository import NotificationRepository
from ijaa.users.notifications.service import EventMessages, NotificationService, Notifier
from ijaa.users.photos.controller import photo_router
from ijaa.users.photos.repository import PhotoRepository
from ijaa.users.photos.service import PhotoService
from ijaa.users.ports import (
    AnswerGiven,
    CommentReplied,
    EventChanged,
    EventCompanions,
    InvitationRevoked,
    InvitationSent,
    MemberRecords,
    Mentioned,
    OrganiserAppointed,
    SeatMoved,
    SeatOffered,
    SeatPromoted,
    TicketIssued,
)
from ijaa.users.preview.controller import preview_router
from ijaa.users.preview.service import PreviewService
from ijaa.users.profiles.controller import profile_router
from ijaa.users.profiles.service import Cards, ProfileService
from ijaa.users.sessions.feed import RevocationFeed
from ijaa.users.sessions.repository import SessionRepository
from ijaa.users.sessions.revocation_repository import RevocationRepository
from ijaa.users.sessions.service import SessionEndings
from ijaa.users.settings.controller import settings_router
from ijaa.users.settings.repository import SettingsRepository
from ijaa.users.settings.service import SettingsService
from ijaa.users.tables import OUTGOING_MAILS


def member_pages(
    database: Database, profiles: ProfileService, directory: DirectoryRepository, files: "Files",
    cursors: Cursors, clock: Clock,
) -> list[Router]:  # fmt: skip
    """Return the routes of what members say of themselves, and of where they are found by it."""
    experiences = ExperienceService(database, ExperienceRepository(database), profiles, directory.renew, clock)
    interests = InterestService(database, InterestRepository(database), profiles, directory.renew, clock)
    photos = PhotoService(database, PhotoRepository(database), profiles, files.service, files.links, clock)
    return [
        directory_router(DirectoryService(directory, files.links, cursors, clock)),
        photo_router(photos),
        profile_router(profiles),
        experience_router(experiences),
        interest_router(interests),
        preview_router(PreviewService(profiles, experiences, interests)),
        settings_router(SettingsService(database, SettingsRepository(database), clock)),
    ]


def community_router(
    database: Database, blocks: BlockRepository, companions: EventCompanions | None, cards: Cards, notifier: Notifier,
    publish: Publish, cursors: Cursors, clock: Clock,
) -> Router:  # fmt: skip
    """Return the routes of who is connected with whom, and who wants to be in nobody's sight."""
    repository = ConnectionRepository(database)
    return connection_router(
        ConnectionService(database, repository, cards, notifier, cursors, clock),
        SuggestionService(SuggestionRepository(database), companions, cards, clock),
        BlockService(database, blocks, repository, notifier, publish=publish, cursors=cursors, clock=clock),
    )


def counted_connections(
    database: Database, jobs: JobQueue, publish: Publish, clock: Clock
) -> tuple[Publish, Kind[Recount]]:
    """Return how to tell of a standing so that connections are counted anew, and the job that counts them."""
    repository = ConnectionRepository(database)
    return recounting(publish, repository, jobs), recounts(repository, clock)


def announcement_parts(
    database: Database, files: "Files", jobs: JobQueue, notifier: Notifier, cursors: Cursors, clock: Clock
) -> tuple[Router, Kind[Telling]]:
    """Return the routes of announcements, and the job that tells members of them."""
    repository = AnnouncementRepository(database)
    service = AnnouncementService(database, repository, files.service, files.links, jobs, cursors, clock)
    return announcement_router(service), tellings(Announcer(repository, notifier, clock))


@dataclass(frozen=True)
class Notifications:
    """What members are told: how they read it, what fills it, and what tells those who watch."""

    routes: Router
    notifier: Notifier
    inbox: Inbox
    bus: LiveBus


def notification_parts(
    settings: Settings, database: Database, mails: MailQueue, redis: Redis, clock: Clock
) -> Notifications:
    """Return what members are told by."""
    repository = NotificationRepository(database)
    live = Live("users", repository.live)
    cursors = Cursors(derive_key(settings.secret_key, "users/notifications"))
    notifier = Notifier(repository, mails, live.tell, cursors, settings.base_url, clock)
    told = EventMessages(notifier, repository)
    heard = subscriptions(
        Subscription(SeatPromoted, told.seat_promoted),
        Subscription(SeatOffered, told.seat_offered),
        Subscription(SeatMoved, told.seat_moved),
        Subscription(TicketIssued, told.ticket_issued),
        Subscription(EventChanged, told.event_changed),
        Subscription(AnswerGiven, told.answer_given),
        Subscription(OrganiserAppointed, told.organiser_appointed),
        Subscription(CommentReplied, told.comment_replied),
        Subscription(Mentioned, told.mentioned),
        Subscription(InvitationSent, told.invitation_sent),
        Subscription(InvitationRevoked, told.invitation_revoked),
    )
    service = NotificationService(database, repository, live.tell, cursors, clock)
    return Notifications(
        notification_router(service, live),
        notifier,
        Inbox(database, heard, clock),
        LiveBus("users", live, redis, database, namespace=namespace(settings.base_url)),
    )


@dataclass(frozen=True)
class Files:
    """What keeps files: its use cases, how they are shown, and the jobs that take away what nobody has."""

    service: FileService
    links: FileLinks
    kinds: tuple[Kind[Any], ...]


def file_parts(settings: Settings, database: Database, jobs: JobQueue, clock: Clock) -> Files:
    """Return what keeps files."""
    storage = Storage(settings.files_of("users"), "users")
    service = FileService(FileRepository(database), storage, Images(), jobs, clock)
    links = FileLinks(SignedLinks(derive_key(settings.secret_key, "users/file-links"), clock))
    return Files(service, links, (discards(storage), sweep(storage, service.known, clock)))


@dataclass(frozen=True)
class BringingIn:
    """People who have no account yet, and those who find themselves among them."""

    routes: list[Router]
    kinds: list[Kind[Any]]


def bringing_in_parts(
    database: Database, jobs: JobQueue, mails: MailQueue, renew: Renew, cursors: Cursors, clock: Clock
) -> BringingIn:
    """Return what takes people in, and lets them claim what is known of them."""
    taken_in = ImportService(database, ImportRepository(database), jobs, clock)
    claims = ClaimService(database, ClaimRepository(database), jobs, mails, renew, cursors, clock)
    return BringingIn([import_router(taken_in), claim_router(claims)], [imports(taken_in), settlements(claims)])


def export_parts(
    settings: Settings, database: Database, jobs: JobQueue, mails: MailQueue, files: FileService, notifier: Notifier,
    records: MemberRecords | None, clock: Clock,
) -> tuple[Router, list[Kind[Any]]]:  # fmt: skip
    """Return the routes by which members take along what is kept about them, and the jobs that make it ready."""
    repository = ExportRepository(database)
    cursors = Cursors(derive_key(settings.secret_key, "users/exports"))
    service = ExportService(database, repository, files, jobs, mails, cursors, clock)
    told: Mapping[str, MemberRecords | None] = {"users": OwnRecords(database, files), "events": records}
    maker = ExportMaker(repository, told, files, notifier, settings.base_url, clock)
    return export_router(service), [makings(maker), sweeps(service, notifier)]


def leaving_routes(
    settings: Settings, database: Database, members: MemberService, mails: MailQueue, clock: Clock
) -> Router:
    """Return the routes of those who leave."""
    return leaving_router(
        LeavingService(database, LeavingRepository(), members, mails, base_url=settings.base_url, clock=clock)
    )


def member_kinds(settings: Settings, database: Database, members: MemberService) -> list[Kind[Any]]:
    """Return what is done by itself about who leaves, or is kept out for a while."""
    ledger = ErasureNotes(ErasureRepository(database), ledger_in(settings.data))
    return [erasures(members), lapses(members), *notes(ledger)]


def replay_parts(settings: Settings, database: Database, clock: Clock) -> ErasureReplay:
    """Return what erases again after a restore, without the rest of the module."""
    jobs, cursors = JobQueue(database, clock), Cursors(derive_key(settings.secret_key, "users/cursors"))
    box = SecretBox(settings.secret_key, OUTGOING_MAILS)
    mails = MailQueue(jobs, box, transport_for(settings.mail_url), settings.mail_from)
    endings = SessionEndings(SessionRepository(database), RevocationFeed(RevocationRepository(database), clock), clock)
    files = file_parts(settings, database, jobs, clock).service
    publish, _ = counted_connections(database, jobs, Outbox(database, clock).publish, clock)
    members = MemberService(database, MemberRepository(database), endings, files, mails, jobs, publish, cursors, clock)
    return ErasureReplay(database, ErasureRepository(database), members)
