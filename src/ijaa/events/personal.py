"""What the module's tables hold of members: the one declaration that export and erasure follow.

The module knows members by their usernames; nothing here binds another parameter.
"""

from ijaa.shared.personal import By, Holding, NotExported, Rows, Stays
from ijaa.shared.personal_common import AUDIT_LOG, AUDIT_SEALS, INBOX, JOBS, OUTBOX

PERSONAL = (
    Holding(
        table="event_participations",
        personal="participant_username status guests message responded_at promoted_at",
        none="id event_id priority seq version",
        export=Rows("participant_username = :username"),
        erasure=Stays("not yet: seats have to be freed with it"),
    ),
    Holding(
        table="event_invitations",
        personal="invited_username invited_by_username personal_message is_read is_responded created_at",
        none="id event_id",
        export=Rows("invited_username = :username OR invited_by_username = :username"),
        erasure=By("DELETE FROM event_invitations WHERE invited_username = :username"),
    ),
    Holding(
        table="events",
        personal="invite_message organizer_name organizer_email created_by_username",
        none="id title description start_date end_date timezone location event_type privacy is_online meeting_link"
        " capacity going waiting waitlist_seq rsvp_deadline requires_approval waitlist_mode offer_minutes max_guests"
        " tags status search_key location_key created_at updated_at cancelled_at version",
        withheld={"search_key": "derived: folded to be searched", "location_key": "derived: folded to be searched"},
        export=Rows("created_by_username = :username"),
        erasure=Stays("not yet: it needs another organiser"),
    ),
    Holding(
        table="members",
        personal="username standing standing_seq changed_at",
        export=NotExported("where he stands by the messages of the users module, which exports it"),
        erasure=Stays("that he was erased: an older message that comes late must not bring him back"),
    ),
    Holding(
        table="idempotency_keys",
        personal="headers body",
        pseudonymous="principal key fingerprint",
        none="operation status expires_at",
        export=NotExported("answers he was given, sealed under a key only his client has"),
        erasure=Stays("it names him by pseudonym alone, what it holds is sealed, and it goes after 24 hours"),
    ),
    OUTBOX,
    INBOX,
    JOBS,
    AUDIT_LOG,
    AUDIT_SEALS,
)
"""Every table of the module's database."""
