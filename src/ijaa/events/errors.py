"""The problems only this module has."""

from ijaa.shared.errors import Conflict, Forbidden, Problem


class NotOrganiser(Forbidden):
    """The caller sees the event but does not run it."""

    code, title = "not-organiser", "Only an organiser of the event may do this"


class NotOwner(Forbidden):
    """The caller runs the event beside the one whose it is."""

    code, title = "not-owner", "Only the organiser whose event it is may do this"


class NotAuthor(Forbidden):
    """The caller sees the comment but did not write it."""

    code, title = "not-author", "Only whoever wrote it may do this"


class NotActive(Forbidden):
    """The account may not create events just now."""

    code, title = "not-active", "Your account cannot create events just now"


class InvitationNeeded(Forbidden):
    """Everybody sees the event, but only those who are invited join it."""

    code, title = "invitation-needed", "Only invited members may join this event"


class HasParticipants(Conflict):
    """An event somebody answered is cancelled, never deleted."""

    code, title = "event-has-participants", "People have answered this event: cancel it instead"


class IsOwner(Conflict):
    """Whose event it is has no other role at it, and cannot be dismissed."""

    code, title = "is-owner", "This is the member whose event it is"


class TooManyOrganisers(Conflict):
    """An event has as many roles as it may give."""

    code, title = "too-many-organisers", "This event has as many organisers and helpers as it may have"


class RsvpClosed(Conflict):
    """Answers are not taken any more, or not yet."""

    code, title = "rsvp-closed", "This event does not take answers now"


class NotEnoughSeats(Conflict):
    """A participant asked for more seats than are free; he keeps those he has."""

    code, title = "not-enough-seats", "There are not enough free seats: your seat is kept as it was"


class EventFull(Conflict):
    """No seat is free for whom an organiser wants to give one."""

    code, title = "event-full", "No seat is free"


class NoSeatWanted(Conflict):
    """An organiser moves those who asked for a seat, not those who said that they may come, or do not."""

    code, title = "no-seat-wanted", "This member has not asked for a seat"


class NotPending(Conflict):
    """There is nothing to decide about this participation."""

    code, title = "not-pending", "This participation does not wait for approval"


class CheckInClosed(Conflict):
    """Nobody is let in yet, or any more."""

    code, title = "check-in-closed", "Nobody is checked in to this event at this time"


class TicketRefused(Problem):
    """The code was never written for this event, or is good no more; only the latter is told apart, in words."""

    status, code, title = 422, "ticket-refused", "This code is not good for this event"


class WrongState(Conflict):
    """The status of the event does not allow it."""

    code, title = "wrong-state", "The status of the event does not allow this"


class NotGoing(Forbidden):
    """Media are added by those who come, or came."""

    code, title = "not-going", "Only those who come to the event may do this"


class NotUploader(Forbidden):
    """The medium is somebody else's."""

    code, title = "not-uploader", "Only who uploaded this may do that"


class EventMediaFull(Conflict):
    """The event has as many media as one may."""

    code, title = "event-media-full", "There are as many media at this event as there may be"


class MediaQuotaExceeded(Conflict):
    """A member would keep more than he may."""

    code, title = "media-quota-exceeded", "There is no room for more media of yours: take some away first"


class MediumApproved(Conflict):
    """Somebody approved it meanwhile, or took it away."""

    code, title = "medium-approved", "This does not wait for approval any more: delete it instead"


class TooManyInvitations(Conflict):
    """So many people were asked and have not answered that no more can be."""

    code, title = "too-many-invitations", "Too many invitations to this event wait for an answer"


class InvitationNotValid(Problem):
    """The token of a mail was never issued, is used or over, or is for another address: which of them is not told."""

    status, code, title = 422, "invitation-not-valid", "This invitation is not good for you: ask for a new one"
