"""The ports over HTTP, for when the users module runs as a service of its own."""
