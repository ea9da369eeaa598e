"""A message as it came: a mail's HTML made safe to look at, and its bytes.

1. HTML is cleaned by nh3: no script, no style, no form, no picture, nothing that loads.
2. A link is shown as its text with the address behind it, and leads nowhere.
3. The page goes into a sandboxed frame and has a policy of its own, under which nothing loads or runs.
"""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256

import nh3

from ingest.mail.body import part_text
from ingest.mail.parsed import Caps
from ingest.mail.structure import read_structure

_STYLE = (
    "body{margin:1rem;background:#fff;color:#111;font:1rem/1.5 sans-serif;overflow-wrap:anywhere}"
    "table{border-collapse:collapse}td,th{padding:.2rem .4rem;vertical-align:top;text-align:left}"
    ".link{text-decoration:underline}.address{color:#444;font-size:.85em}"
)
_STYLE_SHA256 = b64encode(sha256(_STYLE.encode()).digest()).decode()
#: Under this policy a page loads nothing, runs nothing, sends nothing and leads nowhere; only our own style holds.
POLICY = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_SHA256}'; form-action 'none'; base-uri 'none'; "
    "frame-ancestors 'self'; sandbox"
)

_TAGS = {
    "a", "b", "blockquote", "br", "caption", "center", "code", "dd", "del", "div", "dl", "dt", "em", "font", "h1", "h2",
    "h3", "h4", "h5", "h6", "hr", "i", "ins", "li", "ol", "p", "pre", "q", "s", "small", "span", "strong", "sub", "sup",
    "table", "tbody", "td", "tfoot", "th", "thead", "tr", "tt", "u", "ul",
}  # fmt: skip
_GONE_WITH_CONTENT = {"script", "style", "title", "head", "template", "noscript", "iframe", "object", "svg", "math"}
_LINK = re.compile(r'<a(?: href="([^"]*)")?>(.*?)</a>', re.DOTALL)
_MOST_HTML_CHARS = 1_000_000


def html_of(raw: bytes) -> str | None:
    """Give the HTML of a mail as it stands in it, if it has any."""
    for part in read_structure(raw, Caps()).walk():
        if part.content_type == "text/html" and part.disposition != "attachment":
            return part_text(raw, part)[0]
    return None


def safe_html(html: str) -> str:
    """Clean HTML of everything that could load, run or lead away."""
    cleaned = nh3.clean(
        html[:_MOST_HTML_CHARS],
        tags=_TAGS,
        clean_content_tags=_GONE_WITH_CONTENT,
        attributes={"a": {"href"}, "td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan"}},
        url_schemes={"http", "https", "mailto", "tel"},
        link_rel=None,
    )
    return _LINK.sub(_as_text, cleaned)


def safe_page(html: str) -> str:
    """Give the whole page for the frame."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>The mail as HTML</title>'
        f"<style>{_STYLE}</style></head><body>{safe_html(html)}</body></html>"
    )


def _as_text(found: re.Match[str]) -> str:
    address, words = found[1] or "", found[2]
    return f'<span class="link">{words}</span> <span class="address">[{address}]</span>' if address else words
