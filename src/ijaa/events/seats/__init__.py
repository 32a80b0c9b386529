"""Seats: who holds one, who waits, and who is next. All counting of seats happens here, under the event's row lock."""
