"""Routes of notifications."""

from typing import Annotated
from urllib.parse import urlencode

from litestar import Controller, Response, Router, get, patch, post
from litestar.di import NamedDependency, Provide
from litestar.params import JSONBody, PathParameter, QueryParameter
from litestar.response import Redirect

from ijaa.shared.http.one_click import TAKES_A_CLICK, refuse_other_forms
from ijaa.shared.http.requests import StrictRequest
from ijaa.shared.http.streams import MEDIA_TYPE, STREAMED, EventStream, LastEventId
from ijaa.shared.live import Live
from ijaa.shared.principals import Principal
from ijaa.users.notifications.schemas import (
    Inbox,
    Preferences,
    PreferencesPatch,
    ReadMarks,
    Unread,
    Unsubscription,
)
from ijaa.users.notifications.service import NotificationService

Token = Annotated[str, PathParameter(max_length=200)]


class NotificationController(Controller):
    """What one is told."""

    path = "/me/notifications"
    tags = ("Notifications",)

    @get(operation_id="listMyNotifications", summary="Read my notifications")
    async def page(
        self,
        caller: NamedDependency[Principal],
        notifications: NamedDependency[NotificationService],
        *,
        unread: Annotated[bool, QueryParameter()] = False,
        cursor: Annotated[str | None, QueryParameter(max_length=500)] = None,
        limit: Annotated[int, QueryParameter(ge=1, le=100)] = 20,
    ) -> Inbox:
        """Give what the caller is told, the latest first, and how many of all are unread."""
        return await notifications.page(caller, cursor, limit, unread=unread)

    @get(
        "/stream",
        operation_id="watchMyNotifications",
        summary="Watch my notifications",
        media_type=MEDIA_TYPE,
        responses={200: STREAMED},
    )
    async def watch(
        self, request: StrictRequest, caller: NamedDependency[Principal], live: NamedDependency[Live],
        last_event_id: LastEventId = None,
    ) -> Response[bytes]:  # fmt: skip
        """Give how many are unread, and again whenever that changes (`notification`).

        The stream ends with the token of the caller, or with the process; a client comes back with Last-Event-ID.
        """
        return EventStream(request, live.watch(caller.username), _always, last_event_id)

    @post("/read", operation_id="markMyNotificationsRead", summary="Mark notifications as read", status_code=200)
    async def mark_read(
        self,
        caller: NamedDependency[Principal],
        notifications: NamedDependency[NotificationService],
        data: JSONBody[ReadMarks],
    ) -> Unread:
        """Mark as read what is named, or everything; what is not the caller's is passed over."""
        return await notifications.mark_read(caller, data)


class PreferenceController(Controller):
    """What one wants to be told of, and how."""

    path = "/me/notification-preferences"
    tags = ("Notifications",)

    @get(operation_id="getMyNotificationPreferences", summary="Read what I want to be told")
    async def read(
        self, caller: NamedDependency[Principal], notifications: NamedDependency[NotificationService]
    ) -> Preferences:
        """Give for every kind of notification by which ways the caller is told."""
        return await notifications.preferences(caller)

    @patch(operation_id="editMyNotificationPreferences", summary="Choose what I want to be told")
    async def edit(
        self,
        caller: NamedDependency[Principal],
        notifications: NamedDependency[NotificationService],
        data: JSONBody[PreferencesPatch],
    ) -> Preferences:
        """Change what is given (RFC 7396); null goes back to the default."""
        return await notifications.choose(caller, data)


class UnsubscriptionController(Controller):
    """The way out of mails, for whoever holds one."""

    path = "/notifications/unsubscribe"
    tags = ("Notifications",)

    @post(operation_id="unsubscribe", summary="Get no more mails of a kind", status_code=204)
    async def unsubscribe(
        self, notifications: NamedDependency[NotificationService], data: JSONBody[Unsubscription]
    ) -> None:
        """End the mails of the kind the token came with (RFC 2369)."""
        await notifications.unsubscribe(data.token)

    @get("/{token:str}", operation_id="openUnsubscribeLink", include_in_schema=False)
    async def ask(self, token: Token) -> Redirect:
        """Show whoever opens the link of a mail's header the page that asks him; a scanner changes nothing."""
        return Redirect(f"/unsubscribe?{urlencode({'token': token})}", status_code=303)

    @post(
        "/{token:str}", operation_id="unsubscribeAtOnce", summary="Get no more mails of a kind, in one click",
        status_code=204, opt=TAKES_A_CLICK,
    )  # fmt: skip
    async def click(
        self,
        request: StrictRequest,
        notifications: NamedDependency[NotificationService],
        token: Token,
    ) -> None:
        """End the mails of the kind the token came with, for a mail service whose user asked for it (RFC 8058)."""
        await refuse_other_forms(request)
        await notifications.unsubscribe(token)


def notification_router(service: NotificationService, live: Live) -> Router:
    """Return the routes of notifications."""

    def provide_notifications() -> NotificationService:
        return service

    def provide_live() -> Live:
        return live

    return Router(
        "/",
        route_handlers=[NotificationController, PreferenceController, UnsubscriptionController],
        dependencies={
            "notifications": Provide(provide_notifications, sync_to_thread=False),
            "live": Provide(provide_live, sync_to_thread=False),
        },
    )


async def _always() -> None:
    """Let a member see what he is told."""
