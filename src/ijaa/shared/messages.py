"""Messages between modules: typed, enveloped as CloudEvents 1.0, delivered at least once and in no promised order.

The sender writes a message in the transaction of its effect (`outbox`), a relay hands it over (`relay`), the receiver
notes its id in the transaction of *its* effect (`inbox`). Sender and receiver each declare the struct of a message they
need: a receiver takes only the fields it knows, so either can be deployed first.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Generic, Literal, Protocol, TypeVar
from uuid import UUID

import msgspec

_TYPE = re.compile(r"ijaa\.(users|events)\.[a-z]+(-[a-z]+)*\.v[1-9][0-9]*")


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """What one module tells another: a fact that has happened, with the state it left."""

    TYPE: ClassVar[str]
    """Versioned name, such as `ijaa.users.profile-updated.v1`; what it means never changes, a new meaning is a v2."""

    def __init_subclass__(cls, **options: Any) -> None:
        """Refuse a name that is not versioned."""
        super().__init_subclass__(**options)
        if not _TYPE.fullmatch(getattr(cls, "TYPE", "")):
            raise TypeError(f"{cls.__name__} needs a TYPE such as ijaa.users.profile-updated.v1")

    @property
    def subject(self) -> str:
        """What it is about, such as a username: the first field."""
        return str(getattr(self, self.__struct_fields__[0]))


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """A message under way (CloudEvents 1.0, JSON format; `sequence` as in its Sequence extension)."""

    id: UUID
    source: str
    """`/users` or `/events`."""
    type: str
    subject: str
    time: datetime
    sequence: int
    """Place in the sender's outbox. Of two messages about one subject the later one has the higher number, if each was
    written under a lock of what it tells of."""
    data: msgspec.Raw
    specversion: Literal["1.0"] = "1.0"
    datacontenttype: Literal["application/json"] = "application/json"


M = TypeVar("M", bound=Message)


class Received(msgspec.Struct, Generic[M], frozen=True):
    """A message that has arrived for the first time."""

    message: M
    envelope: Envelope


Sent = str
"""The name under which a transport keeps a message until its outcome is known."""


@dataclass(frozen=True)
class Done:
    """The receiver had its effect, now or before."""


@dataclass(frozen=True)
class Failed:
    """The receiver could not; `why` holds no personal data."""

    why: str


@dataclass(frozen=True)
class Queued:
    """It waits with the transport, which tells its outcome later."""

    entry: Sent


Outcome = Done | Failed | Queued


@dataclass(frozen=True)
class Outgoing:
    """A message that is due, and where the transport keeps it already, if it does."""

    envelope: Envelope
    entry: Sent | None = None


class Receiver(Protocol):
    """Takes messages in."""

    async def receive(self, envelopes: Sequence[Envelope]) -> list[Done | Failed]:
        """Have the effect of each message once, however often it comes.

        Outcomes are in the order of the envelopes; the last ones have none if it took too long to come to them. Raises
        `Unavailable` when nothing can be taken in just now; that is nobody's fault and counts as no try.
        """
        ...


class Transport(Protocol):
    """Carries messages to the other module."""

    async def carry(self, outgoing: Sequence[Outgoing]) -> list[Outcome]:
        """Hand messages over; outcomes are those of the first ones, in their order.

        Raises `Unavailable` when it cannot just now.
        """
        ...
