"""The tables the module has because every module has them."""

from ijaa.shared.audit import audit_log_table, audit_seals_table
from ijaa.shared.idempotency import idempotency_keys_table
from ijaa.shared.inbox import inbox_table
from ijaa.shared.jobs import jobs_table
from ijaa.shared.outbox import outbox_table
from ijaa.users.base import UsersBase

AUDIT_LOG = audit_log_table(UsersBase.metadata)
AUDIT_SEALS = audit_seals_table(UsersBase.metadata)
IDEMPOTENCY_KEYS = idempotency_keys_table(UsersBase.metadata)
OUTBOX = outbox_table(UsersBase.metadata)
INBOX = inbox_table(UsersBase.metadata)
JOBS = jobs_table(UsersBase.metadata)

OUTGOING_MAILS = "users/outgoing-mails"
"""Purpose of the key that seals the mails among them."""
