"""The use case of the preview."""

from collections.abc import Mapping
from typing import Literal

from ijaa.shared.principals import Principal
from ijaa.users.experiences.service import ExperienceService
from ijaa.users.interests.service import InterestService
from ijaa.users.preview.schemas import Preview
from ijaa.users.profiles.domain import Relation
from ijaa.users.profiles.service import ProfileService

Viewer = Literal["public", "member", "connection"]
_RELATIONS: Mapping[Viewer, Relation] = {
    "public": Relation.PUBLIC,
    "member": Relation.MEMBER,
    "connection": Relation.CONNECTION,
}


class PreviewService:
    """Shows members what they show."""

    def __init__(self, profiles: ProfileService, experiences: ExperienceService, interests: InterestService) -> None:
        self._profiles, self._experiences, self._interests = profiles, experiences, interests

    async def preview(self, member: Principal, viewer: Viewer) -> Preview:
        """Return what a viewer of this kind, whom the member did not block, gets to see."""
        profile, lists = await self._profiles.seen_as(member, _RELATIONS[viewer])
        return Preview(
            profile=profile,
            experiences=(await self._experiences.own(member)).items if "experiences" in lists else [],
            interests=(await self._interests.own(member)).items if "interests" in lists else [],
        )
