"""Every table of the events module, for alembic and for nobody else."""

from ijaa.events.analytics.models import EventAnalytics
from ijaa.events.base import EventsBase
from ijaa.events.catalogue.models import Event
from ijaa.events.comments.models import CommentEdit, CommentLike, EventComment, EventDiscussion
from ijaa.events.discovery.models import EventActivity
from ijaa.events.invitations.models import EmailInvitation, EventInvitation, InvitationOptOut
from ijaa.events.media.models import EventMedium, MediumLike
from ijaa.events.members.models import KnownMember
from ijaa.events.organisers.models import EventOrganiser
from ijaa.events.participations.models import ErasedAnswers, EventParticipation
from ijaa.events.seats.models import SeatEntry, SeatProof
from ijaa.events.tables import AUDIT_LOG, AUDIT_SEALS, IDEMPOTENCY_KEYS, INBOX, JOBS, OUTBOX

metadata = EventsBase.metadata

__all__ = [
    "AUDIT_LOG",
    "AUDIT_SEALS",
    "IDEMPOTENCY_KEYS",
    "INBOX",
    "JOBS",
    "OUTBOX",
    "CommentEdit",
    "CommentLike",
    "EmailInvitation",
    "ErasedAnswers",
    "Event",
    "EventActivity",
    "EventAnalytics",
    "EventComment",
    "EventDiscussion",
    "EventInvitation",
    "EventMedium",
    "EventOrganiser",
    "EventParticipation",
    "InvitationOptOut",
    "KnownMember",
    "MediumLike",
    "SeatEntry",
    "SeatProof",
    "metadata",
]
