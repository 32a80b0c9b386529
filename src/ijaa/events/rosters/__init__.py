"""Lists of participants to take along."""
