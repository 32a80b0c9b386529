"""Files of events: which rows name them, and what goes with those rows."""
