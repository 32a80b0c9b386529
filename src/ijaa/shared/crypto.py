"""Keys derived from one installation secret, and boxes sealed with them."""

import base64
import hashlib
import hmac
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_NONCE = 12
_KEY_ID = 4


class UnsealError(Exception):
    """A sealed value was altered, moved to another row, or sealed under another key."""


def derive_key(secret: str, purpose: str) -> bytes:
    """Return the 32-byte key of one purpose (HKDF-SHA256, RFC 5869)."""
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=f"ijaa/{purpose}".encode()).derive(secret.encode())


def new_token() -> str:
    """Return 256 random bits as 43 URL-safe characters."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> bytes:
    """Return what is stored instead of a random token; 256 bits of entropy need no salt."""
    return hashlib.sha256(token.encode()).digest()


def next_token(key: bytes, token: str) -> str:
    """Return the successor of a token: always the same for the same token, and unguessable without the key."""
    digest = hmac.digest(key, token.encode(), "sha256")
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


class SecretBox:
    """Seals values with AES-256-GCM, bound to where they are stored."""

    def __init__(self, secret: str, purpose: str) -> None:
        key = derive_key(secret, purpose)
        self._key_id = hashlib.sha256(key).digest()[:_KEY_ID]
        self._cipher = AESGCM(key)

    def seal(self, plain: bytes, place: str) -> bytes:
        """Return key id, nonce and ciphertext; `place` is `table|column|row`."""
        nonce = secrets.token_bytes(_NONCE)
        return self._key_id + nonce + self._cipher.encrypt(nonce, plain, place.encode())

    def unseal(self, sealed: bytes, place: str) -> bytes:
        """Return the plain value, or raise `UnsealError`."""
        if sealed[:_KEY_ID] != self._key_id:
            raise UnsealError("sealed under another key: is IJAA_SECRET_KEY the one this database was made with?")
        nonce, body = sealed[_KEY_ID : _KEY_ID + _NONCE], sealed[_KEY_ID + _NONCE :]
        try:
            return self._cipher.decrypt(nonce, body, place.encode())
        except InvalidTag:
            raise UnsealError("the sealed value was altered or moved") from None
