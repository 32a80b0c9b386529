"""Figures of the installation for admins."""
