"""Organisers: who runs an event beside its owner, who helps at its door, and who takes one over."""
