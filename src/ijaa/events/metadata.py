"""Every table of the events module, for alembic and for nobody else."""

from ijaa.events.base import EventsBase
from ijaa.events.catalogue.models import Event
from ijaa.events.invitations.models import EventInvitation
from ijaa.events.media.models import EventMedium, MediumLike
from ijaa.events.members.models import KnownMember
from ijaa.events.participations.models import ErasedAnswers, EventParticipation
from ijaa.events.tables import AUDIT_LOG, AUDIT_SEALS, IDEMPOTENCY_KEYS, INBOX, OUTBOX

metadata = EventsBase.metadata

__all__ = [
    "AUDIT_LOG",
    "AUDIT_SEALS",
    "IDEMPOTENCY_KEYS",
    "INBOX",
    "OUTBOX",
    "ErasedAnswers",
    "Event",
    "EventInvitation",
    "EventMedium",
    "EventParticipation",
    "KnownMember",
    "MediumLike",
    "metadata",
]
