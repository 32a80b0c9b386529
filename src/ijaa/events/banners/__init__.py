"""The banner of an event: the one image it is shown by."""
