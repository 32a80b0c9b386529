"""What a machine makes up from the OpenAPI document is answered as that says, and never by a failure of ours."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import CheckFunction, load_all_checks, not_a_server_error
from schemathesis.core.control import SkipTest
from schemathesis.specs.openapi import checks as conformance

from ijaa.shared.errors import problem_types
from tests import figures
from tests.surface.in_process import a_session
from tests.surface.world import BASE, World

CODES = {kind.code for kind in problem_types()}
CALLERS = ("anonymous", "member", "superadmin")
LEAST = 50_000


class Fuzzed:
    """Sends made-up requests to every operation of the document, as somebody, and counts them."""

    def __init__(self, world: World, loop: asyncio.AbstractEventLoop) -> None:
        self._world, self._loop = world, loop
        self._session = a_session(world.app, loop)
        load_all_checks()
        self._checks: list[CheckFunction] = [
            not_a_server_error,
            conformance.status_code_conformance,
            conformance.content_type_conformance,
            conformance.response_headers_conformance,
            conformance.response_schema_conformance,
        ]
        self._config = schemathesis.Config.from_dict({})
        document = self._session.get(f"{BASE}/schema/openapi.json").json()
        self._schema = schemathesis.openapi.from_dict(document, config=self._config)
        self.sent: Counter[tuple[str, str]] = Counter()
        self.met: Counter[int] = Counter()

    def every_operation(self) -> Iterator[Any]:
        """Yield every operation of the document."""
        for found in self._schema.get_all_operations():
            yield found.ok()

    def round(self, number: int, examples: int) -> None:
        """Send every operation up to this many requests of each sort, as each caller."""
        for operation in self.every_operation():
            self._wait(self._world.go_back)  # what an earlier request did must not hide what these meet
            for caller in CALLERS:
                for strategy in self._strategies(operation):
                    self._send(operation.label, caller, strategy, number, examples)

    def _strategies(self, operation: Any) -> Iterator[Any]:
        positive, negative = schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE
        yield operation.as_strategy(generation_mode=positive)
        if any(True for _ in operation.iter_parameters()) or list(operation.body):
            yield operation.as_strategy(generation_mode=negative)
        known = {
            parameter.name: self._world.ids[parameter.name]["existing"]
            for parameter in operation.path_parameters
            if parameter.name in self._world.ids
        }
        if known:
            yield operation.as_strategy(generation_mode=positive, path_parameters=known)

    def _send(self, label: str, caller: str, strategy: Any, number: int, examples: int) -> None:
        self._wait(lambda: self._world.sign_in(caller))  # it may have signed itself out
        token = self._wait(lambda: self._world.token(caller))

        @seed(number)
        @settings(
            max_examples=examples,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=strategy)
        def send(case: Any) -> None:
            self.sent[caller, label] += 1
            headers = {"Authorization": f"Bearer {token}"} if token else None
            answer = case.call(base_url=BASE, session=self._session, headers=headers)
            self.met[answer.status_code] += 1
            case.validate_response(answer, checks=self._checks)
            refuse_foreign_problem(answer)

        try:
            send()
        except (SkipTest, Unsatisfiable):
            return  # nothing of this sort can be made for this operation

    def _wait(self, work: Callable[[], Any]) -> Any:
        return self._loop.run_until_complete(work())


def refuse_foreign_problem(answer: Any) -> None:
    """Refuse an error that is no problem of the closed list, or that tells of our inside."""
    if answer.status_code < requests.codes.bad_request or b'"dependencies"' in answer.content:
        return
    assert answer.headers["content-type"][0].startswith("application/problem+json"), answer.content
    problem = msgspec.json.decode(answer.content)
    assert problem["code"] in CODES, problem
    assert not any(word in problem["detail"] for word in ("Traceback", "SELECT ", "asyncpg", "sqlalchemy")), problem


@pytest.fixture
def fuzzed(world: World) -> Fuzzed:
    """Return what sends made-up requests."""
    return Fuzzed(world, world.loop)


def test_whatever_the_document_allows_or_forbids_is_answered(fuzzed: Fuzzed) -> None:
    fuzzed.round(0, examples=2)

    report(fuzzed)
    asked = {label for _, label in fuzzed.sent}
    assert asked == {operation.label for operation in fuzzed.every_operation()}
    assert {caller for caller, _ in fuzzed.sent} == set(CALLERS)


@pytest.mark.long
def test_fifty_thousand_requests_meet_no_failure_of_ours(fuzzed: Fuzzed) -> None:
    number = 0
    while fuzzed.sent.total() < LEAST:
        number += 1
        fuzzed.round(number, examples=50)

    report(fuzzed)
    assert fuzzed.sent.total() >= LEAST


def report(fuzzed: Fuzzed) -> None:
    """Say how much was asked, and what came of it."""
    per_caller = {caller: sum(n for (who, _), n in fuzzed.sent.items() if who == caller) for caller in CALLERS}
    figures.report(f"made-up requests: {fuzzed.sent.total()} {per_caller}; statuses {dict(sorted(fuzzed.met.items()))}")
