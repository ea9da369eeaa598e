"""Signing in through a provider that vouches for people: OpenID Connect, authorization code with PKCE.

1. The provider is asked by TLS alone, and tells of itself under its issuer's address.
2. A sign-in that begins leaves state, nonce and verifier in a sealed cookie; one that comes back
   without them, or with others, is refused. They serve for ten minutes.
3. Of the ID token are checked: signature by the provider's own keys (no symmetric ones, no
   `none`), issuer, audience and authorized party, nonce, times, and the hash of the access token.
4. A person is who issuer and subject say. A name alone opens no account that is there.
5. Groups give roles, anew at each sign-in. Who has none of those groups does not come in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from amends.desk.tokens import new_token
from amends.domain.account import Role
from amends.errors import Misconfigured, Refused, Unavailable
from amends.ports import Now

_SIGNED_BY = ("RS256", "PS256", "ES256", "EdDSA")
_TIMEOUT_S, _LEEWAY_S = 10.0, 60
_ON_THIS_MACHINE = {"localhost", "127.0.0.1", "::1"}
#: So long may somebody take at the provider, in seconds.
BEGUN_S = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """Who vouches, what we are called there, and which groups give which roles."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    #: Where the provider sends people back to.
    returns_to: str
    roles_of: Mapping[str, frozenset[Role]]
    groups_claim: str = "groups"
    name_claim: str = "preferred_username"
    scope: str = "openid profile"

    def __post_init__(self) -> None:
        _require_tls(self.issuer)
        if not self.client_id or not self.roles_of:
            raise Misconfigured(
                "a sign-in through OpenID Connect needs AMENDS_OPENID_CLIENT_ID, and AMENDS_OPENID_ROLES that say "
                "which group gives which role, like `complaints=handler,leads=manager`"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Vouched:
    """Whom a provider vouches for."""

    subject: str
    name: str
    shown_as: str
    roles: frozenset[Role]


class OpenId:
    """Signs people in through one provider. Safe to use from several threads."""

    def __init__(self, provider: Provider, *, now: Now) -> None:
        self.provider = provider
        self._now = now
        self._metadata: dict[str, Any] | None = None
        self._keys: KeySet | None = None

    def begin(self) -> tuple[str, dict[str, str]]:
        """Give the provider's address to go to, and what the browser has to bring back.

        Raises:
            Unavailable: the provider does not answer, or not as it should.
        """
        kept = {"state": new_token(), "nonce": new_token(), "verifier": new_token()}
        with self._session() as session:
            address, _ = session.create_authorization_url(
                self._told("authorization_endpoint"),
                state=kept["state"],
                nonce=kept["nonce"],
                code_verifier=kept["verifier"],
            )
        return address, kept

    def finish(self, said: Mapping[str, str], kept: Mapping[str, str]) -> Vouched:
        """Give whom the provider vouches for, by what it sent back and what the browser kept.

        Raises:
            Refused: something does not fit, or nothing gives the person a role here.
            Unavailable: the provider does not answer, or not as it should.
        """
        if said.get("state") != kept["state"] or said.get("iss", self.provider.issuer) != self.provider.issuer:
            raise Refused("this sign-in was not begun in this browser; begin again")
        if not (code := said.get("code")):
            raise Refused("the provider did not let you in; begin again, or ask whoever looks after it")
        token = self._token(code, kept["verifier"])
        claims = self._claims(token, nonce=kept["nonce"])
        return self._vouched(claims)

    def _token(self, code: str, verifier: str) -> dict[str, Any]:
        try:
            with self._session() as session:
                token: dict[str, Any] = session.fetch_token(
                    self._told("token_endpoint"), grant_type="authorization_code", code=code, code_verifier=verifier
                )
        except requests.RequestException as why:
            raise Unavailable("the provider of sign-ins does not answer") from why
        except (AuthlibBaseError, ValueError) as why:
            raise Refused("the provider did not accept its own answer; begin again") from why
        return token

    def _claims(self, token: Mapping[str, Any], *, nonce: str) -> Mapping[str, Any]:
        try:
            decoded = self._decoded(str(token.get("id_token", "")))
            claims = CodeIDToken(
                decoded.claims,
                decoded.header,
                options={
                    "iss": {"essential": True, "value": self.provider.issuer},
                    "aud": {"essential": True, "value": self.provider.client_id},
                    "sub": {"essential": True},
                },
                params={
                    "nonce": nonce,
                    "client_id": self.provider.client_id,
                    "access_token": token.get("access_token", ""),
                },
            )
            claims.validate(now=int(self._now().timestamp()), leeway=_LEEWAY_S)
        except (JoseError, AuthlibBaseError, ValueError, KeyError, TypeError) as why:
            raise Refused("what the provider says of you cannot be trusted; begin again") from why
        return decoded.claims

    def _decoded(self, id_token: str) -> jwt.Token:
        if self._keys is not None:
            try:
                return jwt.decode(id_token, self._keys, algorithms=_SIGNED_BY)
            except (JoseError, ValueError):
                # The provider may have changed its keys since they were fetched.
                self._keys = None
        self._keys = KeySet.import_key_set(self._asked(self._told("jwks_uri")))  # type: ignore[arg-type]
        return jwt.decode(id_token, self._keys, algorithms=_SIGNED_BY)

    def _vouched(self, claims: Mapping[str, Any]) -> Vouched:
        said = claims.get(self.provider.groups_claim, [])
        groups = {said} if isinstance(said, str) else {str(group) for group in said}
        roles = frozenset[Role]().union(*(self.provider.roles_of.get(group, frozenset()) for group in groups))
        if not roles:
            raise Refused("none of your groups may use the desk; ask whoever looks after accounts here")
        name = str(claims.get(self.provider.name_claim) or "")
        return Vouched(subject=str(claims["sub"]), name=name, shown_as=str(claims.get("name") or name), roles=roles)

    def _told(self, name: str) -> str:
        """Give what the provider tells of itself; it is asked once."""
        if self._metadata is None:
            found = self._asked(f"{self.provider.issuer.rstrip('/')}/.well-known/openid-configuration")
            if found.get("issuer") != self.provider.issuer:
                raise Unavailable("the provider of sign-ins calls itself by another address than AMENDS_OPENID_ISSUER")
            self._metadata = found
        address = str(self._metadata.get(name, ""))
        try:
            _require_tls(address)
        except Misconfigured as why:
            raise Unavailable(f"the provider of sign-ins names no safe {name}") from why
        return address

    def _asked(self, address: str) -> dict[str, Any]:
        try:
            answer = requests.get(address, timeout=_TIMEOUT_S, allow_redirects=False)
            answer.raise_for_status()
            found = answer.json()
        except (requests.RequestException, ValueError) as why:
            raise Unavailable("the provider of sign-ins does not answer as it should") from why
        if answer.status_code != 200 or not isinstance(found, dict):
            raise Unavailable("the provider of sign-ins does not answer as it should")
        return found

    def _session(self) -> OAuth2Session:
        return OAuth2Session(
            self.provider.client_id,
            self.provider.client_secret,
            scope=self.provider.scope,
            redirect_uri=self.provider.returns_to,
            code_challenge_method="S256",
            default_timeout=_TIMEOUT_S,
        )


def roles_of_groups(said: Sequence[str]) -> Mapping[str, frozenset[Role]]:
    """Read which group gives which role, each as `group=role`.

    Raises:
        Misconfigured: one is not written so, or names no role.
    """
    found: dict[str, frozenset[Role]] = {}
    for one in said:
        group, _, role = (part.strip() for part in one.rpartition("="))
        if not group or role not in {known.value for known in Role}:
            roles = ", ".join(known.value for known in Role)
            raise Misconfigured(f"AMENDS_OPENID_ROLES: {one!r} is not written like `group=role`; the roles are {roles}")
        found[group] = found.get(group, frozenset()) | {Role(role)}
    return found


def _require_tls(address: str) -> None:
    said = urlsplit(address)
    is_safe = said.scheme == "https" or (said.scheme == "http" and said.hostname in _ON_THIS_MACHINE)
    if not is_safe or not said.hostname:
        raise Misconfigured(
            f"the provider's address {address!r} has no TLS; set AMENDS_OPENID_ISSUER to one like https://id.example.org"
        )
