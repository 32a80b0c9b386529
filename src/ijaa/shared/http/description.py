"""What the OpenAPI document says of every route beyond its signature: who may call it, and how it refuses."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec
from litestar import Litestar, Request
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import OpenAPIMediaType, OpenAPIResponse, OpenAPIType, Operation, RequestBody, Schema
from litestar.params import HeaderParameter
from litestar.routes import HTTPRoute

from ijaa.shared.http.forms import WORDS
from ijaa.shared.http.one_click import FIELD, FORM, ONE_CLICK, VALUE
from ijaa.shared.http.policies import EVERYBODY, NOT_ASKED, Policy, operations, policy_of
from ijaa.shared.http.problems import MEDIA_TYPE, ProblemDetails
from ijaa.shared.http.uploads import MULTIPART, UPLOAD
from ijaa.shared.schema import Body

BEARER = "bearer"
ALSO = "also"
"""`opt` of a route that answers with a second media type: that type."""
RAW = "raw"
"""`opt` of a route that reads its body itself: a `RawBody`."""
EMPTY = "empty"
"""`opt` of a route that may answer 204, too: when."""
_LIMITS = ("minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems")
_REFUSALS = {
    400: "The request cannot be read",
    401: "No token, or none that is good",
    403: "Not for this caller",
    404: "Not there, or not visible to the caller",
    409: "The state does not allow it",
    412: "`If-Match` names another version",
    413: "The body is too large",
    415: "The body is of another media type",
    422: "Values are not valid",
    429: "Too often; see `Retry-After`",
    503: "Something this depends on is down; see `Retry-After`",
}


@dataclass(frozen=True)
class RawBody:
    """A body that is neither JSON nor a form."""

    media_type: str
    largest: int
    """Bytes."""
    description: str
    example: str

    def described(self) -> dict[str, Any]:
        """Return what the document says of it."""
        schema = {"type": "string", "minLength": 1, "maxLength": self.largest}
        content = {self.media_type: {"schema": schema, "example": self.example}}
        return {"description": self.description, "required": True, "content": content}


@dataclass
class DescribedOperation(Operation):
    """An operation that says so when no token is looked at, and when the answer is empty, where Litestar does not."""

    def __post_init__(self) -> None:
        """Write both down."""
        self.security = self.security or []
        if isinstance(self.request_body, RequestBody):
            _say_optional(self.request_body)
        if self.responses and isinstance(empty := self.responses.get("204"), OpenAPIResponse):
            empty.content = None


@dataclass
class UploadOperation(DescribedOperation):
    """An operation that takes a file, which Litestar cannot know: the route reads it from the stream."""

    def __post_init__(self) -> None:
        """Write the form down."""
        file = Schema(type=OpenAPIType.STRING, content_media_type="application/octet-stream")
        form = Schema(
            type=OpenAPIType.OBJECT, properties={"file": file}, required=["file"], additional_properties=False
        )
        self.request_body = RequestBody(content={MULTIPART: OpenAPIMediaType(schema=form)}, required=True)
        super().__post_init__()


@dataclass
class ClickOperation(DescribedOperation):
    """An operation that takes the form of a click, which the route reads itself."""

    def __post_init__(self) -> None:
        """Write the form down."""
        form = Schema(
            type=OpenAPIType.OBJECT, properties={FIELD: Schema(type=OpenAPIType.STRING, enum=[VALUE])},
            required=[FIELD], additional_properties=False,
        )  # fmt: skip
        content = {kind: OpenAPIMediaType(schema=form) for kind in (FORM, MULTIPART)}
        self.request_body = RequestBody(content=content, required=True)
        super().__post_init__()


_OPERATIONS = {UPLOAD: UploadOperation, ONE_CLICK: ClickOperation}


def _say_optional(body: RequestBody) -> None:
    """Say that a body may be left out, where Litestar says it may be null."""
    for content in body.content.values():
        kinds = getattr(content.schema, "one_of", None) or []
        if len(kept := [kind for kind in kinds if getattr(kind, "type", None) != OpenAPIType.NULL]) < len(kinds):
            content.schema, body.required = kept[0], False


class StrictDocument(JsonRenderPlugin):
    """The document, which says of what a client sends that unknown fields are refused."""

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        """Return the document as JSON."""
        for one in operations(request.app):
            if ALSO in one.handler.opt:
                responses = openapi_schema["paths"][one.path][one.method.lower()]["responses"]
                kind = {one.handler.opt[ALSO]: {"schema": {"type": "string"}}}
                responses["200"]["content"] = {**responses["200"].get("content", {}), **kind}
            if WORDS in one.handler.opt:
                form = openapi_schema["paths"][one.path][one.method.lower()]["requestBody"]["content"][MULTIPART]
                words = {name: {"type": "string", "maxLength": most} for name, most in one.handler.opt[WORDS].items()}
                form["schema"]["properties"] |= words
            if RAW in one.handler.opt:
                openapi_schema["paths"][one.path][one.method.lower()]["requestBody"] = one.handler.opt[RAW].described()
            if EMPTY in one.handler.opt:
                responses = openapi_schema["paths"][one.path][one.method.lower()]["responses"]
                responses["204"] = {"description": one.handler.opt[EMPTY]}
        return self.render_json(request, _strict(openapi_schema))


def _strict(document: dict[str, Any]) -> dict[str, Any]:
    schemas = document["components"]["schemas"]
    _say_limits(schemas)
    waiting = [operation["requestBody"] for path in document["paths"].values() for operation in path.values()
               if "requestBody" in operation]  # fmt: skip
    while waiting:
        match waiting.pop():
            case {"$ref": str(place)}:
                schema = schemas[place.rpartition("/")[2]]
                if "additionalProperties" not in schema and schema.get("type") == "object":
                    schema["additionalProperties"] = False
                    waiting.append(schema)
            case dict(inside):
                waiting += inside.values()
            case list(inside):
                waiting += inside
    return document


def _say_limits(schemas: dict[str, Any]) -> None:
    """Say the limits of what is in a list, and those that are 0, which Litestar leaves out."""
    bodies = [struct for struct in _below(Body) if struct.__name__ in schemas]
    _, told = msgspec.json.schema_components(bodies)
    for struct in bodies:
        for name, said in schemas[struct.__name__]["properties"].items():
            own = told[struct.__name__]["properties"][name]
            for kind in own.get("anyOf", [own]):
                said |= {limit: kind[limit] for limit in _LIMITS if limit in kind and limit not in said}
                if "items" in kind and "$ref" not in kind["items"]:
                    for place in (said, *said.get("oneOf", ())):
                        if "items" in place:
                            place["items"] = kind["items"]


def _below(kind: type[Body]) -> Iterator[type[Body]]:
    for one in kind.__subclasses__():
        yield one
        yield from _below(one)


def describe(app: Litestar) -> None:
    """Write security and refusals of every route into its handler, for the document; call it after `attach`."""
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            for handler in route.route_handlers:
                _describe(handler, policy_of(handler), named=bool(route.path_parameters))


def _describe(handler: HTTPRouteHandler, policy: Policy, *, named: bool) -> None:
    kinds = [kind for opt, kind in _OPERATIONS.items() if opt in handler.opt]
    handler.operation_class = kinds[0] if kinds else DescribedOperation
    handler.security = _security(policy)
    handler.responses = {
        status: ResponseSpec(
            ProblemDetails, generate_examples=False, description=_REFUSALS[status], media_type=MEDIA_TYPE
        )
        for status in sorted({*_refusals(handler, policy, named=named)})
    } | dict(handler.responses or {})


def _security(policy: Policy) -> list[dict[str, list[str]]]:
    if policy.callers == NOT_ASKED:
        return []
    return [{BEARER: []}, {}] if policy.callers == EVERYBODY else [{BEARER: []}]


def _refusals(handler: HTTPRouteHandler, policy: Policy, *, named: bool) -> Iterator[int]:
    yield from (400, 422, 503)
    if policy.callers != NOT_ASKED or policy.limit in {"login", "refresh"}:
        yield 401
    if policy.callers not in {NOT_ASKED, EVERYBODY} or policy.flag is not None:
        yield 403
    if policy.limit != "none":
        yield 429
    if not handler.http_methods <= {"GET", "HEAD"}:
        yield from (409, 413, 415)
    if named or policy.callers not in {NOT_ASKED, EVERYBODY}:
        yield 404
    if any(_names_if_match(field.kwarg_definition) for field in handler.parsed_fn_signature.parameters.values()):
        yield 412


def _names_if_match(definition: Any) -> bool:
    return isinstance(definition, HeaderParameter) and str(definition.name).lower() == "if-match"
