"""One module's PostgreSQL: one pool, reads around the ORM, writes in transactions."""

import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from typing import Any, Protocol, TypeVar, cast

import asyncpg
from advanced_alchemy.config import AsyncSessionConfig, EngineConfig, SQLAlchemyAsyncConfig
from sqlalchemy import PoolProxiedConnection, event, exc, text
from sqlalchemy.dialects.postgresql.asyncpg import AsyncAdapt_asyncpg_dbapi
from sqlalchemy.engine import make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlalchemy.util.concurrency import in_greenlet

from ijaa.shared.errors import TooSlow, Unavailable
from ijaa.shared.fuse import Fuse
from ijaa.shared.pool import FairPool

Row = TypeVar("Row")

DEADLINE = 2.0
"""Seconds a statement may take before its caller is answered 503 (guarantees: pool exhausted, database slow)."""
COMMAND_DEADLINE = 60.0
"""Seconds a statement may take where nobody waits for an answer: of commands that write much at once."""
POOL_WAIT = 0.5
CONNECT_WAIT = 1.5

_OUT_OF_REACH = (
    OSError,  # TimeoutError is one of them
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.QueryCanceledError,
    asyncpg.LockNotAvailableError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.DeadlockDetectedError,
    asyncpg.InsufficientResourcesError,
    asyncpg.InvalidCatalogNameError,
    exc.TimeoutError,
)


_TOO_SLOW = (asyncpg.QueryCanceledError, asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError)
"""What tells of one statement alone."""
_OWN_FAULT = (*_TOO_SLOW, exc.TimeoutError)
"""What tells of one statement, or of too many at once, and not that the database is away."""


class _ConnectsError(Exception):
    """A connection has to be made where nothing can be awaited."""


class StatementObserver(Protocol):
    """Is told of every statement, both ways, after it ran."""

    def __call__(self, database: str, statement: str, seconds: float) -> None:
        """Take note of one statement and its duration."""
        ...


