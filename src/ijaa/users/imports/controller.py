"""Routes of imports."""

from typing import Annotated, Literal

import msgspec
from litestar import Controller, Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import PathParameter, QueryParameter

from ijaa.shared.errors import Invalid, Violation
from ijaa.shared.http.description import RAW, RawBody
from ijaa.shared.http.requests import StrictRequest
from ijaa.shared.principals import Principal
from ijaa.shared.schema import MAX_ID
from ijaa.users.imports.domain import Field, Mode
from ijaa.users.imports.schemas import ImportRead
from ijaa.users.imports.service import ImportService, Order

LARGEST = 10 * 1024 * 1024
"""Bytes of a file (domain: limits)."""
_FILE = RawBody(
    "text/csv",
    LARGEST,
    "A CSV file (RFC 4180) in UTF-8, at most 10 MB; the first line names the columns, one of them the name. "
    "A row needs a name and one of e-mail, phone, birth date (1980-12-31 or 31.12.1980) and student number; "
    "a blank overwrites nothing.",
    "Name,Batch,E-Mail,Phone,Date of Birth,Student Number,Profession,Location\r\n"
    "Asha Rahman,2009,asha@alumni.example,+880 1711 123456,1990-02-01,A-17,Nurse,Dhaka\r\n",
)
_MAPPING = msgspec.json.Decoder(dict[Annotated[str, msgspec.Meta(max_length=100)], Field])


class ImportController(Controller):
    """Files of people who have no account yet."""

    path = "/admin/members"
    tags = ("Administration",)

    @post(
        "/import",
        operation_id="importMembers",
        summary="Import members",
        status_code=202,
        opt={"media_types": {_FILE.media_type}, RAW: _FILE},
        request_max_body_size=LARGEST,
    )
    async def begin(
        self,
        request: StrictRequest,
        caller: NamedDependency[Principal],
        imports: NamedDependency[ImportService],
        mode: Annotated[Mode, QueryParameter()] = "all-or-nothing",
        dry_run: Annotated[bool, QueryParameter()] = False,  # noqa: FBT002 - a query parameter
        delimiter: Annotated[Literal["comma", "semicolon", "tab"], QueryParameter()] = "comma",
        file_name: Annotated[str, QueryParameter(min_length=1, max_length=200)] = "members.csv",
        mapping: Annotated[str, QueryParameter(min_length=2, max_length=5000)] = "{}",
    ) -> ImportRead:
        """Take a CSV file (UTF-8, at most 10 MB) as the body and import it after the answer.

        `mapping` is a JSON object from headings to fields, for headings that are not recognised.
        """
        order = Order(file_name=file_name, mode=mode, dry_run=dry_run, mapping=_mapping(mapping), delimiter=delimiter)
        return await imports.queue(caller, order, await request.body())

    @get("/imports/{import_id:int}", operation_id="getMemberImport", summary="Read how far an import is")
    async def read(
        self,
        imports: NamedDependency[ImportService],
        import_id: Annotated[int, PathParameter(ge=1, le=MAX_ID)],
    ) -> ImportRead:
        """Give the counts of an import and the rows that were not taken, by line and reason."""
        return await imports.read(import_id)


def _mapping(text: str) -> dict[str, Field]:
    try:
        return _MAPPING.decode(text)
    except msgspec.MsgspecError as error:
        raise Invalid([Violation("/mapping", f"is not a JSON object from headings to fields: {error}")]) from None


def import_router(service: ImportService) -> Router:
    """Return the routes of imports."""

    def provide_imports() -> ImportService:
        return service

    return Router(
        "/",
        route_handlers=[ImportController],
        dependencies={"imports": Provide(provide_imports, sync_to_thread=False)},
    )
