"""The code of a ticket: it names one answer to one event while that answer stands, and nobody can make one up."""

import base64
import binascii
import hmac
import re
from typing import Annotated

import msgspec
from msgspec import Meta

from ijaa.shared.crypto import derive_key
from ijaa.shared.schema import MAX_ID, MAX_INT

_TAG = 12
"""Bytes of the MAC: 96 bits, far from what can be guessed at a door."""
_FORM = re.compile(r"[A-Z2-7]{8,64}")
"""Base 32 (RFC 4648 §6) without padding: what a QR code packs densest, and what reads well aloud."""


class Ticket(msgspec.Struct, frozen=True, array_like=True):
    """What a code says besides the event it is for: whose answer, and how often that one was given anew."""

    participation_id: Annotated[int, Meta(ge=1, le=MAX_ID)]
    rotation: Annotated[int, Meta(ge=1, le=MAX_INT)]


class Tickets:
    """Writes and reads the codes of tickets."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def write(self, event_id: int, ticket: Ticket) -> str:
        """Return the code; it is good for this event alone."""
        body = msgspec.msgpack.encode(ticket)
        tag = hmac.digest(self._key, event_id.to_bytes(8, "big") + body, "sha256")[:_TAG]
        return base64.b32encode(tag + body).rstrip(b"=").decode()

    def read(self, event_id: int, code: str) -> Ticket | None:
        """Return what a code says, or None for one that was never written for this event, letter by letter."""
        if not _FORM.fullmatch(code):
            return None
        try:
            raw = base64.b32decode(code + "=" * (-len(code) % 8))
            ticket = msgspec.msgpack.decode(raw[_TAG:], type=Ticket)
        except (binascii.Error, msgspec.MsgspecError):
            return None
        # written anew rather than its MAC alone compared: two spellings of one code would be two codes
        return ticket if hmac.compare_digest(code, self.write(event_id, ticket)) else None


def tickets_of(secret: str) -> Tickets:
    """Return the tickets of an installation, by its secret key."""
    return Tickets(derive_key(secret, "events/tickets"))