class Database:
    """A module's connection pool.

    Reads a client waits for go straight to the asyncpg connection of the pool and into msgspec structs; what changes
    something runs in `transaction()`, which commits before it returns. Anything that means "the database is down or
    too slow" is raised as `Unavailable`, as its `TooSlow` where one statement is at fault; every other error is the
    caller's.
    """

    def __init__(self, name: str, url: str, *, pool_size: int = 10, deadline: float = DEADLINE) -> None:
        self.name = name
        self.url = url
        self.observers: list[StatementObserver] = []
        config = SQLAlchemyAsyncConfig(
            connection_string=make_url(url).set(drivername="postgresql+asyncpg").render_as_string(hide_password=False),
            engine_config=EngineConfig(
                poolclass=FairPool,
                pool_size=pool_size,
                max_overflow=0,
                pool_timeout=POOL_WAIT,  # type: ignore[arg-type]  # SQLAlchemy takes a float
                pool_use_lifo=True,
                hide_parameters=True,
                connect_args={
                    "timeout": CONNECT_WAIT,
                    "command_timeout": deadline,
                    "server_settings": {
                        "application_name": f"ijaa-{name}",
                        "TimeZone": "UTC",
                        # in ms; before the client's, because the server says whose fault it was
                        "statement_timeout": f"{900 * deadline:.0f}",
                        "lock_timeout": f"{750 * deadline:.0f}",
                    },
                },
            ),
            session_config=AsyncSessionConfig(expire_on_commit=False),
            enable_touch_updated_timestamp_listener=False,  # it writes the machine's time over the injected clock's
        )
        self.engine: AsyncEngine = config.get_engine()
        self._sessions = config.create_session_maker()
        self._fuse = Fuse(f"the {name} database")
        self._whole: ContextVar[AsyncSession | None] = ContextVar(f"{name}-whole", default=None)
        self._observe()

    async def fetch(self, into: Callable[..., Row], sql: str, *args: Any) -> list[Row]:
        """Return every row as a struct whose fields are the columns, in order."""
        return [into(*row) for row in await self._read("fetch", sql, args)]

    async def fetch_one(self, into: Callable[..., Row], sql: str, *args: Any) -> Row | None:
        """Return the first row as a struct, or None."""
        row = await self._read("fetchrow", sql, args)
        return None if row is None else into(*row)

    async def fetch_value(self, sql: str, *args: Any) -> Any:
        """Return the first column of the first row, or None."""
        return await self._read("fetchval", sql, args)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """Open a session in a transaction: it has committed once the block is left, or nothing of it happened.

        Within `whole()` it is a savepoint of that transaction.
        """
        with self.reachable():
            if (session := self._whole.get()) is None:
                self._refuse_while_away()
            else:
                hooks = session.info.setdefault("after_commit", [])
                before = len(hooks)
                try:
                    async with session.begin_nested():
                        yield session
                except BaseException:
                    del hooks[before:]
                    raise
                return
            async with self._sessions() as session:
                session.info["told"] = self._tell
                async with session.begin():
                    yield session
                for hook in session.info.pop("after_commit", ()):
                    await hook()

    @asynccontextmanager
    async def whole(self) -> AsyncIterator[AsyncSession]:
        """Make everything this task reads and writes within the block one transaction."""
        async with self.transaction() as session:
            token = self._whole.set(session)
            try:
                yield session
            finally:
                self._whole.reset(token)

    async def ping(self) -> None:
        """Ask for a sign of life; raise `Unavailable` without one."""
        await self._read("fetchval", "SELECT 1", ())

    async def dispose(self) -> None:
        """Close every connection."""
        await self.engine.dispose()

    async def _read(self, method: str, sql: str, args: tuple[Any, ...]) -> Any:
        if (session := self._whole.get()) is not None:
            return await self._read_within(session, method, sql, args)
        with self.reachable():
            self._refuse_while_away()
            connection = await self._checkout()
            try:
                began = time.perf_counter()
                result = await getattr(connection.driver_connection, method)(sql, *args)
            except BaseException:
                connection.invalidate()  # whatever state it is in, nobody else meets it
                raise
            connection.close()
        self._tell(sql, time.perf_counter() - began)
        return result

    async def _read_within(self, session: AsyncSession, method: str, sql: str, args: tuple[Any, ...]) -> Any:
        with self.reachable():
            connection = await (await session.connection()).get_raw_connection()
            began = time.perf_counter()
            result = await getattr(connection.driver_connection, method)(sql, *args)
        self._tell(sql, time.perf_counter() - began)
        return result

    async def _checkout(self) -> PoolProxiedConnection:
        engine = self.engine.sync_engine
        if await cast("FairPool", engine.pool).wait_for_idle():
            try:
                return engine.raw_connection()  # an idle one is taken without a greenlet: a third of the cost
            except _ConnectsError:
                pass  # it had been closed and has to be made anew
        return await self.engine.raw_connection()

    @contextmanager
    def reachable(self) -> Iterator[None]:
        """Raise `Unavailable` for whatever within the block means that the database is down or too slow."""
        try:
            yield
        except _OUT_OF_REACH as error:
            raise self._failed(error) from error
        except AsyncAdapt_asyncpg_dbapi.Error as error:  # of making a connection for the driver, which nobody wraps
            if isinstance(error.__cause__, _OUT_OF_REACH):
                raise self._failed(error.__cause__) from error
            raise
        except exc.DBAPIError as error:
            if error.connection_invalidated or isinstance(_driver_error(error), _OUT_OF_REACH):
                raise self._failed(_driver_error(error)) from error
            raise
        self._fuse.worked()

    def _refuse_while_away(self) -> None:
        if self._fuse.blown and not self._fuse.may_look():
            raise self._unavailable()

    def _failed(self, error: BaseException | None) -> Unavailable:
        if not isinstance(error, _OWN_FAULT):
            self._fuse.failed()
        return self._unavailable(TooSlow if isinstance(error, _TOO_SLOW) else Unavailable)

    def _unavailable(self, kind: type[Unavailable] = Unavailable) -> Unavailable:
        return kind(f"The {self.name} database cannot be reached or is too slow just now.")

    def _tell(self, sql: str, seconds: float) -> None:
        for observer in self.observers:
            observer(self.name, sql, seconds)

    def _observe(self) -> None:
        engine = self.engine.sync_engine

        @event.listens_for(engine.pool, "checkout")
        def refuse_closed(connection: DBAPIConnection, *_: Any) -> None:
            # asyncpg knows when its socket was closed: this is a ping that costs nothing
            if connection.driver_connection.is_closed():
                raise exc.InvalidatePoolError

        @event.listens_for(engine, "do_connect")
        def refuse_blocking(*_: Any) -> None:
            if not in_greenlet():
                raise _ConnectsError

        @event.listens_for(engine, "before_cursor_execute")
        def begin(conn: Any, *_: Any) -> None:
            conn.info["began"] = time.perf_counter()

        @event.listens_for(engine, "after_cursor_execute")
        def end(conn: Any, _cursor: Any, statement: str, *_: Any) -> None:
            self._tell(statement, time.perf_counter() - conn.info["began"])


