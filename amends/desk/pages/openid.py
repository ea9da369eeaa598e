"""Signing in through a provider."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from amends.casework import accounts
from amends.desk.openid import BEGUN_S, OpenId
from amends.desk.page import drop_cookie, set_cookie
from amends.desk.pages.sign_in import let_in, own_path
from amends.desk.parts import desk
from amends.desk.tokens import sealed, unsealed
from amends.errors import NotFound, Refused

router = APIRouter()

_COOKIE = _PURPOSE = "openid"


@router.get("/sign-in/openid", name="openid.begin")
def begin(request: Request) -> Response:
    """Lead to the provider."""
    parts = desk(request)
    address, kept = _provider(request).begin()
    following = own_path(request.query_params.get("next", ""))
    until = parts.now().timestamp() + BEGUN_S
    answer = RedirectResponse(address, 303)
    value = sealed(parts.secret, _PURPOSE, {**kept, "next": following, "until": until})
    set_cookie(answer, parts, _COOKIE, value, seconds=BEGUN_S)
    return answer


@router.get("/sign-in/openid/back", name="openid.finish")
def finish(request: Request) -> Response:
    """Let somebody in whom the provider vouches for. What was begun serves once."""
    parts = desk(request)
    provider = _provider(request)
    kept = unsealed(parts.secret, _PURPOSE, request.cookies.get(parts.entry.cookie(_COOKIE), ""))
    if kept is None or kept["until"] < parts.now().timestamp():
        raise Refused("this sign-in was not begun in this browser, or took too long; begin again")
    vouched = provider.finish(request.query_params, kept)
    with parts.unit() as unit:
        account = accounts.vouch(
            unit,
            issuer=provider.provider.issuer,
            subject=vouched.subject,
            name=vouched.name,
            shown_as=vouched.shown_as,
            roles=vouched.roles,
            by="amends:desk",
            at=parts.now(),
        )
        unit.commit()
    answer = let_in(request, account, str(kept["next"]), how="openid")
    drop_cookie(answer, parts, _COOKIE)
    return answer


def _provider(request: Request) -> OpenId:
    found = desk(request).openid
    if found is None:
        raise NotFound("nobody vouches for people here; sign in with a name and a password")
    return found
