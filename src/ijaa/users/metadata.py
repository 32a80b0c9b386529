"""Every table of the users module, for alembic and for nobody else."""

from ijaa.users.accounts.models import EmailChange, EmailToken, User
from ijaa.users.admins.models import Admin
from ijaa.users.base import UsersBase
from ijaa.users.connections.models import Connection
from ijaa.users.profiles.models import Profile
from ijaa.users.sessions.models import RefreshToken, Revocation, Session, SigningKey
from ijaa.users.tables import AUDIT_LOG, OUTGOING_MAILS

metadata = UsersBase.metadata

__all__ = [
    "AUDIT_LOG",
    "OUTGOING_MAILS",
    "Admin",
    "Connection",
    "EmailChange",
    "EmailToken",
    "Profile",
    "RefreshToken",
    "Revocation",
    "Session",
    "SigningKey",
    "User",
    "metadata",
]
