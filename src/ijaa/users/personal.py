"""What the module's tables hold of members: the one declaration that export and erasure follow.

The order is that of erasing: what is found by way of another row goes before it, the account itself last.
"""

from ijaa.shared.personal import By, ByCode, CascadesWith, Holding, NotExported, Rows, Stays
from ijaa.shared.personal_tables import AUDIT_LOG, AUDIT_SEALS, INBOX, JOBS, OUTBOX
from ijaa.users.standing import MAY_ACT

_WITH_ACCOUNT = CascadesWith("users")
_MINE = "user_id = :id"
_HASH = "a secret, and a hash of one"
_SEARCHED = "derived: another column, folded to be searched"
# with whom he sees, as the list of connections has them
_CONNECTIONS = (
    "(requester_username = :username OR receiver_username = :username)"
    " AND NOT EXISTS (SELECT FROM users u WHERE u.username IN (requester_username, receiver_username)"
    f" AND u.username <> :username AND NOT ({MAY_ACT.format(now='now()')}))"
    " AND NOT EXISTS (SELECT FROM blocks b WHERE b.blocked_username = :username"
    " AND b.blocker_username IN (requester_username, receiver_username))"
)
_BY_REPORTER = ("id", "reporter_username", "title", "description", "attachment", "version")
_WHEN_REPORTED = ("created_at", "updated_at", "resolved_at")
_MONTH_UNLESS_HIS = "CASE WHEN reporter_username = :username THEN {name} ELSE date_trunc('month', {name}, 'UTC') END"

_COMMUNITY = (
    Holding(
        table="notifications",
        personal="user_id kind subject facts count told_at read_at",
        none="id seq",
        export=Rows(_MINE),
        # his own go with the account; what others were told of him names him
        erasure=By(
            """
            DELETE FROM notifications n USING connections c, users u
            WHERE (c.requester_username = :username OR c.receiver_username = :username)
              AND u.username IN (c.requester_username, c.receiver_username)
              AND n.user_id = u.id AND n.subject = 'connection/' || c.id
            """,
            "DELETE FROM notifications WHERE kind = 'invitation' AND facts ->> 'username' = :username",
        ),
    ),
    Holding(
        table="notification_preferences",
        personal="user_id kind in_app email",
        export=Rows(_MINE),
        erasure=_WITH_ACCOUNT,
    ),
    Holding(
        table="connections",
        personal="requester_username receiver_username status created_at updated_at",
        none="id",
        export=Rows(_CONNECTIONS),
        erasure=By("DELETE FROM connections WHERE requester_username = :username OR receiver_username = :username"),
    ),
    Holding(
        table="blocks",
        personal="blocker_username blocked_username created_at",
        export=Rows("blocker_username = :username"),  # who blocked him is not his to know
        erasure=By("DELETE FROM blocks WHERE blocker_username = :username OR blocked_username = :username"),
    ),
    Holding(
        table="reports",
        personal="reporter_username title description target_id evidence admin_notes outcome attachment",
        pseudonymous="assigned_to",
        none="id category status priority target_kind created_at updated_at resolved_at version",
        withheld={
            "evidence": "what somebody else had said, as it was; of himself it shows who he was to who reported it",
            "admin_notes": "what admins note for each other",
            "assigned_to": "an admin",
            "priority": "how admins work",
        },
        # of what others reported about him, once it has ended: that it was, nothing of who did it or in which words;
        # who was with him at a moment could be whoever filed it then, and ids tell the order
        partly={
            **{name: f"CASE WHEN reporter_username = :username THEN {name} END" for name in _BY_REPORTER},
            **{name: _MONTH_UNLESS_HIS.format(name=name) for name in _WHEN_REPORTED},
            "outcome": "CASE WHEN reporter_username = :username AND resolved_at IS NOT NULL THEN outcome END",
        },
        export=Rows(
            "reporter_username = :username"
            " OR target_kind = 'member' AND target_id = :username AND resolved_at IS NOT NULL"
        ),
        # the case stays, for those it concerns; whose it was, and in which words, does not
        erasure=By(
            # what shows him, or what he showed, goes with what told of it; the objects are swept
            """
            DELETE FROM files WHERE report_id IN (
                SELECT id FROM reports WHERE reporter_username = :username
                   OR target_kind = 'member' AND target_id = :username OR evidence ->> 'author' = :username
                ORDER BY id FOR UPDATE
            )
            """,
            """
            UPDATE reports SET reporter_username = NULL, title = '(erased)', description = '', attachment = NULL,
                admin_notes = NULL, outcome = NULL
            WHERE reporter_username = :username
            """,
            """
            UPDATE reports SET target_id = NULL, evidence = NULL, admin_notes = NULL
            WHERE target_kind = 'member' AND target_id = :username
            """,
            # an event stays, without whose it was; a comment or a medium is its author's own
            """
            UPDATE reports SET evidence = CASE WHEN target_kind = 'event' THEN evidence - 'author' - 'details' END,
                admin_notes = NULL
            WHERE evidence ->> 'author' = :username
            """,
        ),
    ),
    Holding(
        table="announcements",
        personal="author_name",
        pseudonymous="author_id",
        none="id title content category urgent pinned active image audience batches batch_from batch_to location"
        " visible_from visible_until told_up_to told_at created_at updated_at version",
        export=NotExported("what admins wrote to everybody"),
        erasure=Stays("its author is an admin"),
    ),
    Holding(
        table="announcement_reads",
        personal="user_id read_at",
        none="announcement_id",
        export=Rows(_MINE),
        erasure=_WITH_ACCOUNT,
    ),
)

