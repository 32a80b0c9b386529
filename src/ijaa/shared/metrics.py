"""Figures in Prometheus form."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from prometheus_client import (
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
    multiprocess,
    start_http_server,
)

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)

REQUESTS = Histogram(
    "ijaa_http_request_duration_seconds",
    "Duration of requests by method, route template and status.",
    ("method", "route", "status"),
    buckets=_SECONDS,
)
STATEMENTS = Histogram(
    "ijaa_database_statement_duration_seconds",
    "Duration of statements by database.",
    ("database",),
    buckets=_SECONDS,
)
RATE_LIMITED = Counter("ijaa_rate_limited_total", "Requests refused with 429 by class of route.", ("limit",))
PASSWORD_CHECKS = Counter(
    "ijaa_password_checks_total",
    "Passwords held against accounts: matched, refused, or throttled, which is not evaluated at all.",
    ("outcome",),
)
MESSAGES = Counter("ijaa_messages_total", "Messages to the other module by sender and outcome.", ("module", "outcome"))
MESSAGE_LAG = Histogram(
    "ijaa_message_lag_seconds",
    "Seconds from the commit of a message's effect until the receiver had its own.",
    ("module",),
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0, 300.0),
)
MESSAGES_WAITING = Gauge(
    "ijaa_messages_waiting", "Messages on their way to the other module.", ("module",), multiprocess_mode="mostrecent"
)
MESSAGES_PARKED = Gauge(
    "ijaa_messages_parked", "Messages that were given up.", ("module",), multiprocess_mode="mostrecent"
)
MESSAGES_AGE = Gauge(
    "ijaa_messages_oldest_seconds",
    "Age of the oldest message on its way.",
    ("module",),
    multiprocess_mode="mostrecent",
)
MESSAGES_UNREADABLE = Counter(
    "ijaa_messages_unreadable_total",
    "Entries of Redis streams that were thrown away: strangers wrote them, or a release that speaks otherwise.",
    ("stream",),
)
CARDS = Counter(
    "ijaa_member_cards_total",
    "Cards of members beside events: remembered (hit), asked for (miss), old but shown (stale), or bypassed.",
    ("outcome",),
)
JOBS = Counter("ijaa_jobs_total", "Jobs by module, name and outcome.", ("module", "name", "outcome"))
JOBS_WAITING = Gauge("ijaa_jobs_waiting", "Jobs whose time has come.", ("module",), multiprocess_mode="mostrecent")
JOBS_PARKED = Gauge("ijaa_jobs_parked", "Jobs that were given up.", ("module",), multiprocess_mode="mostrecent")
JOBS_LATE = Gauge(
    "ijaa_jobs_late_seconds",
    "Seconds since the first of the waiting jobs was due.",
    ("module",),
    multiprocess_mode="mostrecent",
)
SEAT_DIFFERENCES = Gauge(
    "ijaa_seat_differences",
    "Differences between the seats of events and what their ledgers add up to, by the latest proofs.",
    multiprocess_mode="mostrecent",
)
SHED = Counter("ijaa_requests_shed_total", "Requests refused because enough were under way, by module.", ("module",))
WATCHERS = Gauge("ijaa_live_streams", "Open streams of events.", ("module",), multiprocess_mode="livesum")
MAILS = Counter("ijaa_mails_total", "Mails by outcome.", ("outcome",))


def exposition(multiprocess_folder: str | None) -> bytes:
    """Return all figures as text, summed over the workers when they share a folder."""
    return generate_latest(_registry(multiprocess_folder))


@contextmanager
def listening(host: str, port: int, multiprocess_folder: str | None) -> Iterator[None]:
    """Serve all figures at an address of their own while inside; raise `OSError` when it cannot be had."""
    server, thread = start_http_server(port, host, _registry(multiprocess_folder))
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _registry(multiprocess_folder: str | None) -> CollectorRegistry:
    if multiprocess_folder is None:
        return REGISTRY
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry, path=multiprocess_folder)  # type: ignore[no-untyped-call]
    return registry


def observe_statement(database: str, statement: str, seconds: float) -> None:  # noqa: ARG001 - a StatementObserver
    """Count one statement."""
    _statements(database).observe(seconds)


@cache
def _statements(database: str) -> Histogram:
    return STATEMENTS.labels(database)
