"""A process that tells members of announcements until it is killed: `python -m tests.faults.announcing`."""

import asyncio
import os
from datetime import timedelta

from ijaa.shared.clock import SystemClock
from ijaa.shared.crypto import SecretBox
from ijaa.shared.database import Database
from ijaa.shared.job_runner import JobRunner
from ijaa.shared.jobs import JobQueue
from ijaa.shared.mail import transport_for
from ijaa.shared.mail_queue import MailQueue
from ijaa.shared.pages import Cursors
from ijaa.users.announcements import service
from ijaa.users.announcements.jobs import tellings
from ijaa.users.announcements.repository import AnnouncementRepository
from ijaa.users.announcements.service import Announcer
from ijaa.users.notifications.repository import NotificationRepository
from ijaa.users.notifications.service import Notifier

LEASE = timedelta(seconds=1)


async def main() -> None:
    """Work until the end."""
    service.PORTION = int(os.environ["PORTION"])
    database, clock = Database("users", os.environ["USERS"]), SystemClock()
    queue = JobQueue(database, clock)
    mails = MailQueue(
        queue, SecretBox("secret of a drill, 0123456789", "mails"), transport_for("smtp://127.0.0.1:1"), "a@a.example"
    )
    notifier = Notifier(
        NotificationRepository(database), mails, lambda *_: None, Cursors(b"k" * 32), "https://alumni.example", clock
    )
    announcer = Announcer(AnnouncementRepository(database), notifier, clock)
    async with JobRunner(queue, [tellings(announcer)], lease=LEASE).run():
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
