"""Who may do what: every operation of every module, one row each.

A route without a row stops the start. What depends on the object (whose event, whose session) is decided by the
service that knows it; everything that depends on the caller alone is here.
"""

from collections.abc import Mapping

from ijaa.shared.http.policies import ADMINS, ENROLLING, EVERYBODY, MEMBERS, NOT_ASKED, SIGNED_IN, Policy
from ijaa.shared.principals import Role

_PAGE = Policy(NOT_ASKED, limit="none")
_SERVICE = Policy(NOT_ASKED, limit="none")
"""Its router lets services in alone, by a token of their own kind."""
_FOLLOWED = Policy(NOT_ASKED, limit="none", seconds=10)
"""A long poll between services: it is answered when something changes, or after a while."""
_SUPERADMINS: frozenset[Role] = frozenset({"superadmin"})
_MODERATORS: frozenset[Role] = _SUPERADMINS | {"moderator"}
_EVENT_MANAGERS: frozenset[Role] = _SUPERADMINS | {"event-manager"}
_READERS_OF_MEMBERS: frozenset[Role] = _MODERATORS | {"auditor"}
_LINE = 30.0
"""Seconds somebody stands in the line of an event; each in front of him is bound by the database's own times."""
_DRAWING = 40.0
"""Seconds an image waits in line to be drawn anew, is drawn and written."""
_AUDITORS: frozenset[Role] = _SUPERADMINS | {"auditor"}

