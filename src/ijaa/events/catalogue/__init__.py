"""The catalogue: events, who sees them, and who edits them."""
