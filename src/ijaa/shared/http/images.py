"""Answers that are images, and that no browser takes for anything else."""

from litestar import Response
from litestar.openapi.datastructures import ResponseSpec

from ijaa.shared.http.sandbox import SANDBOX
from ijaa.shared.storage_images import MEDIA_TYPE


def drawn_response(media_type: str) -> dict[int, ResponseSpec]:
    """Return `responses` of a route that answers with an image of this type."""
    return {200: ResponseSpec(bytes, generate_examples=False, media_type=media_type, description="the image")}


IMAGE = drawn_response(MEDIA_TYPE)
"""`responses` of a route that answers so."""


def image(content: bytes, media_type: str, name: str, *, seconds: int, public: bool = False) -> Response[bytes]:
    """Return an image called `name`, to be cached for so many seconds, by everybody's caches if it is public."""
    answer = unkept_image(content, media_type, name)
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"  # pages of other origins show it, with a link
    answer.headers["Cache-Control"] = f"{'public' if public else 'private'}, max-age={seconds}, immutable"
    return answer


def unkept_image(content: bytes, media_type: str, name: str) -> Response[bytes]:
    """Return an image called `name` that no browser keeps and no page of another origin shows."""
    return drawn_image(content, media_type, f"{name}.webp")


def drawn_image(content: bytes, media_type: str, file_name: str) -> Response[bytes]:
    """Return an image of whatever type, drawn by us, that no browser keeps and no page of another origin shows."""
    return Response(
        content,
        media_type=media_type,
        headers={
            "Content-Disposition": f'inline; filename="{file_name}"',
            "Content-Security-Policy": SANDBOX,
            "Cross-Origin-Resource-Policy": "same-origin",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
        },
    )
