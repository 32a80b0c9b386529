"""What a browser may make of a file somebody else put here."""

SANDBOX = "default-src 'none'; frame-ancestors 'none'; sandbox"
"""Content-Security-Policy of an answer that is a file: show it, and run and load nothing."""
