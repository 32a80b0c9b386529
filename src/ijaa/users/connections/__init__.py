"""Connections and blocks: who asked whom, who is connected, and who wants nothing to do with whom."""
