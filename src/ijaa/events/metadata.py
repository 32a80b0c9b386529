"""Every table of the events module, for alembic and for nobody else."""

from ijaa.events.base import EventsBase
from ijaa.events.catalogue.models import Event
from ijaa.events.invitations.models import EventInvitation
from ijaa.events.members.models import KnownMember
from ijaa.events.participations.models import ErasedAnswers, EventParticipation
from ijaa.events.seats.models import SeatEntry, SeatProof
from ijaa.shared.audit import audit_log_table, audit_seals_table
from ijaa.shared.idempotency import idempotency_keys_table
from ijaa.shared.inbox import inbox_table
from ijaa.shared.jobs import jobs_table
from ijaa.shared.outbox import outbox_table

metadata = EventsBase.metadata
AUDIT_LOG = audit_log_table(metadata)
AUDIT_SEALS = audit_seals_table(metadata)
IDEMPOTENCY_KEYS = idempotency_keys_table(metadata)
INBOX = inbox_table(metadata)
JOBS = jobs_table(metadata)
OUTBOX = outbox_table(metadata)

__all__ = [
    "AUDIT_LOG",
    "AUDIT_SEALS",
    "IDEMPOTENCY_KEYS",
    "INBOX",
    "OUTBOX",
    "ErasedAnswers",
    "Event",
    "EventInvitation",
    "EventParticipation",
    "KnownMember",
    "SeatEntry",
    "SeatProof",
    "metadata",
]
