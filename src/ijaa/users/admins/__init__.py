"""Admins: accounts of their own, never members."""