class Statement:
    """One statement of a transaction, which is run past SQLAlchemy where many wait for it: a fifth of its cost.

    Its parameters are named as in `text`. Rows have their columns by position. The first statement of a transaction is
    SQLAlchemy's, which begins it.
    """

    def __init__(self, sql: str) -> None:
        self._text = text(sql)
        self.names = list(dict.fromkeys(_NAMED.findall(sql)))
        """The parameters in the order the driver takes them."""
        self.sql = _NAMED.sub(lambda found: f"${self.names.index(found[1]) + 1}", sql)

    def bound(self, values: Mapping[str, Any]) -> list[Any]:
        """Return the arguments among these values, in order."""
        return [values[name] for name in self.names]

    async def run(self, session: AsyncSession, values: Mapping[str, Any]) -> Sequence[Sequence[Any]]:
        """Run it in a transaction of `Database.transaction` and return its rows."""
        if (driver := session.info.get("driver")) is None:
            found = await session.execute(self._text, {name: values[name] for name in self.names})
            raw = await (await session.connection()).get_raw_connection()
            session.info["driver"] = raw.driver_connection
            return found.all() if found.returns_rows else []  # type: ignore[attr-defined]
        began = time.perf_counter()
        rows: Sequence[Sequence[Any]] = await driver.fetch(self.sql, *self.bound(values))
        session.info["told"](self.sql, time.perf_counter() - began)
        return rows


_NAMED = re.compile(r"(?<![:\w]):([a-z_]+)")


async def driver_of(session: AsyncSession) -> "asyncpg.Connection[asyncpg.Record]":
    """Return the driver's connection of a transaction that has begun, for what the driver alone can do, such as COPY.

    SQLAlchemy begins one with its own first statement and not before: without that, each of the driver's would stand
    alone.
    """
    await session.execute(text("SELECT"))
    raw = await (await session.connection()).get_raw_connection()
    return cast("asyncpg.Connection[asyncpg.Record]", raw.driver_connection)


def after_commit(session: AsyncSession, hook: Callable[[], Awaitable[None]]) -> None:
    """Run `hook` once the transaction has committed: for what is cheap and may be lost, nothing else."""
    session.info.setdefault("after_commit", []).append(hook)


def violates(error: exc.IntegrityError, constraint: str) -> bool:
    """Whether the database refused a row because of this constraint or unique index."""
    return getattr(_driver_error(error), "constraint_name", None) == constraint


def _driver_error(error: exc.DBAPIError) -> BaseException | None:
    return getattr(error.orig, "__cause__", None) or error.orig
