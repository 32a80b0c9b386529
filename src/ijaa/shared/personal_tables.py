"""What the tables hold of people that every module has."""

from ijaa.shared.personal import By, Holding, NotExported, Stays

AUDIT_LOG = Holding(
    table="audit_log",
    pseudonymous="actor subject",
    none="id at action details request_id",
    export=NotExported("evidence about those who acted, and about others with them"),
    erasure=Stays("it names by pseudonym alone, and nothing leads from there once the account is gone"),
)
AUDIT_SEALS = Holding(
    table="audit_seals",
    none="seq entry_id hash key_id sealed_at",
    export=NotExported("it tells of nobody"),
    erasure=Stays("it tells of nobody"),
)
INBOX = Holding(
    table="inbox",
    none="source id received_at",
    export=NotExported("it tells of nobody"),
    erasure=Stays("it tells of nobody"),
)
JOBS = Holding(
    table="jobs",
    personal="payload",
    none="id name key cron created_at due_at tries token error parked_at",
    export=NotExported("work that is under way; mails among it are sealed"),
    erasure=Stays("done ones go at once, parked ones after 90 days; a mail is sealed until it is sent"),
)
OUTBOX = Holding(
    table="outbox",
    personal="subject data",
    none="seq id type created_at due_at tries entry error parked_at",
    export=NotExported("copies of what other tables tell, on their way to the other module"),
    # what is on its way is delivered, and nothing of it stays; the message of the erasure supersedes what is parked
    erasure=By("DELETE FROM outbox WHERE parked_at IS NOT NULL AND subject = :username"),
)
