"""Events somebody did not look for: what many take part in, what is like another one, what may be for him."""
