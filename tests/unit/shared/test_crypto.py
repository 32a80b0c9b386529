"""Sealed values stay where they were sealed; tokens follow one another in one way only."""

import pytest

from ijaa.shared.crypto import SecretBox, UnsealError, derive_key, new_token, next_token


def test_a_sealed_value_comes_back_at_its_place_alone() -> None:
    # mutant: leave the place out of the associated data
    box = SecretBox("s" * 40, "test")
    sealed = box.seal(b"seed", "t|c|1")
    assert box.unseal(sealed, "t|c|1") == b"seed"
    with pytest.raises(UnsealError):
        box.unseal(sealed, "t|c|2")


def test_every_flipped_bit_is_noticed() -> None:
    box = SecretBox("s" * 40, "test")
    sealed = box.seal(b"seed", "t|c|1")
    for position in range(len(sealed)):
        altered = sealed[:position] + bytes([sealed[position] ^ 1]) + sealed[position + 1 :]
        with pytest.raises(UnsealError):
            box.unseal(altered, "t|c|1")


def test_another_key_says_so() -> None:
    sealed = SecretBox("s" * 40, "test").seal(b"seed", "p")
    with pytest.raises(UnsealError, match="another key"):
        SecretBox("t" * 40, "test").unseal(sealed, "p")


def test_keys_differ_by_purpose() -> None:
    assert derive_key("s", "a") != derive_key("s", "b")


def test_a_token_has_one_successor_per_key() -> None:
    token = new_token()
    assert next_token(b"k", token) == next_token(b"k", token) != next_token(b"l", token)
    assert len(next_token(b"k", token)) == len(token) == 43
