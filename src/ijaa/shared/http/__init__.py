"""The HTTP floor: the only Litestar code in shared."""
