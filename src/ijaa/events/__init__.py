"""The events module: the catalogue of events and who takes a seat."""
