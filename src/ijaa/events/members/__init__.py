"""What the events module knows of members from messages: no profile, only that something changed."""
