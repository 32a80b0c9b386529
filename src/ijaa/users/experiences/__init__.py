"""Experiences: where members worked and learned, and when."""
