"""What comes out of the route of the preview."""

from ijaa.shared.schema import View
from ijaa.users.experiences.schemas import ExperienceRead
from ijaa.users.interests.schemas import InterestRead
from ijaa.users.profiles.schemas import MemberRead


class Preview(View, frozen=True):
    """What a kind of viewer gets from `/users/{username}`, its experiences and its interests."""

    profile: MemberRead
    experiences: list[ExperienceRead]
    interests: list[InterestRead]
