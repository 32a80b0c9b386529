"""Mail leaves once its reason has committed, survives a server that is down, and reaches a real SMTP server whole."""

import asyncio
from base64 import b64decode
from collections.abc import AsyncIterator
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from ijaa.shared.clock import FrozenClock
from ijaa.shared.crypto import SecretBox
from ijaa.shared.database import Database
from ijaa.shared.job_runner import JobRunner
from ijaa.shared.jobs import JobQueue
from ijaa.shared.mail import FolderTransport, Mail, MailError, SmtpTransport, compose, transport_for
from ijaa.shared.mail_queue import MailQueue
from tests.e2e.processes import free_port

LINK = "https://alumni.example/verify?token=" + "a1B2_-" * 15
MAIL = Mail("asha@alumni.example", "Confirm your address", f"Open this link:\n\n{LINK}\n")


class Postbox:
    """What an SMTP server took."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        message = message_from_bytes(envelope.original_content or b"", policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.mails.append(message)
        return "250 OK"


@pytest.fixture
async def smtp() -> AsyncIterator[tuple[str, Postbox]]:
    """Give the URL of a real SMTP server, and what it takes."""
    postbox, port = Postbox(), free_port()
    controller: Any = Controller(postbox, hostname="127.0.0.1", port=port)
    controller.start()
    yield f"smtp://127.0.0.1:{port}", postbox
    controller.stop()


def a_queue(database: Database, url: str, clock: FrozenClock) -> tuple[MailQueue, JobRunner]:
    """Return a queue over the users database, and the worker that empties it."""
    box, jobs = SecretBox("secret key of the tests, 0123456789", "mail"), JobQueue(database, clock)
    mails = MailQueue(jobs, box, transport_for(url), "IJAA <no-reply@alumni.example>")
    return mails, JobRunner(jobs, [mails.kind])


async def left(database: Database) -> int:
    """Return how many mails wait."""
    waiting: int = await database.fetch_value("SELECT count(*) FROM jobs")
    return waiting


async def test_a_mail_reaches_a_real_server_whole(
    users_database: Database, smtp: tuple[str, Postbox], clock: FrozenClock
) -> None:
    url, postbox = smtp
    queue, worker = a_queue(users_database, url, clock)
    async with worker.run():
        async with users_database.transaction() as session:
            await queue.put(session, MAIL, identity="verify-1")
        async with asyncio.timeout(30):
            while not postbox.mails or await left(users_database):
                await asyncio.sleep(0.01)
    (mail,) = postbox.mails
    assert LINK in mail.get_content()
    assert (mail["To"], mail["Message-ID"]) == ("asha@alumni.example", "<verify-1@alumni.example>")


async def test_a_link_stands_in_one_piece_in_the_raw_mail(clock: FrozenClock) -> None:
    # mutant: let long lines become quoted-printable
    assert LINK.encode() in compose(MAIL, "IJAA <no-reply@alumni.example>", "m", clock).as_bytes()


async def test_nothing_leaves_without_its_reason(users_database: Database, tmp_path: Path, clock: FrozenClock) -> None:
    # mutant: send in the request, before the commit
    queue, worker = a_queue(users_database, f"file://{tmp_path}", clock)
    with pytest.raises(ZeroDivisionError):
        async with users_database.transaction() as session:
            await queue.put(session, MAIL, identity="verify-1")
            _ = 1 / 0
    assert await worker.run_due() == 0
    assert list(tmp_path.iterdir()) == []


async def test_a_server_that_is_down_delays_and_loses_nothing(
    users_database: Database, smtp: tuple[str, Postbox], clock: FrozenClock
) -> None:
    # mutant: delete the row before the server took the mail
    down, failing = a_queue(users_database, f"smtp://127.0.0.1:{free_port()}", clock)
    async with users_database.transaction() as session:
        await down.put(session, MAIL, identity="verify-1")
    assert await failing.run_due() == 1
    assert await left(users_database) == 1
    url, postbox = smtp
    _, up = a_queue(users_database, url, clock)
    assert await up.run_due() == 0  # not yet: it backs off
    clock.at += timedelta(minutes=1)
    assert await up.run_due() == 1
    assert len(postbox.mails) == 1
    assert await left(users_database) == 0


async def test_two_relays_send_each_mail_once(
    users_database: Database, smtp: tuple[str, Postbox], clock: FrozenClock
) -> None:
    # mutant: take rows without SKIP LOCKED or without the lease
    url, postbox = smtp
    (queue, first), (_, second) = (a_queue(users_database, url, clock) for _ in range(2))
    async with users_database.transaction() as session:
        for number in range(30):
            await queue.put(session, MAIL, identity=f"verify-{number}")
    await asyncio.gather(*(worker.run_due(10) for worker in (first, second, first, second)))
    assert sorted(m["Message-ID"] for m in postbox.mails) == sorted(f"<verify-{n}@alumni.example>" for n in range(30))


async def test_the_queue_holds_no_readable_token(users_database: Database, tmp_path: Path, clock: FrozenClock) -> None:
    queue, _ = a_queue(users_database, f"file://{tmp_path}", clock)
    async with users_database.transaction() as session:
        await queue.put(session, MAIL, identity="verify-1")
    said = msgspec.json.decode(await users_database.fetch_value("SELECT payload::text FROM jobs"))
    assert b"token=" not in b64decode(said["sealed"])
    assert "asha" not in str(said)


async def test_mail_files_are_for_their_owner_alone(tmp_path: Path, clock: FrozenClock) -> None:
    await FolderTransport(tmp_path / "mail").send(compose(MAIL, "no-reply@alumni.example", "m", clock))
    (file,) = (tmp_path / "mail").iterdir()
    assert file.suffix == ".eml"
    assert file.stat().st_mode & 0o777 == 0o600


async def test_a_picture_is_beside_the_page_that_shows_it(
    users_database: Database, smtp: tuple[str, Postbox], clock: FrozenClock
) -> None:
    """Kills: a picture that is an attachment of the whole, which readers list; a text that is lost beside it."""
    url, postbox = smtp
    queue, worker = a_queue(users_database, url, clock)
    picture = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
    mail = Mail("asha@alumni.example", "See", "Text\n", html='<img src="cid:code">', pictures={"code": picture})
    async with users_database.transaction() as session:
        await queue.put(session, mail, identity="note-1")
    assert await worker.run_due() == 1
    (sent,) = postbox.mails
    assert [part.get_content_type() for part in sent.walk()] == [
        "multipart/alternative", "text/plain", "multipart/related", "text/html", "image/png",
    ]  # fmt: skip
    shown = [*sent.walk()][-1]
    assert (shown["Content-ID"], shown.get_content_disposition(), shown.get_filename()) == ("<code>", "inline", None)
    assert shown.get_payload(decode=True) == picture


async def test_a_folder_that_cannot_be_written_is_a_mail_error(tmp_path: Path, clock: FrozenClock) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(MailError):
        await FolderTransport(tmp_path / "file" / "mail").send(compose(MAIL, "a@b.example", "m", clock))


async def test_a_refusing_server_is_a_mail_error(clock: FrozenClock) -> None:
    with pytest.raises(MailError):
        await SmtpTransport(f"smtp://127.0.0.1:{free_port()}").send(compose(MAIL, "a@b.example", "m", clock))