_BROUGHT_IN = (
    Holding(
        table="member_imports",
        personal="body",
        pseudonymous="started_by",
        none="id file_name mapping delimiter mode dry_run state lines line created updated unchanged refused"
        " errors problem created_at ended_at",
        export=NotExported("a list of many people, while it is taken in; what it told of him is his record"),
        erasure=Stays("the list is dropped when it was taken in"),
    ),
    Holding(
        table="claims",
        personal="user_id email phone birth_date student_number",
        pseudonymous="settled_by",
        none="id record_id state created_at settled_at",
        withheld={"settled_by": "an admin"},
        export=Rows(_MINE),
        erasure=_WITH_ACCOUNT,
    ),
    Holding(
        table="member_records",
        personal="claimed_by name name_key batch email phone phone_key birth_date student_number student_key profession"
        " location extra",
        none="id import_id created_at updated_at",
        withheld={"name_key": _SEARCHED, "phone_key": _SEARCHED, "student_key": _SEARCHED},
        export=Rows("claimed_by = :id"),
        # the one he claimed goes with the account; one that nobody did and that has his address and his name is his,
        # too. One of another name may be somebody else's, where two or an office have one address: it stays. The
        # address goes from it, claimed or not: it was an account's, and so his alone here; its other facts stay
        erasure=By(
            """
            DELETE FROM member_records WHERE id IN (
                SELECT id FROM member_records WHERE email = :email AND claimed_by IS NULL
                    AND name_key = (SELECT name_key FROM profiles WHERE user_id = :id) ORDER BY id FOR UPDATE
            )
            """,
            """
            UPDATE member_records SET email = NULL WHERE id IN (
                SELECT id FROM member_records WHERE email = :email AND claimed_by IS DISTINCT FROM :id
                ORDER BY id FOR UPDATE
            )
            """,
        ),
    ),
)

_PROFILE = (
    Holding(
        table="profiles",
        personal="user_id username name name_key former_name nickname profession location bio phone email linked_in"
        " website facebook batch photo cover visibility",
        none="created_at updated_at version",
        withheld={"name_key": _SEARCHED},
        export=Rows(_MINE),
        erasure=_WITH_ACCOUNT,
    ),
    Holding(
        table="directory",
        personal="user_id level personal sort_key batch profession_key location_key company_keys interest_keys names"
        " words connections",
        export=NotExported("derived: profile, experiences and interests, folded to be searched"),
        erasure=_WITH_ACCOUNT,
    ),
    Holding(
        table="experiences",
        personal="user_id title title_key company company_key start_date end_date period description",
        none="id created_at updated_at version",
        withheld={"title_key": _SEARCHED, "company_key": _SEARCHED},
        export=Rows(_MINE),
        erasure=_WITH_ACCOUNT,
    ),
    Holding(
        table="interests",
        personal="user_id interest interest_key",
        none="id created_at updated_at version",
        withheld={"interest_key": _SEARCHED},
        export=Rows(_MINE),
        erasure=_WITH_ACCOUNT,
    ),
    Holding(
        table="user_settings",
        personal="user_id theme language time_zone",
        none="created_at updated_at version",
        export=Rows(_MINE),
        erasure=_WITH_ACCOUNT,
    ),
    Holding(
        table="exports",
        personal="user_id state created_at ready_at expires_at fetched_at",
        none="id file_id size broken_off",
        export=Rows(_MINE),
        erasure=_WITH_ACCOUNT,
    ),
    Holding(
        table="files",
        personal="owner_id key sha256",
        none="id announcement_id report_id place purpose media_type size created_at",
        withheld={"key": "where it lies in the storage; the file itself is in the archive"},
        export=Rows(
            "owner_id = :id OR report_id IN (SELECT id FROM reports WHERE reports.reporter_username = :username)"
        ),
        erasure=ByCode("files.service.FileService.remove", "the objects have to go once the rows are gone"),
    ),
)

