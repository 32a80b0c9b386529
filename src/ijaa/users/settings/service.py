"""Use cases of settings."""

from ijaa.shared.clock import Clock
from ijaa.shared.database import Database
from ijaa.shared.errors import NotFound
from ijaa.shared.principals import Principal
from ijaa.users.errors import refuse
from ijaa.users.profiles.service import Precondition
from ijaa.users.settings.domain import DEFAULTS, unfit, with_defaults
from ijaa.users.settings.models import UserSettings
from ijaa.users.settings.repository import SettingsRepository, StoredSettings
from ijaa.users.settings.schemas import SettingsPatch, SettingsRead

UNTOUCHED = 0
"""The version of settings nobody changed yet."""


class SettingsService:
    """Shows and changes what a member chose."""

    def __init__(self, database: Database, repository: SettingsRepository, clock: Clock) -> None:
        self._database, self._repository, self._clock = database, repository, clock

    async def read(self, member: Principal) -> tuple[SettingsRead, int]:
        """Return the member's settings and their version."""
        if (stored := await self._repository.of(member.username)) is None:
            return SettingsRead(**DEFAULTS), UNTOUCHED
        return _read(stored), stored.version

    async def edit(
        self, member: Principal, patch: SettingsPatch, precondition: Precondition
    ) -> tuple[SettingsRead, int]:
        """Change what is given; an equal value changes nothing, the version neither."""
        changes, now = with_defaults(patch.changes()), self._clock.now()
        refuse(list(unfit(changes)))
        async with self._database.transaction() as session:
            if (found := await self._repository.lock(session, member.username)) is None:
                raise NotFound
            user_id, settings = found
            precondition(settings.version if settings else UNTOUCHED)
            before = _read(settings) if settings else SettingsRead(**DEFAULTS)
            changed = {name: value for name, value in changes.items() if getattr(before, name) != value}
            if not changed:
                return before, settings.version if settings else UNTOUCHED
            if settings is None:
                settings = UserSettings(user_id=user_id, created_at=now, **DEFAULTS)
                session.add(settings)
            for name, value in changed.items():
                setattr(settings, name, value)
            settings.updated_at = now
            await session.flush()
        return _read(settings), settings.version


def _read(settings: StoredSettings | UserSettings) -> SettingsRead:
    return SettingsRead(**{name: getattr(settings, name) for name in SettingsRead.__struct_fields__})
