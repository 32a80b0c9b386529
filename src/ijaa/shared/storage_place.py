"""Where files lie, read from one URL."""

from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import msgspec

FORM = "file:///folder or s3://key:password@bucket/prefix?endpoint=https://host&region=name"


class Folder(msgspec.Struct, frozen=True):
    """A folder of this machine, or one every process of the installation has mounted."""

    path: Path


class Bucket(msgspec.Struct, frozen=True):
    """A bucket of an S3 service; what is None comes from the environment (`AWS_…`) or the service's default."""

    name: str
    prefix: str
    endpoint: str | None
    region: str | None
    key: str | None
    secret: str | None


def place_of(url: str) -> Folder | Bucket:
    """Return the place a URL names; raise `ValueError` with what is wrong, which repeats no secret."""
    try:
        parts = urlsplit(url)
        _ = parts.port
        options = parse_qs(parts.query, strict_parsing=bool(parts.query))
    except ValueError:
        raise ValueError(f"is not a URL: use {FORM}") from None
    if parts.scheme == "file" and parts.netloc in {"", "localhost"} and parts.path.strip("/") and not parts.query:
        return Folder(Path(unquote(parts.path)))
    if parts.scheme != "s3" or not parts.hostname or parts.fragment:
        raise ValueError(f"must look like {FORM}")
    if options.keys() - {"endpoint", "region"} or any(len(values) > 1 for values in options.values()):
        raise ValueError("takes endpoint and region after the question mark, each once")
    if (parts.username is None) != (parts.password is None):
        raise ValueError("names a key without a secret, or a secret without a key")
    endpoint = options.get("endpoint", [None])[0]
    if endpoint is not None and not endpoint.startswith(("https://", "http://")):
        raise ValueError("has an endpoint that is no http(s) URL")
    return Bucket(
        name=parts.hostname,
        prefix=unquote(parts.path).strip("/"),
        endpoint=endpoint,
        region=options.get("region", [None])[0],
        key=parts.username and unquote(parts.username),
        secret=parts.password and unquote(parts.password),
    )
