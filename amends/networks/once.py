"""What libraries on `requests` send through: each request once, with a time-out, and nowhere else than was said."""

from __future__ import annotations

from typing import Any

import requests

from amends.networks.gate import SERVER_FAULTS, TOO_MANY, Limited, OutOfOrder


class Once:
    """Sends one request, once; 429 and 5xx end here, for libraries stumble over answers that are not as published.

    `outcome` is what the last request came to, whatever a library makes of it: an answer below 500, or what failed.
    """

    def __init__(self, timeout_s: float) -> None:
        self._session = requests.Session()
        self._timeout_s = timeout_s
        self.outcome: requests.Response | Exception | None = None

    def request(self, method: str, url: str, **how: Any) -> requests.Response:
        """Send one request, once."""
        how |= {"timeout": self._timeout_s, "allow_redirects": False}
        try:
            response = self._session.request(method, url, **how)
        except Exception as why:
            self.outcome = why
            raise
        if response.status_code == TOO_MANY:
            self.outcome = Limited(response.headers)
            raise self.outcome
        if response.status_code >= SERVER_FAULTS:
            self.outcome = OutOfOrder(response.status_code)
            raise self.outcome
        self.outcome = response
        return response


def never_left(why: Exception) -> bool:
    """Whether a request failed before any of it can have been sent."""
    if isinstance(why, requests.ConnectTimeout):
        return True
    reason = getattr(why.args[0], "reason", None) if why.args else None
    return type(reason).__name__ in {"NewConnectionError", "NameResolutionError", "ConnectTimeoutError"}


def json_object(response: Any) -> dict[str, Any] | None:
    """Give the JSON object that an answer holds; None if it holds none."""
    found = json_of(response)
    return found if isinstance(found, dict) else None


def json_of(response: Any) -> Any:
    """Give the JSON that an answer holds; None if it holds none."""
    try:
        return response.json()
    except ValueError:
        return None
