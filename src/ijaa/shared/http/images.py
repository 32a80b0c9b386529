"""Answers that are images, and that no browser takes for anything else."""

from litestar import Response
from litestar.openapi.datastructures import ResponseSpec

from ijaa.shared.http.sandbox import SANDBOX
from ijaa.shared.storage_images import MEDIA_TYPE

IMAGE = {200: ResponseSpec(bytes, generate_examples=False, media_type=MEDIA_TYPE, description="the image")}
"""`responses` of a route that answers so."""


def image(content: bytes, media_type: str, name: str, *, seconds: int, public: bool = False) -> Response[bytes]:
    """Return an image called `name`, to be cached for so many seconds, by everybody's caches if it is public."""
    return Response(
        content,
        media_type=media_type,
        headers={
            "Content-Disposition": f'inline; filename="{name}.webp"',
            "Content-Security-Policy": SANDBOX,
            "Cross-Origin-Resource-Policy": "cross-origin",  # pages of other origins show it, with a link
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": f"{'public' if public else 'private'}, max-age={seconds}, immutable",
        },
    )
