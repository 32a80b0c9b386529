"""Every operation, called by everybody: what came of it, and whether anything changed."""

from typing import Any, Literal

import msgspec

from ijaa.policies import POLICIES
from ijaa.shared.http.policies import EVERYBODY, NOT_ASKED, Operation
from tests.pictures import a_picture
from tests.surface.requests import body_of, kind_of_body, nothing_there, path_parameters, query_of, takes_a_file
from tests.surface.world import REVOKED, ROLES, World

PICTURE = a_picture("PNG", (8, 8))
Form = Literal["existing", "hidden", "missing"]
Digests = dict[str, dict[str, str]]
Expected = Literal["let in", "unauthenticated", "forbidden", "to enrol first"]


class Cell(msgspec.Struct, frozen=True):
    """One call: who, what, and what came of it."""

    operation: str
    who: str
    form: Form
    expected: Expected
    status: int
    code: str | None
    said: dict[str, Any]
    """The answer, without what differs from request to request."""
    changed: tuple[str, ...]
    """Tables that differ from before, `database.table`."""

    def __str__(self) -> str:
        return (
            f"{self.operation} by {self.who} on {self.form}: {self.status} {self.code or ''} {' '.join(self.changed)}"
        )


def expected(operation: Operation, who: str) -> Expected:
    """Return what the table of policies says."""
    callers, role = POLICIES[operation.name].callers, ROLES[who]
    if operation.path.startswith("/internal/"):
        return "unauthenticated"
    if callers == NOT_ASKED:
        return "let in"
    if who in REVOKED | {"expired"}:
        return "unauthenticated"
    if role == "enrolling" and role not in callers:
        return "to enrol first"
    return "let in" if callers == EVERYBODY or role in callers else "unauthenticated" if role is None else "forbidden"


async def fill(world: World) -> list[Cell]:
    """Call everything as everybody; whatever changes anything is undone before the next call."""
    before = await world.digests()
    cells: list[Cell] = []
    for operation in world.operations:
        forms: tuple[Form, ...] = ("existing", "hidden", "missing") if path_parameters(operation) else ("existing",)
        for who in ROLES:
            for form in forms:
                cell = await call(world, operation, who, form, before)
                cells.append(cell)
                if cell.changed or (cell.status < 300 and operation.method != "GET"):
                    await world.go_back()
    return cells


async def call(
    world: World,
    operation: Operation,
    who: str,
    form: Form,
    before: Digests,
    token: str | None = None,
) -> Cell:
    """Send one request and compare both databases with what they were."""
    token = token or await world.token(who)
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    content = None
    if kind_of_body(operation) is not None:
        content, headers["Content-Type"] = msgspec.json.encode(body_of(operation)), "application/json"
    files = {"file": ("me.png", PICTURE, "image/png")} if takes_a_file(operation) else None
    answer = await world.client.request(
        operation.method,
        _path(world, operation, who, form),
        params=query_of(operation),
        headers=headers,
        content=content,
        files=files,
    )
    problem = answer.headers.get("content-type", "").startswith("application/problem+json")
    said = msgspec.json.decode(answer.content) if problem else {}
    after = await world.digests()
    changed = [
        f"{database}.{table}"
        for database, tables in after.items()
        for table, digest in tables.items()
        if digest != before[database][table]
    ]
    shown = {name: value for name, value in said.items() if name not in {"request_id", "instance"}}
    return Cell(
        operation.name, who, form, expected(operation, who), answer.status_code, said.get("code"), shown, tuple(changed)
    )


def _path(world: World, operation: Operation, who: str, form: Form) -> str:
    path = operation.path
    for name, kind in path_parameters(operation).items():
        ids = world.ids.get(name, {})
        if name == "session_id":
            own, other = (
                world.principals.get(who),
                world.principals["other member" if who != "other member" else "member"],
            )
            ids = {"existing": own.session_id if own else other.session_id, "hidden": other.session_id}
        path = path.replace(f"{{{name}}}", ids.get(form) or nothing_there(kind))
    return path
