"""The OpenFeature Remote Evaluation Protocol, version 1: flags for any OpenFeature client."""

import hashlib
from typing import Annotated, Any

import msgspec
from litestar import Controller, Request, Response, Router, post
from litestar.di import NamedDependency, Provide
from litestar.params import HeaderParameter, JSONBody, PathParameter

from ijaa.shared.errors import Malformed, NotFound, Problem
from ijaa.shared.http.problems import MEDIA_TYPE, details_of
from ijaa.shared.schema import Body, View
from ijaa.users.flags.service import FlagService


class FlagUnknown(NotFound):
    """There is no such flag."""

    code, title = "flag-not-found", "There is no such flag"


class Evaluation(Body, frozen=True, kw_only=True):
    """A request to evaluate; the context is of no account here, because our flags are the same for everybody."""

    context: dict[str, Any] | None = None


class Evaluated(View, frozen=True, kw_only=True):
    """One flag evaluated."""

    key: str
    value: bool
    reason: str = "STATIC"
    variant: str


class EvaluatedAll(View, frozen=True):
    """Every flag evaluated."""

    flags: list[Evaluated]


class OfrepController(Controller):
    """Flags for OpenFeature clients."""

    path = "/ofrep/v1/evaluate/flags"
    tags = ("Feature flags",)

    @post("/{flag_name:str}", operation_id="evaluateFlag", summary="Evaluate a flag (OFREP)", status_code=200)
    async def one(
        self,
        flags: NamedDependency[FlagService],
        flag_name: Annotated[str, PathParameter(max_length=100)],
        data: JSONBody[Evaluation],  # noqa: ARG002 - read so that it is checked
    ) -> Evaluated:
        """Evaluate one flag; an unknown one is 404 `FLAG_NOT_FOUND`."""
        known = flags.known()
        if flag_name not in known:
            raise FlagUnknown
        return _evaluated(flag_name, value=known[flag_name])

    @post(operation_id="evaluateFlags", summary="Evaluate all flags (OFREP)", status_code=200)
    async def all(
        self,
        flags: NamedDependency[FlagService],
        data: JSONBody[Evaluation],  # noqa: ARG002 - read so that it is checked
        if_none_match: Annotated[str | None, HeaderParameter(name="If-None-Match", max_length=1000)] = None,
    ) -> Response[EvaluatedAll | None]:
        """Evaluate every flag; 304 when nothing has changed since the ETag sent."""
        answer = EvaluatedAll(flags=[_evaluated(key, value=value) for key, value in flags.known().items()])
        tag = f'"{hashlib.sha256(msgspec.json.encode(answer)).hexdigest()[:32]}"'
        if if_none_match is not None and tag in {one.strip() for one in if_none_match.split(",")}:
            return Response(None, status_code=304, headers={"ETag": tag})
        return Response(answer, headers={"ETag": tag})


def _evaluated(key: str, *, value: bool) -> Evaluated:
    return Evaluated(key=key, value=value, variant="on" if value else "off")


def _as_ofrep(request: Request[Any, Any, Any], problem: Problem) -> Response[dict[str, Any]]:
    """Answer a problem with the members OFREP asks for beside those of RFC 9457."""
    code = "FLAG_NOT_FOUND" if isinstance(problem, FlagUnknown) else "PARSE_ERROR" if problem.status in {
        Malformed.status, 422
    } else "GENERAL"  # fmt: skip
    body = msgspec.to_builtins(details_of(problem, request.scope["path"]))
    body |= {"key": request.path_params.get("flag_name"), "errorCode": code, "errorDetails": problem.detail}
    return Response(body, status_code=problem.status, headers=problem.headers, media_type=MEDIA_TYPE)


def ofrep_router(service: FlagService) -> Router:
    """Return the OFREP routes; they stand at the root, where its clients look for them."""

    def provide_flags() -> FlagService:
        return service

    return Router(
        "/",
        route_handlers=[OfrepController],
        dependencies={"flags": Provide(provide_flags, sync_to_thread=False)},
        exception_handlers={Problem: _as_ofrep},
    )
