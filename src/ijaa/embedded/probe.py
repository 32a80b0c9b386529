"""Is a server there? Asked the way a client would: a pid proves nothing, a zombie has one too."""

import socket
import struct
from contextlib import closing

HOST = "127.0.0.1"
_SECONDS = 1.0
_PROTOCOL_3 = 196608
_STARTING = b"57P03"  # cannot_connect_now: starting up, shutting down or recovering


def free_port() -> int:
    """Return a port nobody listens on; it may be taken again before it is used."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def is_free(port: int) -> bool:
    """Tell whether nobody listens on `port`; old connections do not count, as for servers."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def postgres_accepts(port: int) -> bool:
    """Tell whether a PostgreSQL takes connections: what pg_isready does, without a process.

    A startup message is answered by a request for a password or by an error; only 57P03 and silence mean
    "not yet".
    """
    body = struct.pack("!i", _PROTOCOL_3) + b"user\0ijaa-probe\0database\0postgres\0\0"
    try:
        with closing(socket.create_connection((HOST, port), timeout=_SECONDS)) as connection:
            connection.settimeout(_SECONDS)
            connection.sendall(struct.pack("!i", len(body) + 4) + body)
            answer = connection.recv(4096)
    except OSError:
        return False
    return answer[:1] == b"R" or (answer[:1] == b"E" and _STARTING not in answer)


def valkey_accepts(port: int, password: str) -> bool:
    """Tell whether the Valkey with this password takes commands."""
    try:
        with closing(socket.create_connection((HOST, port), timeout=_SECONDS)) as connection:
            connection.settimeout(_SECONDS)
            connection.sendall(f"AUTH {password}\r\nPING\r\n".encode())
            answer = b""
            while answer.count(b"\r\n") < 2 and (more := connection.recv(256)):  # noqa: PLR2004 - two replies
                answer += more
    except OSError:
        return False
    return answer == b"+OK\r\n+PONG\r\n"
