"""The door: who came, and who did not."""
