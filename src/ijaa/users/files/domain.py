"""How much of files there may be, and what their objects are called."""

from uuid import UUID

from ijaa.shared.storage_images import VARIANTS, Variant

QUOTA = 20 * 1024 * 1024
"""Bytes one member may keep, all variants together."""


def key_of(file_id: UUID) -> str:
    """Return the key of a file; it tells nothing of its owner."""
    return f"{file_id.hex[:2]}/{file_id.hex}"


def object_key(key: str, variant: Variant) -> str:
    """Return the key of the object that holds a variant."""
    return key if variant == "full" else f"{key}.{variant}"


def object_keys(key: str) -> list[str]:
    """Return the keys of every object of a file."""
    return [object_key(key, variant) for variant in VARIANTS]


def file_key(key: str) -> str:
    """Return the key of the file an object belongs to."""
    return key.partition(".")[0]
