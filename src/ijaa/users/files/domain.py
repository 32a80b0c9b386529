"""How much of files there may be."""

QUOTA = 20 * 1024 * 1024
"""Bytes one member may keep, all variants together."""