POLICIES: Mapping[str, Policy] = {
    # health, figures, pages
    "getLiveness": _PAGE,
    "getReadiness": _PAGE,
    "getModuleReadiness": _PAGE,
    "getMetrics": _PAGE,
    "getApiPageAsset": _PAGE,
    "getLandingPage": _PAGE,
    "getConfirmationPage": _PAGE,
    "getResetPage": _PAGE,
    "getEmailChangePage": _PAGE,
    "getUnsubscribePage": _PAGE,
    "getUnsubscribeScript": _PAGE,
    "getReturnPage": _PAGE,
    "getReturnScript": _PAGE,
    "getStyle": _PAGE,
    "getScript": _PAGE,
    "getResetScript": _PAGE,
    "getEmailChangeScript": _PAGE,
    "listDemoMail": _PAGE,
    "getDemoMail": _PAGE,
    # between the services
    "getEventFigures": _SERVICE,
    "getContentSnapshots": _SERVICE,
    "getMemberRecords": _SERVICE,
    "getEventCompanions": _SERVICE,
    "getMemberCards": _SERVICE,
    "getSharedMemberCards": _SERVICE,
    "getHiddenMembers": _SERVICE,
    "getMemberStandings": _SERVICE,
    "getMemberContext": _SERVICE,
    "followRevocations": _FOLLOWED,
    "getRevocation": _SERVICE,
    "followFlags": _FOLLOWED,
    "followKeys": _FOLLOWED,
    # accounts
    "register": Policy(NOT_ASKED, flag="user.registration", limit="mail"),
    "verifyEmail": Policy(NOT_ASKED, flag="user.registration", limit="login"),
    "resendVerification": Policy(NOT_ASKED, flag="user.registration", limit="mail"),
    "logIn": Policy(NOT_ASKED, flag="user.login", limit="login"),
    "changePassword": Policy(SIGNED_IN, flag="user.password-change", admin_flag="admin.auth", limit="login"),
    "requestPasswordReset": Policy(NOT_ASKED, flag="user.password-change", limit="mail"),
    "resetPassword": Policy(NOT_ASKED, flag="user.password-change", limit="login"),
    "changeEmail": Policy(MEMBERS, fresh=True, flag="user.profile", limit="mail"),
    "confirmEmailChange": Policy(NOT_ASKED, flag="user.profile", limit="login"),
    "getMe": Policy(MEMBERS, flag="user.profile"),
    "editMe": Policy(MEMBERS, flag="user.profile"),
    "leave": Policy(MEMBERS, fresh=True, limit="mail"),
    "comeBack": Policy(NOT_ASKED, limit="login"),
    # notifications
    "listMyNotifications": Policy(MEMBERS),
    "watchMyNotifications": Policy(MEMBERS),
    "markMyNotificationsRead": Policy(MEMBERS),
    "getMyNotificationPreferences": Policy(MEMBERS),
    "editMyNotificationPreferences": Policy(MEMBERS),
    "unsubscribe": Policy(NOT_ASKED, limit="login"),
    "unsubscribeAtOnce": Policy(NOT_ASKED, limit="read"),  # a mail service clicks for many from one address
    "openUnsubscribeLink": _PAGE,
    # sessions
    "refreshSession": Policy(NOT_ASKED, flag="user.refresh", admin_flag="admin.auth", limit="refresh"),
    "logOut": Policy(NOT_ASKED, flag="user.logout", admin_flag="admin.logout"),
    "logOutEverywhere": Policy(SIGNED_IN | ENROLLING, flag="user.logout", admin_flag="admin.logout"),
    "stepUp": Policy(SIGNED_IN | ENROLLING, limit="login"),
    "listSessions": Policy(SIGNED_IN),
    "endSession": Policy(SIGNED_IN),
    "getKeys": Policy(NOT_ASKED),
    # profiles
    "getMyProfile": Policy(MEMBERS, flag="user.profile"),
    "editMyProfile": Policy(MEMBERS, flag="user.profile"),
    "getMember": Policy(EVERYBODY, flag="user.profile"),
    "previewMyProfile": Policy(MEMBERS, flag="user.profile"),
    "listMyExperiences": Policy(MEMBERS, flag="user.experiences"),
    "addMyExperience": Policy(MEMBERS, flag="user.experiences"),
    "editMyExperience": Policy(MEMBERS, flag="user.experiences"),
    "deleteMyExperience": Policy(MEMBERS, flag="user.experiences"),
    "listExperiences": Policy(EVERYBODY, flag="user.experiences"),
    "listMyInterests": Policy(MEMBERS, flag="user.interests"),
    "addMyInterest": Policy(MEMBERS, flag="user.interests"),
    "editMyInterest": Policy(MEMBERS, flag="user.interests"),
    "deleteMyInterest": Policy(MEMBERS, flag="user.interests"),
    "listInterests": Policy(EVERYBODY, flag="user.interests"),
    "suggestInterests": Policy(MEMBERS, flag="user.interests", limit="search"),
    "getMySettings": Policy(MEMBERS, flag="user.settings"),
    "editMySettings": Policy(MEMBERS, flag="user.settings"),
    # directory
    "searchMembers": Policy(MEMBERS, flag="alumni.search", limit="search"),
    "countMembers": Policy(MEMBERS, flag="alumni.search", limit="search"),
    "suggestMembers": Policy(MEMBERS, flag="alumni.search", limit="search"),
    # files
    "putMyPhoto": Policy(MEMBERS, flag="file-upload.profile-photo", limit="upload", seconds=_DRAWING),
    "deleteMyPhoto": Policy(MEMBERS, flag="file-upload.profile-photo"),
    "putMyCover": Policy(MEMBERS, flag="file-upload.cover-photo", limit="upload", seconds=_DRAWING),
    "deleteMyCover": Policy(MEMBERS, flag="file-upload.cover-photo"),
    "getFile": Policy(EVERYBODY, flag="file-download", seconds=6),
    # taking along
    "requestMyExport": Policy(MEMBERS, fresh=True),
    "listMyExports": Policy(MEMBERS),
    "getMyExport": Policy(MEMBERS),
    "fetchExport": Policy(NOT_ASKED, limit="read", seconds=6),
    # connections and blocks
    "requestConnection": Policy(MEMBERS, flag="user.profile", limit="mail", seconds=2),
    "listConnections": Policy(MEMBERS, flag="user.profile"),
    "countConnections": Policy(MEMBERS, flag="user.profile"),
    "suggestConnections": Policy(MEMBERS, flag="user.profile"),
    "getConnection": Policy(MEMBERS, flag="user.profile"),
    "acceptConnection": Policy(MEMBERS, flag="user.profile"),
    "rejectConnection": Policy(MEMBERS, flag="user.profile"),
    "removeConnection": Policy(MEMBERS, flag="user.profile"),
    "listMutualConnections": Policy(MEMBERS, flag="user.profile"),
    "listMyBlocks": Policy(MEMBERS),
    "blockMember": Policy(MEMBERS),
    "getMyBlock": Policy(MEMBERS),
    "unblockMember": Policy(MEMBERS),
    # announcements
    "listAnnouncements": Policy(MEMBERS, flag="announcements"),
    "getAnnouncement": Policy(MEMBERS, flag="announcements"),
    "markAnnouncementRead": Policy(MEMBERS, flag="announcements"),
    "getAnnouncementImage": Policy(EVERYBODY, flag="announcements", seconds=6),
    "putAnnouncementImage": Policy(_MODERATORS, flag="admin.announcements", limit="upload", seconds=_DRAWING),
    "deleteAnnouncementImage": Policy(_MODERATORS, flag="admin.announcements"),
    "listAllAnnouncements": Policy(_MODERATORS, flag="admin.announcements"),
    "getAnnouncementDetails": Policy(_MODERATORS, flag="admin.announcements"),
    "createAnnouncement": Policy(_MODERATORS, flag="admin.announcements"),
    "editAnnouncement": Policy(_MODERATORS, flag="admin.announcements"),
    "deleteAnnouncement": Policy(_MODERATORS, flag="admin.announcements"),
    # reports
    "fileReport": Policy(MEMBERS, flag="reports", limit="report"),
    "listMyReports": Policy(MEMBERS, flag="reports"),
    "getMyReport": Policy(MEMBERS, flag="reports"),
    "putReportAttachment": Policy(MEMBERS, flag="reports", limit="upload", seconds=_DRAWING),
    "getReportAttachment": Policy(_MODERATORS, flag="admin.reports", seconds=6),
    "listReports": Policy(_MODERATORS, flag="admin.reports"),
    "getReport": Policy(_MODERATORS, flag="admin.reports"),
    "editReport": Policy(_MODERATORS, flag="admin.reports"),
    # administration
    "logInAdmin": Policy(NOT_ASKED, flag="admin.auth", limit="login"),
    "beginTotp": Policy(ADMINS | ENROLLING, fresh=True, flag="admin.auth", answers_secret=True),
    "confirmTotp": Policy(ADMINS | ENROLLING, fresh=True, flag="admin.auth", limit="login", answers_secret=True),
    "listAdmins": Policy(_AUDITORS, flag="admin.features"),
    "getAdmin": Policy(_AUDITORS, flag="admin.features"),
    "createAdmin": Policy(_SUPERADMINS, fresh=True, flag="admin.features", answers_secret=True),
    "editAdmin": Policy(_SUPERADMINS, fresh=True, flag="admin.features"),
    "activateAdmin": Policy(_SUPERADMINS, fresh=True, flag="admin.features"),
    "deactivateAdmin": Policy(_SUPERADMINS, fresh=True, flag="admin.features"),
    "resetAdminTotp": Policy(_SUPERADMINS, fresh=True, flag="admin.features"),
    "listUsers": Policy(_READERS_OF_MEMBERS, flag="admin.user-management"),
    "getUser": Policy(_READERS_OF_MEMBERS, flag="admin.user-management"),
    "suspendUser": Policy(_MODERATORS, flag="admin.user-management"),
    "reinstateUser": Policy(_MODERATORS, flag="admin.user-management"),
    "deleteUser": Policy(_MODERATORS, flag="admin.user-management"),
    "importMembers": Policy(_SUPERADMINS, flag="admin.user-management", seconds=30),
    "getMemberImport": Policy(_SUPERADMINS, flag="admin.user-management"),
    "submitClaim": Policy(MEMBERS, flag="user.profile", limit="mail"),
    "listClaims": Policy(_MODERATORS, flag="admin.user-management"),
    "acceptClaim": Policy(_MODERATORS, flag="admin.user-management"),
    "rejectClaim": Policy(_MODERATORS, flag="admin.user-management"),
    "listAudit": Policy(_AUDITORS),
    "exportAudit": Policy(_AUDITORS, seconds=60),
    "getDashboard": Policy(ADMINS, flag="admin.features"),
    # feature flags
    "getFlag": Policy(EVERYBODY),
    "evaluateFlag": Policy(NOT_ASKED, limit="read"),
    "evaluateFlags": Policy(NOT_ASKED, limit="read"),
    "listFlags": Policy(ADMINS),
    "getFlagDetails": Policy(ADMINS),
    "getFlagImpact": Policy(ADMINS),
    "getFlagHistory": Policy(ADMINS),
    "createFlag": Policy(_SUPERADMINS),
    "editFlag": Policy(_SUPERADMINS),
    "deleteFlag": Policy(_SUPERADMINS),
    # events
    "listEvents": Policy(EVERYBODY, flag="events"),
    "getEvent": Policy(EVERYBODY, flag="events"),
    "watchEvent": Policy(EVERYBODY, flag="events"),
    "createEvent": Policy(MEMBERS, flag="events.creation"),
    "editEvent": Policy(MEMBERS, flag="events.update"),
    "deleteEvent": Policy(MEMBERS, flag="events.delete"),
    "publishEvent": Policy(MEMBERS, flag="events.creation"),
    "cancelEvent": Policy(MEMBERS, flag="events.update"),
    "listMyEvents": Policy(MEMBERS, flag="events"),
    "listUnledEvents": Policy(_EVENT_MANAGERS, flag="events"),
    "listOrganisers": Policy(MEMBERS, flag="events"),
    "putOrganiser": Policy(MEMBERS, flag="events.update"),
    "deleteOrganiser": Policy(MEMBERS, flag="events.update"),
    "handOverEvent": Policy(_EVENT_MANAGERS, flag="events.update"),
    # discovery
    "listTrendingEvents": Policy(EVERYBODY, flag="events", limit="search"),
    "listSimilarEvents": Policy(EVERYBODY, flag="events", limit="search"),
    "listRecommendedEvents": Policy(MEMBERS, flag="events", limit="search"),
    # participations
    "putRsvp": Policy(MEMBERS, flag="events.participation", seconds=_LINE),
    "getRsvp": Policy(MEMBERS, flag="events.participation"),
    "deleteRsvp": Policy(MEMBERS, flag="events.participation", seconds=_LINE),
    "listParticipants": Policy(MEMBERS, flag="events.participation"),
    "approveParticipant": Policy(MEMBERS, flag="events.participation", seconds=_LINE),
    "rejectParticipant": Policy(MEMBERS, flag="events.participation", seconds=_LINE),
    "moveParticipant": Policy(MEMBERS, flag="events.participation", seconds=_LINE),
    "listSeats": Policy(MEMBERS, flag="events.participation"),
    # comments
    "listComments": Policy(EVERYBODY, flag="events.comments"),
    "createComment": Policy(MEMBERS, flag="events.comments"),
    "getComment": Policy(EVERYBODY, flag="events.comments"),
    "listReplies": Policy(EVERYBODY, flag="events.comments"),
    "editComment": Policy(MEMBERS, flag="events.comments"),
    "deleteComment": Policy(MEMBERS | _MODERATORS, flag="events.comments", admin_flag="admin.reports"),
    "likeComment": Policy(MEMBERS, flag="events.comments"),
    "unlikeComment": Policy(MEMBERS, flag="events.comments"),
    "getCommentHistory": Policy(_MODERATORS, flag="admin.reports"),
}