_ACCOUNT = (
    Holding(
        table="refresh_tokens",
        pseudonymous="hash session_id",
        none="seq issued_at spent_at",
        export=NotExported("hashes of tokens"),
        erasure=CascadesWith("sessions"),
    ),
    Holding(
        table="sessions",
        personal="username user_agent ip created_at last_used_at authenticated_at",
        pseudonymous="id principal_id",
        none="principal_kind expires_at revoked_at current_seq",
        withheld={"current_seq": "how tokens are rotated"},
        export=Rows("principal_kind = 'member' AND principal_id = :user_id"),
        erasure=By("DELETE FROM sessions WHERE principal_kind = 'member' AND principal_id = :user_id"),
    ),
    Holding(
        table="revocations",
        pseudonymous="session_id",
        none="id revoked_at expires_at",
        export=NotExported("sessions that ended, until their access tokens have expired"),
        erasure=Stays("nothing leads from it once the session is gone, and it goes within the hour"),
    ),
    Holding(
        table="idempotency_keys",
        personal="headers body",
        pseudonymous="principal key fingerprint",
        none="operation status expires_at",
        export=NotExported("answers he was given, sealed under a key only his client has"),
        erasure=By("DELETE FROM idempotency_keys WHERE principal = :user_id"),
    ),
    Holding(
        table="password_guesses",
        pseudonymous="who places",
        none="guessed_at",
        export=NotExported("a keyed hash that names nobody"),
        erasure=Stays("a keyed hash that names nobody; it goes after a day"),
    ),
    Holding(
        table="registrations",
        personal="username email password_hash name batch",
        none="id token_hash created_at expires_at",
        export=NotExported("somebody who gave this address and never proved it; not known to be him"),
        erasure=By(
            """
            DELETE FROM registrations WHERE id IN (
                SELECT id FROM registrations WHERE email = :email ORDER BY id FOR UPDATE
            )
            """
        ),
    ),
    Holding(
        table="email_tokens",
        personal="user_id",
        none="hash purpose created_at expires_at used_at",
        withheld={"hash": _HASH},
        export=Rows(_MINE),
        erasure=_WITH_ACCOUNT,
    ),
    Holding(
        table="email_changes",
        personal="user_id new_email",
        pseudonymous="session_id",
        none="old_hash new_hash old_confirmed_at new_confirmed_at created_at expires_at",
        withheld={"old_hash": _HASH, "new_hash": _HASH},
        export=Rows(_MINE),
        erasure=_WITH_ACCOUNT,
    ),
    Holding(
        table="erased_usernames",
        personal="username",
        pseudonymous="user_id",
        none="erased_at",
        export=NotExported("who is in it has no account"),
        erasure=Stays("an erased name is never given again, because rows elsewhere may still name it"),
    ),
    Holding(
        table="users",
        personal="id username login_alias email password_hash active email_verified_at suspended_at suspended_until"
        " suspension_reason erase_after",
        pseudonymous="user_id",
        none="created_at updated_at version",
        withheld={"password_hash": _HASH},
        export=Rows("id = :id"),
        erasure=By("DELETE FROM users WHERE id = :id"),
    ),
)

_INSTALLATION = (
    Holding(
        table="admins",
        personal="name email password_hash totp_seed totp_pending",
        pseudonymous="id admin_id",
        none="role active totp_last_step totp_confirmed_at created_at updated_at version",
        export=NotExported("admins are not members"),
        erasure=Stays("admins are not members: what they did stays theirs"),
    ),
    Holding(
        table="admin_recovery_codes",
        pseudonymous="admin_id hash",
        none="created_at used_at",
        export=NotExported("admins are not members"),
        erasure=Stays("admins are not members; codes go when new ones are made"),
    ),
    Holding(
        table="feature_flags",
        none="id name display_name parent_id enabled description created_at updated_at version",
        export=NotExported("it tells of nobody"),
        erasure=Stays("it tells of nobody"),
    ),
    Holding(
        table="signing_keys",
        none="kid public_jwk sealed_private created_at active_from revoked_at",
        export=NotExported("it tells of nobody"),
        erasure=Stays("it tells of nobody"),
    ),
)

PERSONAL = (
    *_COMMUNITY, *_BROUGHT_IN, *_PROFILE, OUTBOX, INBOX, JOBS, AUDIT_LOG, AUDIT_SEALS, *_INSTALLATION, *_ACCOUNT,
)  # fmt: skip
"""Every table of the module's database."""
