"""The users module: accounts, sessions, profiles."""
