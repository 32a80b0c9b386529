"""Log lines: one JSON object each, or a readable line on a terminal; never a secret."""

import logging
import sys
from collections.abc import MutableMapping
from functools import lru_cache
from typing import Any, Literal

import msgspec
import structlog

from ijaa.shared.context import request_id

_SECRET_NAMES = ("password", "token", "secret", "authorization", "cookie", "key")
_LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}


def configure_logging(log_format: Literal["json", "console", "auto"], level: str) -> None:
    """Set up structlog, and send what libraries log through it."""
    if log_format == "auto":
        log_format = "console" if sys.stderr.isatty() else "json"
    shared: list[structlog.types.Processor] = [
        _with_request_id,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        redact,
    ]
    if log_format == "json":
        structlog.configure(
            processors=[*shared, structlog.processors.format_exc_info, _render_json],
            wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
            logger_factory=structlog.BytesLoggerFactory(sys.stderr.buffer),
            cache_logger_on_first_use=True,
        )
    else:
        structlog.configure(
            processors=[*shared, _console()],
            wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
            logger_factory=structlog.PrintLoggerFactory(sys.stderr),
            cache_logger_on_first_use=True,
        )
    logging.basicConfig(level=logging.WARNING, handlers=[_ToStructlog()], force=True)


def _with_request_id(_logger: Any, _name: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    entry.setdefault("request_id", request_id.get())
    return entry


def redact(_logger: Any, _name: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace the value of every field whose name says secret."""
    for name in entry:
        if _says_secret(name):
            entry[name] = "[redacted]"
    return entry


@lru_cache(maxsize=1024)
def _says_secret(name: str) -> bool:
    return any(word in name.lower() for word in _SECRET_NAMES)


def _console() -> structlog.dev.ConsoleRenderer:
    # the default formatter prints local variables, and those hold passwords
    return structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback)


def _render_json(_logger: Any, _name: str, entry: MutableMapping[str, Any]) -> bytes:
    return msgspec.json.encode(dict(entry), enc_hook=repr)


class _ToStructlog(logging.Handler):
    """Hands the log records of libraries on."""

    def emit(self, record: logging.LogRecord) -> None:
        logger = structlog.get_logger(record.name)
        level = record.levelname.lower() if record.levelname.lower() in _LEVELS else "error"
        getattr(logger, level)(record.getMessage(), exc_info=record.exc_info)
