"""What goes out of the routes of tickets."""

from ijaa.shared.schema import View


class TicketRead(View, frozen=True, kw_only=True):
    """A ticket: its code as text, and where it is drawn as a QR code."""

    code: str
    svg: str
    png: str
