"""What belongs to the request under way, wherever the code is."""

from contextvars import ContextVar

request_id: ContextVar[str] = ContextVar("request_id", default="-")
"""The X-Request-Id of the request under way, or `-` outside of one."""
