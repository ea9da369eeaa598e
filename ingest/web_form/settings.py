"""What can be set about a form."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from amends.errors import Misconfigured
from ingest.web_form.hooks import Webhook
from ingest.web_form.typed import MAX_TEXT_CHARS

_FRAME_ANCESTOR = re.compile(r"'none'|'self'|https?://[a-zA-Z0-9.*:-]+")
#: Bytes of one character at worst: percent-encoded UTF-8, or a JSON escape of two halves.
_WORST_BYTES_PER_CHAR = 12
_ROOM_FOR_OTHER_FIELDS_BYTES = 16 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class FormLimits:
    """How much one address may send, and how long the server waits for it.

    The default is generous, since a whole office or mobile network can stand behind one address.
    """

    #: How many forms one address may send at once.
    forms_at_once: int = 60
    #: Every so many seconds it may send one more.
    seconds_per_form: float = 10.0
    #: How many a network may send at once (IPv4 /24, IPv6 /48), and every how many seconds one more.
    network_forms_at_once: int = 600
    network_seconds_per_form: float = 1.0
    #: How many addresses are remembered; beyond that the longest silent one is forgotten.
    addresses_kept: int = 10_000
    #: How long a body may take to arrive.
    body_timeout_s: float = 30.0
    #: What a sender is told to wait when nothing can be kept just now.
    retry_after_s: int = 30

    def __post_init__(self) -> None:
        if self.network_forms_at_once < 1 or self.network_seconds_per_form <= 0:
            raise Misconfigured("a network may send one form at once at least, and one more after some time")
        if self.forms_at_once < 1 or self.addresses_kept < 1 or self.retry_after_s < 1:
            raise Misconfigured("the form's limits (forms at once, addresses kept, retry after) start at 1")
        if self.seconds_per_form <= 0 or self.body_timeout_s <= 0:
            raise Misconfigured("the form's times (seconds per form, body timeout) are more than 0")


@dataclass(frozen=True, slots=True, kw_only=True)
class FormSettings:
    """Who asks, under which address, and within which limits.

    `form` names the form in the data (and its account); `title` heads the page.
    `contact_line` says how else one can reach people: it stands on every page and
    in every refusal. `public_base_url` is what customers see in the address bar,
    path included; status links are built from it and never from a request's Host.
    """

    organisation: str
    form: str
    public_base_url: str
    contact_line: str
    title: str = "Make a complaint"
    max_text_chars: int = 20_000
    time_zone: str = "UTC"
    frame_ancestors: tuple[str, ...] = ("'none'",)
    #: Proxies whose `X-Forwarded-For` is believed.
    trusted_proxies: tuple[str, ...] = ("127.0.0.1", "::1")
    #: How many files may come with a form, and how large each and all of them may be.
    max_files: int = 5
    max_file_bytes: int = 10 * 1024 * 1024
    max_files_bytes: int = 25 * 1024 * 1024
    #: Other form tools that send here.
    webhooks: tuple[Webhook, ...] = ()
    limits: FormLimits = field(default_factory=FormLimits)

    def __post_init__(self) -> None:
        for name in ("organisation", "form", "contact_line", "title"):
            if not getattr(self, name).strip():
                raise Misconfigured(f"the form's {name} is empty; say what it is")
        url = urlsplit(self.public_base_url)
        if url.scheme not in {"http", "https"} or not url.netloc or url.query or url.fragment:
            raise Misconfigured(
                f"the form's public_base_url is {self.public_base_url!r}; write it like https://example.com/complaints"
            )
        if not 1 <= self.max_text_chars <= MAX_TEXT_CHARS:
            raise Misconfigured(f"the form's max_text_chars is {self.max_text_chars}; use 1 to {MAX_TEXT_CHARS:,}")
        for ancestor in self.frame_ancestors:
            if not _FRAME_ANCESTOR.fullmatch(ancestor):
                raise Misconfigured(f"frame ancestor {ancestor!r}: write 'none', 'self' or https://example.com")
        if not self.frame_ancestors:
            raise Misconfigured("the form's frame_ancestors are empty; write 'none' if nobody may frame it")
        try:
            ZoneInfo(self.time_zone)
        except (ZoneInfoNotFoundError, ValueError) as why:
            raise Misconfigured(f"time zone {self.time_zone!r} is not known; write one like Europe/London") from why

    @property
    def path(self) -> str:
        """The path under which customers see the form, without a slash at its end: "" or "/complaints"."""
        return urlsplit(self.public_base_url).path.rstrip("/")

    @property
    def max_body_bytes(self) -> int:
        """What a request may weigh: any text that is allowed fits, however it is encoded."""
        return self.max_text_chars * _WORST_BYTES_PER_CHAR + _ROOM_FOR_OTHER_FIELDS_BYTES

    @property
    def max_multipart_bytes(self) -> int:
        """What a request in several parts may weigh, files included."""
        return self.max_body_bytes + self.max_files_bytes + _ROOM_FOR_OTHER_FIELDS_BYTES

    def status_url(self, token: str) -> str:
        """Give the whole address of a status page."""
        return f"{self.public_base_url.rstrip('/')}/status/{token}"
