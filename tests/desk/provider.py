"""A small provider of sign-ins by OpenID Connect, for tests: it vouches for whoever asks."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from fastapi import FastAPI, Request
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from starlette.responses import JSONResponse, RedirectResponse, Response

from amends.ports import Now

CLIENT, CLIENT_SECRET = "amends-desk", "a secret between the two"


def _nothing(_claims: dict[str, Any]) -> None:
    return None


@dataclass(kw_only=True)
class FakeProvider:
    """Vouches for `subject`, in `groups`. `spoil` changes the claims before they are signed."""

    now: Now
    issuer: str = ""
    subject: str = "4711"
    name: str = "Hana"
    groups: list[str] = field(default_factory=lambda: ["complaints"])
    spoil: Callable[[dict[str, Any]], None] = _nothing
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "1", "use": "sig"}))
    #: What signs, where it is not the key that is told of.
    signs_with: RSAKey | None = None
    asked: list[str] = field(default_factory=list)
    begun: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def app(self) -> FastAPI:
        """Its pages."""
        app = FastAPI(openapi_url=None)
        app.add_api_route("/.well-known/openid-configuration", self.tell)
        app.add_api_route("/keys", self.keys)
        app.add_api_route("/authorize", self.authorize)
        app.add_api_route("/token", self.token, methods=["POST"])
        return app

    def tell(self) -> Response:
        self.asked.append("configuration")
        return JSONResponse(
            {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
            }
        )

    def keys(self) -> Response:
        self.asked.append("keys")
        return JSONResponse(KeySet([self.key]).as_dict(private=False))

    def authorize(self, request: Request) -> Response:
        said = dict(request.query_params)
        assert said["response_type"] == "code"
        assert said["code_challenge_method"] == "S256"
        assert said["client_id"] == CLIENT
        assert "openid" in said["scope"].split()
        code = f"code-{len(self.begun)}"
        self.begun[code] = said
        return RedirectResponse(f"{said['redirect_uri']}?{urlencode({'code': code, 'state': said['state']})}", 302)

    async def token(self, request: Request) -> Response:
        form = await request.form()
        expected = base64.b64encode(f"{CLIENT}:{CLIENT_SECRET}".encode()).decode()
        begun = self.begun.pop(str(form.get("code")), None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(str(form.get("code_verifier")).encode()).digest())
        is_right = (
            begun is not None
            and request.headers.get("authorization") == f"Basic {expected}"
            and challenge.decode().rstrip("=") == begun["code_challenge"]
            and form.get("redirect_uri") == begun["redirect_uri"]
        )
        if begun is None or not is_right:
            return JSONResponse({"error": "invalid_grant"}, 400)
        now = int(self.now().timestamp())
        claims = {
            "iss": self.issuer,
            "sub": self.subject,
            "aud": CLIENT,
            "iat": now,
            "exp": now + 300,
            "nonce": begun["nonce"],
            "preferred_username": self.name,
            "name": "Hana Okafor",
            "groups": self.groups,
        }
        self.spoil(claims)
        signed = jwt.encode({"alg": "RS256", "kid": "1"}, claims, self.signs_with or self.key)
        return JSONResponse({"access_token": "opaque", "token_type": "Bearer", "id_token": signed})
