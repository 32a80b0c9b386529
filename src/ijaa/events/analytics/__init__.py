"""Analytics: what became of an event, in numbers that are counted and never taken from anybody."""
