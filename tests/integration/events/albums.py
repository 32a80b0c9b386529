"""What tests of media do: they upload, and look what lies where."""

from typing import Any

import httpx

from ijaa.settings import Settings
from tests.integration.events.conftest import AnEvent, Api
from tests.pictures import a_picture

PICTURE = a_picture("JPEG", (40, 30))


async def upload(
    api: Api, who: str | None, event: int, raw: bytes = PICTURE, caption: str | None = None, **how: Any
) -> httpx.Response:
    """Upload a file to an event."""
    name = how.pop("name", "x.bin")
    data = {} if caption is None else {"caption": caption}
    files = {"file": (name, raw, "application/octet-stream")}
    return await api(who, "POST", f"/events/{event}/media", files=files, data=data, **how)


async def a_medium(api: Api, who: str, event: int, raw: bytes = PICTURE, caption: str | None = None) -> dict[str, Any]:
    """Upload a file that must be taken."""
    answer = await upload(api, who, event, raw, caption)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def an_album(api: Api, an_event: AnEvent, *who: str, **given: object) -> int:
    """Make an event of olu's to which these come."""
    event: int = (await an_event(**given))["id"]
    for one in who or ("asha", "ben"):
        await api.rsvp(one, event)
    return event


async def shown(api: Api, who: str, event: int, **params: Any) -> list[int]:
    """Return the ids of the media somebody sees."""
    page = await api.get(who, f"/events/{event}/media", **params)
    return [one["id"] for one in page["items"]]


def objects(settings: Settings) -> set[str]:
    """Return the objects there are."""
    folder = settings.data / "files" / "events"
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def path_of(link: str) -> str:
    """Return a link as `Api` takes it."""
    return link.removeprefix("/api/v1")


def plain(link: str) -> str:
    """Return the path of a link, without what opens it."""
    return path_of(link).partition("?")[0]
