"""Who is invited to an event."""
