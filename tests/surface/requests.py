"""A plausible request for every operation of the live route table; what a schema cannot tell stands here by hand."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from litestar.params import QueryParameter
from litestar.types import Empty

from ijaa.shared.http.policies import Operation
from ijaa.shared.http.uploads import UPLOAD

PASSWORD = "nine quiet rivers at dawn"
TOMORROW = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)

BODIES: Mapping[str, object] = {
    "register": {"username": "newcomer", "email": "new@mail.example", "password": PASSWORD, "name": "New Comer"},
    "logIn": {"login": "asha", "password": PASSWORD},
    "stepUp": {"password": PASSWORD},
    "changePassword": {"current_password": PASSWORD, "new_password": "seven slow lanterns at dusk"},
    "createEvent": {
        "title": "Reunion",
        "start_date": TOMORROW.isoformat(),
        "end_date": (TOMORROW + timedelta(hours=2)).isoformat(),
        "timezone": "Asia/Dhaka",
    },
    "putRsvp": {"status": "GOING"},
    "moveParticipant": {"status": "GOING"},
    "checkIn": {"username": "ivo"},
    "inviteToEvent": {"usernames": ["ben", "nobody"], "emails": ["somebody@mail.example"]},
    "editEvent": {"title": "Another title"},
    "putOrganiser": {"role": "CO_ORGANISER"},
    "handOverEvent": {"username": "asha"},
    "markMyNotificationsRead": {"all": True},
    "createAnnouncement": {"title": "Reunion", "content": "Come!"},
    "editAnnouncement": {"title": "Another title"},
    "fileReport": {
        "title": "Spam",
        "description": "Much of it",
        "category": "USER_REPORT",
        "target": {"kind": "member", "id": "ben"},
    },
    "editReport": {"priority": "HIGH"},
    "editMe": {"name": "Another Name"},
    "editMyProfile": {"bio": "Another bio"},
    "addMyExperience": {"title": "Teacher", "start_date": "2019-02-01"},
    "editMyExperience": {"company": "Another school"},
    "submitClaim": {"birth_date": "1990-02-01", "student_number": "A-17"},
    "editMyInterest": {"interest": "Other music"},
    "editMySettings": {"theme": "DARK", "language": "bn-BD", "time_zone": "Asia/Dhaka"},
    "requestConnection": {"username": "omar"},
    "createComment": {"content": "See you there, @ben!"},
}
"""Bodies by operation, where one made from the schema alone would be refused."""

UNMAKEABLE: Mapping[str, str] = {
    "refreshSession": "takes a refresh token",
    "verifyEmail": "takes a token out of a mail",
    "confirmEmailChange": "takes a token out of a mail",
    "resetPassword": "takes a token out of a mail",
    "comeBack": "takes a token out of a mail",
    "unsubscribe": "takes a token out of a mail",
    "unsubscribeAtOnce": "takes a token out of a mail",
    "redeemInvitation": "takes a token out of a mail",
    "refuseInvitations": "takes a token out of a mail",
    "logInAdmin": "takes an admin's password and second factor",
    "getMemberCards": "is for services",
    "getSharedMemberCards": "is for services",
    "getMemberStandings": "is for services",
    "hasMemberAddress": "is for services",
    "getHiddenMembers": "is for services",
    "getMemberContext": "is for services",
    "followRevocations": "is for services",
    "getRevocation": "is for services",
    "followFlags": "is for services",
    "getEventFigures": "is for services",
    "getContentSnapshots": "is for services",
    "getMemberRecords": "is for services",
    "getMemberFiles": "is for services",
    "getMemberFilePortion": "is for services",
    "fetchExport": "takes a link that is shown to its member alone",
    "getEventCompanions": "is for services",
    "confirmTotp": "takes a code of the secret that was just shown",
    "followKeys": "is for services",
    "evaluateFlag": "names the flag deleteFlag has taken out of the memory of the process",
    "importMembers": "takes a file",
    "acceptClaim": "names a record that agrees",
    "handOverEvent": "takes an event that lost its organiser",
    "getDemoMail": "takes the name of a mail that was sent",
}
"""Operations no request made up here is served by, each with its reason."""


def kind_of_body(operation: Operation) -> Any:
    """Return the type of an operation's body, or None when it takes none."""
    field = operation.handler.parsed_fn_signature.parameters.get("data")
    return None if field is None else field.annotation


def takes_a_file(operation: Operation) -> bool:
    """Whether an operation takes a form with a file instead of JSON."""
    return UPLOAD in operation.handler.opt


def body_of(operation: Operation) -> object:
    """Return a body the operation may well take."""
    if operation.name in BODIES:
        return BODIES[operation.name]
    schema = msgspec.json.schema(kind_of_body(operation))
    return sample(schema, schema.get("$defs", {}))


def query_of(operation: Operation) -> dict[str, Any]:
    """Return the query parameters an operation cannot do without."""
    return {
        field.kwarg_definition.name or name: sample(msgspec.json.schema(field.annotation), {})
        for name, field in operation.handler.parsed_fn_signature.parameters.items()
        if isinstance(field.kwarg_definition, QueryParameter) and field.default is Empty
    }


def path_parameters(operation: Operation) -> dict[str, Any]:
    """Return name and type of each path parameter."""
    fields = operation.handler.parsed_fn_signature.parameters
    return {name: fields[name].annotation for name in re.findall(r"{(\w+)}", operation.path)}


def nothing_there(kind: Any) -> str:
    """Return an id of this type that belongs to nothing."""
    if kind is UUID:
        return "00000000-0000-4000-8000-000000000000"
    return "999999999" if kind is int else "nothing-here"


def sample(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> Any:
    """Return the smallest value of a JSON schema, its optional properties left out."""
    if "$ref" in schema:
        return sample(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    if "enum" in schema or "const" in schema:
        return [schema.get("const"), *schema.get("enum", ())][-1]
    if "anyOf" in schema:
        return sample(next(one for one in schema["anyOf"] if one.get("type") != "null"), definitions)
    match schema.get("type"):
        case "object":
            properties = schema.get("properties", {})
            found: object = {name: sample(properties[name], definitions) for name in schema.get("required", ())}
        case "array":
            found = [sample(schema.get("items", {}), definitions) for _ in range(schema.get("minItems", 0))]
        case "string":
            found = _text(schema)
        case kind:
            found = {"integer": schema.get("minimum", 1), "number": 1.0, "boolean": True}.get(str(kind))
    return found


def _text(schema: Mapping[str, Any]) -> str:
    formats = {"date-time": TOMORROW.isoformat(), "date": TOMORROW.date().isoformat(), "uuid": nothing_there(UUID)}
    if (form := schema.get("format")) in formats:
        return formats[form]
    if "@" in schema.get("pattern", ""):
        return "somebody@mail.example"
    if "http" in schema.get("pattern", ""):
        return "https://alumni.example/"
    return "a" * max(schema.get("minLength", 1), 1)
