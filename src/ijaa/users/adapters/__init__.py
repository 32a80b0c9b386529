"""The ports over HTTP, for when the events module runs as a service of its own."""
