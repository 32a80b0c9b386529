"""Accounts: registration, confirmation of the address, sign-in."""
