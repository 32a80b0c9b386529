"""Leaving: a member asks for it himself, has 30 days to come back, and is erased after them as by an admin."""
