"""Use cases of sessions."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from uuid import UUID, uuid4
from weakref import WeakValueDictionary

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from ijaa.shared import audit
from ijaa.shared.access_tokens import issue
from ijaa.shared.clock import Clock
from ijaa.shared.crypto import new_token, next_token, token_hash
from ijaa.shared.database import Database, after_commit
from ijaa.shared.errors import NotFound
from ijaa.shared.flags import Offer
from ijaa.shared.mail_queue import MailQueue
from ijaa.shared.pages import Cursors, Page
from ijaa.shared.principals import InvalidTokenError, Kind, Principal, Role, TokenVerifier
from ijaa.users.errors import SessionEnded
from ijaa.users.sessions.domain import FAMILY_LIFETIME, Family, Verdict, judge
from ijaa.users.sessions.feed import RevocationFeed
from ijaa.users.sessions.keys import SigningKeys
from ijaa.users.sessions.mails import reuse_mail
from ijaa.users.sessions.repository import After, Owner, SessionRepository
from ijaa.users.sessions.revoked import Revoked
from ijaa.users.sessions.schemas import Device, SessionRead, Tokens
from ijaa.users.tables import AUDIT_LOG


class SessionEndings:
    """Ends the sessions of others, in the transaction of the reason why."""

    def __init__(self, repository: SessionRepository, feed: RevocationFeed, clock: Clock) -> None:
        self._repository, self._feed, self._clock = repository, feed, clock

    async def end_all(self, session: AsyncSession, kind: Kind, principal_id: str, *, keep: UUID | None = None) -> None:
        """End every session of somebody but the one to keep, and tell every process.

        Lock his row first: a sign-in that was checked before has committed then, so that its session is among those
        that end, and one that comes after finds what has changed.
        """
        revoked = await self._repository.revoke_all(session, kind, principal_id, self._clock.now(), keep=keep)
        tell_after_commit(session, self._feed, revoked)


class SessionService:
    """Opens, refreshes, lists and ends sessions, of members and of admins alike."""

    def __init__(
        self,
        database: Database,
        repository: SessionRepository,
        keys: SigningKeys,
        feed: RevocationFeed,
        *,
        verifier: TokenVerifier,
        mails: MailQueue,
        successor_key: bytes,
        issuer: str,
        cursors: Cursors,
        clock: Clock,
    ) -> None:
        self._database, self._repository, self._keys, self._feed = database, repository, keys, feed
        self._verifier, self._mails, self._cursors = verifier, mails, cursors
        self._successor_key, self._issuer, self._clock = successor_key, issuer, clock
        self._endings = SessionEndings(repository, feed, clock)
        self._turns: WeakValueDictionary[bytes, asyncio.Lock] = WeakValueDictionary()

    async def open(
        self,
        session: AsyncSession,
        user_id: str,
        username: str,
        *,
        role: Role,
        device: Device,
    ) -> Tokens:
        """Open a session in the transaction of the sign-in that proves who it is for."""
        now = self._clock.now()
        principal = Principal(user_id, username, str(uuid4()), role, int(now.timestamp()))
        token = new_token()
        await self._repository.open(
            session,
            principal,
            device=device,
            token_hash=token_hash(token),
            now=now,
            expires_at=now + FAMILY_LIFETIME,
        )
        return await self._tokens(principal, token)

    async def refresh(self, token: str, offer: Offer) -> Tokens:
        """Give the successor of a refresh token, and a new access token.

        Raises:
            FeatureDisabled: it is not offered to the owner of the session just now, or to members where there is none.
            SessionEnded: the token is unknown, expired, revoked, or was used before; the last ends its whole family.

        """
        now, shown = self._clock.now(), token_hash(token)
        successor = next_token(self._successor_key, token)
        # here they wait without a connection each: one token shown fifty times must not empty the pool
        async with self._turns.setdefault(shown, asyncio.Lock()), self._database.transaction() as session:
            family = await self._repository.lock(session, shown, now)
            offer.to(family.kind if family else "member")
            verdict = judge(family, now) if family else Verdict.ENDED
            if family and verdict is Verdict.ROTATE:
                await self._repository.rotate(session, family, token_hash(successor), now)
            elif family and verdict is Verdict.REUSED:
                await self._end_stolen(session, family)
        if family is None or verdict in {Verdict.ENDED, Verdict.REUSED}:
            raise SessionEnded
        return await self._tokens(family.principal, successor)

    async def log_out(self, refresh_token: str | None, access_token: str | None, offer: Offer) -> None:
        """End the session these tokens belong to; tokens that are not good end nothing, and that is no error.

        Raises `FeatureDisabled` when it is not offered to the owner just now, or to members where there is none.
        """
        owners: dict[UUID, Owner] = {}
        if access_token:
            with suppress(InvalidTokenError):  # there is nothing to end then
                caller = await self._verifier.verify(access_token)
                owners[UUID(caller.session_id)] = Owner(caller.kind, caller.user_id)
        async with self._database.transaction() as session:
            if refresh_token and (found := await self._repository.find(session, token_hash(refresh_token))):
                owners |= found
            for kind in {owner.kind for owner in owners.values()} or {"member"}:
                offer.to(kind)
            ended = await self._repository.revoke(session, list(owners), self._clock.now()) if owners else []
            for one in ended:
                await self._note(session, "admin-signed-out", owners[UUID(one.session_id)], session_id=one.session_id)
            self._told(session, ended)

    async def log_out_everywhere(self, caller: Principal) -> None:
        """End every session of the caller, this one included."""
        async with self._database.transaction() as session:
            await self._endings.end_all(session, caller.kind, caller.user_id)
            await self._note(session, "admin-signed-out", Owner(caller.kind, caller.user_id), everywhere=True)

    async def reauthenticate(self, caller: Principal) -> str:
        """Note that the caller proved his password just now and return an access token that says so.

        Raises:
            SessionEnded: the session was ended in the meantime.

        """
        now = self._clock.now()
        async with self._database.transaction() as session:
            if not await self._repository.proved(session, UUID(caller.session_id), now):
                raise SessionEnded
            await self._note(session, "admin-stepped-up", Owner(caller.kind, caller.user_id))
        principal = msgspec.structs.replace(caller, auth_time=int(now.timestamp()))
        return issue(principal, await self._keys.current(), self._issuer, now)

    async def end(self, caller: Principal, session_id: UUID) -> None:
        """End one of the caller's sessions; raise `NotFound` when it is not there or somebody else's."""
        async with self._database.transaction() as session:
            ended = await self._repository.revoke_own(session, caller, session_id, self._clock.now())
            for one in ended:
                owner = Owner(caller.kind, caller.user_id)
                await self._note(session, "admin-signed-out", owner, session_id=one.session_id)
            self._told(session, ended)
        if not ended:
            raise NotFound

    async def page(self, caller: Principal, cursor: str | None, limit: int) -> Page[SessionRead]:
        """Return the caller's sessions, newest first."""
        after = self._cursors.read("sessions", cursor, After) if cursor else None
        rows = await self._repository.live(caller, self._clock.now(), after, limit + 1)
        items, following = self._cursors.page("sessions", rows, limit, lambda row: (row.created_at, row.id))
        return Page(items=list(items), next_cursor=following)

    async def _tokens(self, principal: Principal, refresh: str) -> Tokens:
        access = issue(principal, await self._keys.current(), self._issuer, self._clock.now())
        return Tokens(principal.username, access, refresh)

    async def _end_stolen(self, session: AsyncSession, family: Family) -> None:
        now = self._clock.now()
        ended = await self._repository.revoke(session, [family.id], now)
        await audit.record(
            session,
            AUDIT_LOG,
            at=now,
            action="refresh-token-reused",
            actor=None,
            subject=family.principal_id,
            details={"session_id": str(family.id), "seq": family.seq, "current_seq": family.current_seq},
        )
        if email := await self._repository.owner_email(session, family.principal):
            await self._mails.put(session, reuse_mail(email, now), identity=f"reuse-{family.id.hex}")
        self._told(session, ended)

    async def _note(self, session: AsyncSession, action: str, owner: Owner, **details: object) -> None:
        """Record what an admin did with his sessions; what members do with theirs is their own affair."""
        if owner.kind == "admin":
            at, who = self._clock.now(), owner.principal_id
            await audit.record(session, AUDIT_LOG, at=at, action=action, actor=who, subject=who, details=details)

    def _told(self, session: AsyncSession, revoked: Sequence[Revoked]) -> None:
        tell_after_commit(session, self._feed, revoked)


def tell_after_commit(session: AsyncSession, feed: RevocationFeed, revoked: Sequence[Revoked]) -> None:
    """Take what was revoked into this process's own set before the answer leaves."""

    async def tell() -> None:
        feed.add(revoked)

    after_commit(session, tell)
