"""Health: alive, and ready per dependency."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Literal

import msgspec
from litestar import Response, Router, get
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import PathParameter

from ijaa.shared.errors import NotFound

Check = Callable[[], Awaitable[object]]
_WAIT = 1.0
"""Seconds a dependency has to answer."""


class Liveness(msgspec.Struct, frozen=True):
    """The process answers."""

    status: Literal["alive"] = "alive"


class Readiness(msgspec.Struct, frozen=True, kw_only=True):
    """Whether requests can be served, and what each dependency says."""

    status: Literal["ready", "degraded", "down"]
    dependencies: dict[str, Literal["up", "down"]]


_DOWN = {503: ResponseSpec(Readiness, generate_examples=False, description="It cannot; see `Retry-After`")}


def health_router(modules: Mapping[str, Check], helpful: Mapping[str, Check]) -> Router:
    """Return the health routes; only `modules` decide on 503, what is merely helpful never does."""

    @get("/live", operation_id="getLiveness", summary="Whether the process answers")
    async def live() -> Liveness:
        return Liveness()

    @get(
        "/ready",
        operation_id="getReadiness",
        summary="Whether requests can be served, per dependency",
        responses=_DOWN,
    )
    async def ready() -> Response[Readiness]:
        states = await _ask({**modules, **helpful})
        working = [states[name] == "up" for name in modules]
        status: Literal["ready", "degraded", "down"] = (
            "ready" if all(state == "up" for state in states.values()) else "degraded" if any(working) else "down"
        )
        return _answer(status, states)

    @get(
        "/ready/{module:str}",
        operation_id="getModuleReadiness",
        summary="Whether one module can be served",
        responses=_DOWN,
    )
    async def ready_module(module: Annotated[str, PathParameter(max_length=50)]) -> Response[Readiness]:
        if module not in modules:
            raise NotFound
        states = await _ask({module: modules[module]})
        return _answer("ready" if states[module] == "up" else "down", states)

    return Router("/health", route_handlers=[live, ready, ready_module], tags=["Health"])


def _answer(
    status: Literal["ready", "degraded", "down"], states: dict[str, Literal["up", "down"]]
) -> Response[Readiness]:
    down = status == "down"
    return Response(
        Readiness(status=status, dependencies=states),
        status_code=503 if down else 200,
        headers={"Retry-After": "1"} if down else {},
    )


async def _ask(checks: Mapping[str, Check]) -> dict[str, Literal["up", "down"]]:
    async def state(check: Check) -> Literal["up", "down"]:
        try:
            async with asyncio.timeout(_WAIT):
                await check()
        except Exception:  # noqa: BLE001 - whatever it is, the dependency is not up
            return "down"
        return "up"

    answers = await asyncio.gather(*(state(check) for check in checks.values()))
    return dict(zip(checks, answers, strict=True))
