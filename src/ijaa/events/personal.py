"""What the module's tables hold of members: the one declaration that export and erasure follow.

The module knows members by their usernames; nothing here binds another parameter.
"""

from dataclasses import replace

from ijaa.shared.personal import By, ByCode, Holding, NotExported, Rows, Stays
from ijaa.shared.personal_tables import AUDIT_LOG, AUDIT_SEALS, INBOX, JOBS, OUTBOX

_ANSWER = (
    "participant_username", "status", "guests", "message", "responded_at", "promoted_at", "asked_again_at",
    "offered_until", "arrived_guests", "priority", "seq", "version", "ticket",
)  # fmt: skip
"""What an answer is to nobody else."""

PERSONAL = (
    Holding(
        table="event_participations",
        personal="participant_username status guests message responded_at promoted_at asked_again_at offered_until"
        " checked_in_at checked_in_by arrived_guests",
        none="id event_id priority seq version ticket",
        # of those he let in he sees that he did, and when; who let him in is somebody else
        partly={
            "checked_in_by": "CASE WHEN checked_in_by = :username THEN checked_in_by END",
            **{name: f"CASE WHEN participant_username = :username THEN {name} END" for name in _ANSWER},
        },
        export=Rows("participant_username = :username OR checked_in_by = :username"),
        erasure=ByCode(
            "seats.repository.SeatRepository.forget",
            "under the lock of the event: seats are freed and promote, of what is over a number stays; whom he let in"
            " was let in by nobody",
        ),
    ),
    Holding(
        table="event_invitations",
        personal="invited_username invited_by_username personal_message is_void is_read is_responded created_at",
        none="id event_id expires_at reminded_at",
        withheld={"is_void": "it would tell who invited of a block, or of an account, that is none of his business"},
        # whether he has read it is nothing for who invited him
        partly={
            name: f"CASE WHEN invited_username = :username THEN {name} END" for name in ("is_read", "is_responded")
        },
        # one that is void was never sent: it would tell whom a block hides from whom
        export=Rows("invited_username = :username AND NOT is_void OR invited_by_username = :username"),
        # whom he invited stays invited, by nobody
        erasure=By(
            "DELETE FROM event_invitations WHERE invited_username = :username",
            """
            UPDATE event_invitations SET invited_by_username = NULL, personal_message = NULL
            WHERE invited_by_username = :username
            """,
        ),
    ),
    Holding(
        table="event_organisers",
        personal="username role added_by created_at",
        none="id event_id",
        export=Rows("username = :username OR added_by = :username"),
        # whom he appointed goes on
        erasure=By(
            "DELETE FROM event_organisers WHERE username = :username",
            "UPDATE event_organisers SET added_by = NULL WHERE added_by = :username",
        ),
    ),
    Holding(
        table="event_comments",
        personal="username content created_at edited_at",
        none="id event_id parent_id depth likes deleted_at",
        export=Rows("username = :username"),
        erasure=ByCode(
            "comments.thread_repository.ThreadRepository.forget",
            "under the locks of the discussions: what was answered stays as a tombstone, with nothing of him in it",
        ),
    ),
    Holding(
        table="event_comment_edits",
        personal="content replaced_at",
        none="id comment_id",
        export=Rows("comment_id IN (SELECT id FROM event_comments WHERE username = :username)"),
        erasure=ByCode("comments.thread_repository.ThreadRepository.forget", "with the comments, also with tombstones"),
    ),
    Holding(
        table="event_comment_likes",
        personal="username liked_at",
        none="comment_id",
        export=Rows("username = :username"),
        erasure=ByCode("comments.thread_repository.ThreadRepository.forget", "each is counted off its comment"),
    ),
    Holding(
        table="event_discussions",
        none="event_id comments version",
        export=NotExported("numbers"),
        erasure=Stays("numbers"),
    ),
    Holding(
        table="event_email_invitations",
        personal="invited_by_username personal_message sealed_address mails sent_at",
        pseudonymous="address_hash token_hash",
        none="id event_id is_revoked expires_at",
        withheld=dict.fromkeys(("sealed_address", "address_hash", "token_hash"), "of somebody else"),
        export=Rows("invited_by_username = :username"),
        # without who brought it along nothing speaks for keeping an address
        erasure=By("DELETE FROM event_email_invitations WHERE invited_by_username = :username"),
    ),
    Holding(
        table="invitation_opt_outs",
        pseudonymous="address_hash",
        none="created_at",
        export=NotExported("which address it is, nobody can tell who is not given one to compare"),
        erasure=Stays("the wish to be left alone has to outlive whoever had it"),
    ),
    Holding(
        table="events",
        personal="invite_message organizer_name organizer_email created_by_username",
        none="id title description start_date end_date timezone location event_type privacy is_online meeting_link"
        " capacity going waiting waitlist_seq seat_entries rsvp_deadline requires_approval waitlist_mode offer_minutes"
        " max_guests tags media_approval banner status search_key search_words location_key created_at updated_at"
        " cancelled_at version",
        withheld={
            **dict.fromkeys(("search_key", "search_words", "location_key"), "derived: folded to be searched"),
            "banner": "where it lies in the storage; its link is on the event",
        },
        export=Rows("created_by_username = :username"),
        erasure=ByCode(
            "members.repository.MemberRepository.part_from_organisers",
            "under its lock: an event goes to the one longest beside him, else on without whose it was; a draft goes",
        ),
    ),
    Holding(
        table="seat_ledger",
        personal="username",
        pseudonymous="participation_id",
        # whose it was is all that tells of somebody; an entry goes on explaining where the seats are
        none="event_id entry at what actor status_before status guests_before guests seats waiting seq priority"
        " position reason offered_until capacity_before capacity",
        export=Rows("username = :username"),
        erasure=By("UPDATE seat_ledger SET username = NULL WHERE username = :username"),
    ),
    Holding(
        table="seat_proofs",
        none="event_id entry proved_at differences",
        export=NotExported("numbers"),
        erasure=Stays("numbers"),
    ),
    Holding(
        table="event_media",
        personal="uploaded_by_username caption sha256",
        none="id event_id media_type file_id file_type file_size width height is_approved created_at updated_at"
        " version",
        withheld={"file_id": "where it lies in the storage; the file itself is in the archive"},
        export=Rows("uploaded_by_username = :username"),
        erasure=ByCode("files.service.FileRows.of_members", "the objects have to go once the rows are gone"),
    ),
    Holding(
        table="event_media_likes",
        personal="username created_at",
        none="media_id",
        export=Rows("username = :username"),
        erasure=By("DELETE FROM event_media_likes WHERE username = :username"),
    ),
    Holding(
        table="event_activity",
        none="event_id score",
        export=NotExported("numbers"),
        erasure=Stays("numbers, made anew every five minutes"),
    ),
    Holding(
        table="event_analytics",
        none="event_id total_invitations confirmed maybe declined pending waitlisted attended comments media reminders"
        " responded engaged first_rsvp_at last_rsvp_at average_response_hours mark computed_at",
        export=NotExported("numbers"),
        erasure=Stays("numbers, counted anew once anything they are made of is gone"),
    ),
    Holding(
        table="erased_answers",
        none="event_id status answers seats attended arrived_guests",
        export=NotExported("numbers"),
        erasure=Stays("numbers"),
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
    replace(
        OUTBOX,
        # what is on its way is delivered, and nothing of it stays; what is parked may name him
        erasure=By(
            """
            DELETE FROM outbox WHERE parked_at IS NOT NULL
                AND (subject = :username OR data ->> 'by' = CAST(:username AS text))
            """,
            *(
                f"""
                UPDATE outbox
                SET data = data || jsonb_build_object('{names}', (data -> '{names}') - CAST(:username AS text))
                WHERE parked_at IS NOT NULL AND (data -> '{names}') ? CAST(:username AS text)
                """
                for names in ("usernames", "organisers")
            ),
            "DELETE FROM outbox WHERE parked_at IS NOT NULL AND data ->> 'invited_by' = :username",
        ),
    ),
    INBOX,
    JOBS,
    AUDIT_LOG,
    AUDIT_SEALS,
)
"""Every table of the module's database."""
