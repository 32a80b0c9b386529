"""Bringing people in: records of those who have no account yet, from the lists an association has."""
