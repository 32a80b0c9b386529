"""The landing page, and the page a confirmation link opens."""

from collections.abc import Sequence
from typing import Annotated

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import QueryParameter

from ijaa import __version__
from ijaa.settings import Settings
from ijaa.site.pages import STYLE, page

_CONFIRM = """<p id="said">One click confirms your e-mail address.</p>
<p><button id="confirm" type="button">Confirm my address</button></p>"""

_SCRIPT = """
// a mail scanner that opens the link must not spend the token: only the click does
const said = document.getElementById("said"), button = document.getElementById("confirm");
const token = new URLSearchParams(location.search).get("token");
button.addEventListener("click", async () => {
  button.disabled = true;
  const answer = await fetch("/api/v1/auth/verify-email", {
    method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify({token}),
  });
  const body = await answer.json();
  said.textContent = answer.ok ? `Welcome, ${body.username}: your address is confirmed.` : body.detail;
  button.hidden = answer.ok;
  button.disabled = false;
});
"""


def landing_routes(settings: Settings) -> Sequence[HTTPRouteHandler]:
    """Return the routes of the landing page and of the confirmation link."""

    @get("/", operation_id="getLandingPage")
    async def landing() -> Response[str]:
        mailbox = '<li><a href="/demo/mail">The demo\'s mailbox</a>: every mail the system sent</li>'
        return page(
            "IJAA",
            f"<p>The home of an alumni association. Version {__version__}; this process serves "
            f"<strong>{' and '.join(sorted(settings.modules, reverse=True))}</strong>.</p><ul>"
            '<li><a href="/schema">The API</a>, to read and to try</li>'
            '<li><a href="/health/ready">Health</a>, per dependency</li>'
            f"{mailbox if settings.demo else ''}</ul>",
        )

    @get("/verify", operation_id="getConfirmationPage")
    async def confirm(token: Annotated[str, QueryParameter(max_length=200)]) -> Response[str]:  # noqa: ARG001
        return page("Confirm your address", _CONFIRM, script="/site.js")

    @get("/site.css", operation_id="getStyle")
    async def style() -> Response[str]:
        return Response(STYLE, media_type="text/css", headers={"Cache-Control": "public, max-age=86400"})

    @get("/site.js", operation_id="getScript")
    async def script() -> Response[str]:
        return Response(_SCRIPT, media_type="text/javascript", headers={"Cache-Control": "public, max-age=86400"})

    return landing, confirm, style, script
