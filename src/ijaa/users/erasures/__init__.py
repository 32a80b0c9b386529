"""The ledger of members who were erased, and erasing them again after a restore."""
