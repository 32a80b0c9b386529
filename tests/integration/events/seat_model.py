"""Seats as one would explain them: everybody queues, and who fits is seated, or offered a seat, in that order."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

Seats = dict[str, tuple[str, int, int | None]]
"""By username: status, guests, place on the waitlist."""


class Refused(Exception):  # noqa: N818 - an answer
    """The model lets nobody do this; its text is the code of the problem."""


@dataclass
class Model:
    """One event; `now` is set before each step."""

    capacity: int | None
    now: datetime
    offers: bool = False
    approval: bool = False
    answers: dict[str, tuple[str, int]] = field(default_factory=dict)
    queue: list[str] = field(default_factory=list)
    offered: dict[str, datetime] = field(default_factory=dict)
    suspended: set[str] = field(default_factory=set)

    @property
    def going(self) -> int:
        """Seats taken."""
        return sum(self.size(name) for name, (status, _) in self.answers.items() if status == "GOING")

    def size(self, name: str) -> int:
        """Return the seats somebody wants or has."""
        return 1 + self.answers[name][1]

    def held(self, but: str = "") -> int:
        """Return the seats that are offered, but to one."""
        return sum(self.size(name) for name in self.offered if name != but)

    def fits(self, seats: int, but: str = "") -> bool:
        """Whether so many more may be taken."""
        return self.capacity is None or self.going + self.held(but) + seats <= self.capacity

    def settle(self) -> None:
        """End offers, and seat, or offer seats to, whoever fits."""
        late = [name for name in self.queue if self.offered.get(name, self.now) < self.now]
        for name in late:
            del self.offered[name]
            self.queue.remove(name)
            self.queue.append(name)
        if not self.offers:
            self.offered.clear()
        for name in reversed(self.queue):
            if self.capacity is not None and self.held() > max(0, self.capacity - self.going):
                self.offered.pop(name, None)
        for name in list(self.queue):
            if name in self.offered or name in self.suspended or not self.fits(self.size(name)):
                continue
            if self.offers:
                self.offered[name] = self.now + timedelta(hours=1)
            else:
                self.queue.remove(name)
                self.answers[name] = ("GOING", self.answers[name][1])

    def ask(self, name: str, guests: int) -> None:
        """Take a seat, or the last place in the queue."""
        if not self.queue and self.fits(1 + guests):
            self.answers[name] = ("GOING", guests)
            return
        self.queue.append(name)
        self.answers[name] = ("WAITLISTED", guests)
        self.settle()

    def answer(self, name: str, status: str, guests: int) -> None:
        """Put an answer."""
        old, had = self.answers.get(name, ("", 0))
        if status != "GOING":
            self.part(name, status)
        elif old == "GOING":
            more = guests - had
            if more > 0 and (self.queue or not self.fits(more)):
                raise Refused("not-enough-seats")
            self.answers[name] = ("GOING", guests)
            self.settle()
        elif name in self.offered:
            if not self.fits(1 + guests, but=name) or (guests > had and len(self.queue) > 1):
                raise Refused("not-enough-seats")
            self.part(name, None, settle=False)
            self.answers[name] = ("GOING", guests)
            self.settle()
        elif old == "WAITLISTED":
            self.answers[name] = (old, guests)
            self.settle()
        elif self.approval:
            self.answers[name] = ("PENDING", guests)
        else:
            self.ask(name, guests)

    def part(self, name: str, status: str | None, *, settle: bool = True) -> None:
        """Hold no seat and wait for none; `status` None is no answer at all."""
        self.answers.pop(name, None)
        self.offered.pop(name, None)
        if name in self.queue:
            self.queue.remove(name)
        if status is not None:
            self.answers[name] = (status, 0)
        if settle:
            self.settle()

    def decide(self, name: str, *, approve: bool) -> None:
        """Approve or reject somebody who asks."""
        status, guests = self.answers.get(name, (None, 0))
        if status is None:
            raise Refused("not-found")
        if status != "PENDING":
            raise Refused("not-pending")
        if approve:
            self.ask(name, guests)
        else:
            self.answers[name] = ("NOT_GOING", 0)

    def move(self, name: str, status: str, position: int | None) -> None:
        """Put somebody where an organiser wants him."""
        if name not in self.answers:
            raise Refused("not-found")
        old, guests = self.answers[name]
        if status != "NOT_GOING" and old not in {"GOING", "WAITLISTED", "PENDING"}:
            raise Refused("no-seat-wanted")
        if status == old != "WAITLISTED":
            return
        if status == "GOING" and not self.fits(1 + guests, but=name):
            raise Refused("event-full")
        self.part(name, status, settle=False)
        if status != "NOT_GOING":
            self.answers[name] = (status, guests)
        if status == "WAITLISTED":
            self.queue.insert(len(self.queue) if position is None else position - 1, name)
        self.settle()

    def seats(self) -> Seats:
        """Return everybody's place."""
        place = {name: number for number, name in enumerate(self.queue, 1)}
        return {name: (status, guests, place.get(name)) for name, (status, guests) in self.answers.items()}
