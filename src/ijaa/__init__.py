"""IJAA: the home of an alumni association."""

__version__ = "0.1.0"
