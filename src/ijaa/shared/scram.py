"""What PostgreSQL stores of a password: SCRAM-SHA-256 verifiers (RFC 5803, RFC 7677)."""

import base64
import hashlib
import hmac
import secrets

ITERATIONS = 4096
"""The server's own default (scram_iterations)."""


def scram_verifier(password: str, salt: bytes | None = None, iterations: int = ITERATIONS) -> str:
    """Return what the server stores of a password, so that the password itself never reaches its logs.

    Passwords are taken as they are: SASLprep (RFC 4013) changes nothing in printable ASCII.
    """
    salt = secrets.token_bytes(16) if salt is None else salt
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, iterations)
    client = hmac.digest(salted, b"Client Key", "sha256")
    server = hmac.digest(salted, b"Server Key", "sha256")
    stored = hashlib.sha256(client).digest()
    return f"SCRAM-SHA-256${iterations}:{_text(salt)}${_text(stored)}:{_text(server)}"


def is_verifier_of(verifier: str | None, password: str) -> bool:
    """Tell whether the server would let this password in; false for none and for other kinds of hashes."""
    match (verifier or "").split("$"):
        case ["SCRAM-SHA-256", how, _]:
            iterations, salt = how.split(":")
            again = scram_verifier(password, base64.b64decode(salt), int(iterations))
            return hmac.compare_digest(again, verifier or "")
        case _:
            return False


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode()
