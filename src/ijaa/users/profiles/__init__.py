"""Profiles: what members say of themselves, and to whom."""
