"""Every table of the users module, for alembic and for nobody else."""

from ijaa.users.accounts.models import EmailChange, EmailToken, ErasedUsername, PasswordGuess, Registration, User
from ijaa.users.admins.models import Admin
from ijaa.users.announcements.models import Announcement, AnnouncementRead
from ijaa.users.base import UsersBase
from ijaa.users.claims.models import MemberClaim
from ijaa.users.connections.models import Block, Connection
from ijaa.users.directory.models import DirectoryEntry
from ijaa.users.experiences.models import Experience
from ijaa.users.exports.models import Export
from ijaa.users.files.models import File
from ijaa.users.flags.models import FeatureFlag
from ijaa.users.imports.models import MemberImport, MemberRecord
from ijaa.users.interests.models import Interest
from ijaa.users.notifications.models import Notification, NotificationPreference
from ijaa.users.profiles.models import Profile
from ijaa.users.reports.models import Report
from ijaa.users.second_factor.models import RecoveryCode
from ijaa.users.sessions.models import RefreshToken, Revocation, Session, SigningKey
from ijaa.users.settings.models import UserSettings
from ijaa.users.tables import AUDIT_LOG, AUDIT_SEALS, IDEMPOTENCY_KEYS, INBOX, JOBS, OUTBOX

metadata = UsersBase.metadata

__all__ = [
    "AUDIT_LOG",
    "AUDIT_SEALS",
    "IDEMPOTENCY_KEYS",
    "INBOX",
    "JOBS",
    "OUTBOX",
    "Admin",
    "Announcement",
    "AnnouncementRead",
    "Block",
    "Connection",
    "DirectoryEntry",
    "EmailChange",
    "EmailToken",
    "ErasedUsername",
    "Experience",
    "Export",
    "FeatureFlag",
    "File",
    "Interest",
    "MemberClaim",
    "MemberImport",
    "MemberRecord",
    "Notification",
    "NotificationPreference",
    "PasswordGuess",
    "Profile",
    "RecoveryCode",
    "RefreshToken",
    "Registration",
    "Report",
    "Revocation",
    "Session",
    "SigningKey",
    "User",
    "UserSettings",
    "metadata",
]
