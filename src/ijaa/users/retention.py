"""How long the module keeps what it keeps (behaviours: Retention)."""

from datetime import timedelta

from ijaa.shared.purge import COMMON, Purge

PURGES = (
    *COMMON,
    # the devices of a member, and what the dashboard counts
    Purge("sessions", "least(expires_at, revoked_at)", timedelta(days=90)),
    Purge("password_guesses", "guessed_at", timedelta(days=1)),
    Purge("registrations", "expires_at", timedelta()),
    Purge("email_tokens", "expires_at", timedelta(days=7)),
    Purge("email_changes", "expires_at", timedelta(days=7)),
    # with the evidence; a report nobody settled stays
    Purge("reports", "resolved_at", timedelta(days=730)),
    Purge("member_imports", "ended_at", timedelta(days=90)),
    Purge("claims", "settled_at", timedelta(days=90)),
    Purge("exports", "CASE WHEN file_id IS NULL AND state <> 'REQUESTED' THEN created_at END", timedelta(days=90)),
    # what nobody settled holds private facts; whoever still wants his record claims it anew
    Purge("claims", "CASE WHEN settled_at IS NULL THEN created_at END", timedelta(days=180)),
    Purge("notifications", "told_at", timedelta(days=365)),
)
