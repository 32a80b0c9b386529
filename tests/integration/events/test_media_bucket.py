"""Media in a bucket, as in a folder."""

import msgspec
import pytest

from ijaa.settings import Settings
from ijaa.shared.http.modules import Module
from ijaa.shared.storage import Storage
from tests.integration.events.albums import PICTURE, a_medium, an_album, path_of
from tests.integration.events.conftest import AnEvent, Api
from tests.movies import a_movie, a_pdf
from tests.pictures import opened


@pytest.fixture
def settings(settings: Settings, bucket: str) -> Settings:
    """Return the settings of a process whose files lie in a bucket."""
    return msgspec.structs.replace(settings, events_files_url=bucket)


async def test_files_lie_in_a_bucket_as_in_a_folder(
    api: Api, an_event: AnEvent, settings: Settings, module: Module
) -> None:
    """Kills: an object written as a folder has it; a range a bucket does not know; objects that stay."""
    event = await an_album(api, an_event)
    image, video, document = [await a_medium(api, "asha", event, raw) for raw in (PICTURE, a_movie(), a_pdf())]
    got = await api(None, "GET", path_of(image["card_url"]))
    assert opened(got.content).size == (40, 30)
    part = await api(None, "GET", path_of(video["file_url"]), headers={"Range": "bytes=10-19"})
    whole = await api(None, "GET", path_of(video["file_url"]))
    assert (part.status_code, part.content) == (206, whole.content[10:20])
    assert (await api(None, "GET", path_of(document["file_url"]))).content == a_pdf()
    banner = await api("olu", "PUT", f"/events/{event}/banner", files={"file": ("x.jpg", PICTURE, "image/jpeg")})
    assert (await api(None, "GET", path_of(banner.json()["banner"]))).status_code == 200
    storage = Storage(settings.files_of("events"), "events")
    assert len([one async for page in storage.pages() for one in page]) == 8
    for one in (image, video, document):
        assert (await api("asha", "DELETE", f"/media/{one['id']}")).status_code == 204
    await module.worker.run_due()
    assert len([one async for page in storage.pages() for one in page]) == 3
