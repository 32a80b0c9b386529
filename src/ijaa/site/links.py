"""The pages the links of mails open: a new password, a change of address, no more mails, coming back."""

from collections.abc import Sequence
from typing import Annotated

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import QueryParameter

from ijaa.site.pages import page

Token = Annotated[str, QueryParameter(max_length=200)]

_RESET = """<form id="reset"><p><label for="password">Your new password, at least 12 characters:</label></p>
<p><input id="password" type="password" autocomplete="new-password" minlength="12" maxlength="128" size="40" required>
</p><p><button type="submit">Use this password</button></p></form><p id="said" role="status"></p>"""

_CONFIRM = """<p id="said" role="status">One click confirms that the account may have, or has, this address.</p>
<p><button id="confirm" type="button">Confirm</button></p>"""

_LEAVE = """<p id="said" role="status">One click, and you get no more mails like this one. What they tell stays in your
inbox here.</p>
<p><button id="leave" type="button">No more of these mails</button></p>"""

_RETURN = """<p id="said" role="status">One click, and your account stays, with everything in it.</p>
<p><button id="return" type="button">Come back</button></p>"""

_INVITED = """<p>You are invited to an event of the alumni. Sign in with the account that has exactly the address
this mail went to, or register one with it; the invitation is then yours with one request:</p>
<pre>POST /api/v1/invitations/redeem
{"token": "…"}</pre>
<p>The token is the one of the mail, and it is good once. <a href="/schema">The API</a> lets you try it.</p>"""

_REFUSE = """<p id="said" role="status">One click, and nobody can send an invitation to this address any more.</p>
<p><button id="refuse" type="button">No more invitations</button></p>"""

# a mail scanner that opens the link must not spend the token: only what a person does here sends it
_SEND = """
const said = document.getElementById("said");
const token = new URLSearchParams(location.search).get("token");
async function send(path, body) {
  const answer = await fetch("/api/v1" + path, {
    method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify(body),
  });
  return [answer.ok, answer.status === 204 ? {} : await answer.json()];
}
"""

_RESET_SCRIPT = f"""{_SEND}
const form = document.getElementById("reset"), password = document.getElementById("password");
form.addEventListener("submit", async (event) => {{
  event.preventDefault();
  const [taken, body] = await send("/auth/password-reset/confirm", {{token, new_password: password.value}});
  const why = (body.errors || []).map((error) => error.detail).join("; ");
  said.textContent = taken ? "Sign in with your new password." : why ? `This password ${{why}}.` : body.detail;
  form.hidden = taken;
}});
"""

_CONFIRM_SCRIPT = f"""{_SEND}
const button = document.getElementById("confirm");
button.addEventListener("click", async () => {{
  button.disabled = true;
  const [taken, body] = await send("/me/email/confirm", {{token}});
  const done = "The account has its new address.", waits = "Now confirm it from the other address, too.";
  said.textContent = !taken ? body.detail : body.status === "changed" ? done : waits;
  button.hidden = taken;
  button.disabled = false;
}});
"""


_LEAVE_SCRIPT = f"""{_SEND}
const button = document.getElementById("leave");
button.addEventListener("click", async () => {{
  button.disabled = true;
  const [taken, body] = await send("/notifications/unsubscribe", {{token}});
  said.textContent = taken ? "You get no more mails like this one." : body.detail;
  button.hidden = taken;
  button.disabled = false;
}});
"""

_RETURN_SCRIPT = f"""{_SEND}
const button = document.getElementById("return");
button.addEventListener("click", async () => {{
  button.disabled = true;
  const [taken, body] = await send("/auth/return", {{token}});
  said.textContent = taken ? "Welcome back: sign in as before." : body.detail;
  button.hidden = taken;
  button.disabled = false;
}});
"""


_REFUSE_SCRIPT = f"""{_SEND}
const button = document.getElementById("refuse");
button.addEventListener("click", async () => {{
  button.disabled = true;
  const [taken, body] = await send("/invitations/opt-out", {{token}});
  said.textContent = taken ? "You get no more invitations at this address." : body.detail;
  button.hidden = taken;
  button.disabled = false;
}});
"""


def link_routes() -> Sequence[HTTPRouteHandler]:
    """Return the routes of the pages with their scripts."""

    @get("/reset-password", operation_id="getResetPage")
    async def reset(token: Token) -> Response[str]:  # noqa: ARG001 - its script reads it
        return page("Choose a new password", _RESET, script="/reset-password.js")

    @get("/confirm-email", operation_id="getEmailChangePage")
    async def confirm(token: Token) -> Response[str]:  # noqa: ARG001 - its script reads it
        return page("Confirm a change of address", _CONFIRM, script="/confirm-email.js")

    @get("/unsubscribe", operation_id="getUnsubscribePage")
    async def leave(token: Token) -> Response[str]:  # noqa: ARG001 - its script reads it
        return page("No more mails like this one", _LEAVE, script="/unsubscribe.js")

    @get("/return", operation_id="getReturnPage")
    async def back(token: Token) -> Response[str]:  # noqa: ARG001 - its script reads it
        return page("Come back", _RETURN, script="/return.js")

    @get("/return.js", operation_id="getReturnScript")
    async def back_script() -> Response[str]:
        return _script(_RETURN_SCRIPT)

    @get("/unsubscribe.js", operation_id="getUnsubscribeScript")
    async def leave_script() -> Response[str]:
        return _script(_LEAVE_SCRIPT)

    @get("/reset-password.js", operation_id="getResetScript")
    async def reset_script() -> Response[str]:
        return _script(_RESET_SCRIPT)

    @get("/confirm-email.js", operation_id="getEmailChangeScript")
    async def confirm_script() -> Response[str]:
        return _script(_CONFIRM_SCRIPT)

    return (
        reset, confirm, leave, back, reset_script, confirm_script, leave_script, back_script, *_invitation_routes(),
    )  # fmt: skip


def _invitation_routes() -> Sequence[HTTPRouteHandler]:
    @get("/invitation", operation_id="getInvitationPage")
    async def invited(token: Token) -> Response[str]:  # noqa: ARG001 - whoever is signed in sends it
        return page("You are invited", _INVITED)

    @get("/no-invitations", operation_id="getInvitationOptOutPage")
    async def refuse(token: Token) -> Response[str]:  # noqa: ARG001 - its script reads it
        return page("No more invitations", _REFUSE, script="/no-invitations.js")

    @get("/no-invitations.js", operation_id="getInvitationOptOutScript")
    async def refuse_script() -> Response[str]:
        return _script(_REFUSE_SCRIPT)

    return invited, refuse, refuse_script


def _script(text: str) -> Response[str]:
    return Response(text, media_type="text/javascript", headers={"Cache-Control": "public, max-age=86400"})
