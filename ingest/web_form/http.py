"""The headers that every answer of the form carries."""

from __future__ import annotations

from ingest.web_form.settings import FormSettings


def security_headers(settings: FormSettings) -> dict[str, str]:
    """Give the headers that every answer carries.

    Nothing but our own style sheet and picture may load, no script at all, and
    the page's address (it may hold a status token) is told to nobody.
    """
    ancestors = " ".join(settings.frame_ancestors)
    headers = {
        "Content-Security-Policy": (
            "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
            f"frame-ancestors {ancestors}"
        ),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cache-Control": "no-store",
    }
    if settings.frame_ancestors == ("'none'",):
        headers["X-Frame-Options"] = "DENY"
    return headers
