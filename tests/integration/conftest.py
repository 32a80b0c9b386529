"""An S3 server, for those who ask for it."""

from collections.abc import Iterator
from uuid import uuid4

import httpx
import pytest


@pytest.fixture(scope="session")
def s3() -> Iterator[str]:
    """Run an S3 server on a socket; give its address."""
    from moto.server import ThreadedMotoServer  # noqa: PLC0415 - seconds, for the few tests that need it

    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(s3: str) -> str:
    """Make a bucket; give its URL as a setting names it."""
    name = f"files-{uuid4().hex}"
    with httpx.Client(trust_env=False) as client:
        client.put(f"{s3}/{name}").raise_for_status()
    return f"s3://key:secret@{name}/alumni?endpoint={s3}"
