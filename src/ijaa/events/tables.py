"""The tables the module has because every module has them."""

from ijaa.events.base import EventsBase
from ijaa.shared.audit import audit_log_table, audit_seals_table
from ijaa.shared.idempotency import idempotency_keys_table
from ijaa.shared.inbox import inbox_table
from ijaa.shared.jobs import jobs_table
from ijaa.shared.outbox import outbox_table

AUDIT_LOG = audit_log_table(EventsBase.metadata)
AUDIT_SEALS = audit_seals_table(EventsBase.metadata)
IDEMPOTENCY_KEYS = idempotency_keys_table(EventsBase.metadata)
INBOX = inbox_table(EventsBase.metadata)
JOBS = jobs_table(EventsBase.metadata)
OUTBOX = outbox_table(EventsBase.metadata)
