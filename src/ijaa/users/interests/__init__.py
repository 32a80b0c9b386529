"""Interests: what members care for, and what others wrote."""
