"""The photo and the cover of a profile: how they get there, and who sees them."""
