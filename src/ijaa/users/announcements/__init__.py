"""Announcements: what the association tells its members, all of them or some."""
