"""Reads the sample messages with nothing but the standard library, so that these tests trust no code of ours."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.header import decode_header
from email.message import Message
from pathlib import Path
from typing import Any

from amends.samples import samples_dir

_HIDDEN_HTML = re.compile(
    r"<(style|script|title)\b.*?</\1>|<(div|span)[^>]*(display:none|aria-hidden)[^>]*>.*?</\2>", re.S | re.I
)
_HISTORY_INTRO = re.compile(r"^On .{5,120} wrote:$", re.M)


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """One line of `expected.jsonl`."""

    file: str
    fate: str
    kind: str | None
    severity: str | None
    flags: tuple[str, ...]
    quotes: dict[str, str]
    note: str
    repeats: tuple[str, ...] = field(default=())

    @property
    def channel(self) -> str:
        """The folder: mail, x, mastodon, bluesky or forms."""
        return self.file.split("/")[0]


def expected() -> list[Expected]:
    """Read every label."""
    lines = (samples_dir() / "expected.jsonl").read_text(encoding="utf-8").splitlines()
    return [_expected(json.loads(line)) for line in lines]


def _expected(entry: dict[str, Any]) -> Expected:
    return Expected(**{**entry, "flags": tuple(entry["flags"]), "repeats": tuple(entry.get("repeats", ()))})


def texts() -> dict[str, str]:
    """Give the words of each message by its reference: subject and body, quoted history included."""
    found = {f"mail/{path.name}": mail_words(path.read_bytes()) for path in mails()}
    found |= {ref: post_words(post) for ref, post in posts()}
    found |= {ref: status_words(one["status"]) for ref, one in statuses()}
    found |= {ref: one["record"]["text"] for ref, one in notifications()}
    found |= {ref: form_words(line) for ref, line in form_lines()}
    return found


def mails() -> list[Path]:
    """List the mail files."""
    return sorted((samples_dir() / "mail").glob("*.eml"))


def mail(slug: str) -> bytes:
    """Give the bytes of one mail."""
    return (samples_dir() / "mail" / f"{slug}.eml").read_bytes()


def parsed(raw: bytes) -> Message:
    """Parse a mail with the standard library, once a byte order mark and lone CRs are out of its way."""
    raw = raw.removeprefix(b"\xef\xbb\xbf")
    if b"\n" not in raw:
        raw = raw.replace(b"\r", b"\n")
    return message_from_bytes(raw, policy=policy.compat32)


def mail_words(raw: bytes) -> str:
    """Give subject and readable text of a mail; nothing of a file that is none."""
    message = parsed(raw)
    if not message.keys():
        return ""
    words = [_header(message, "Subject")]
    for part in message.walk():
        kind = part.get_content_type()
        if part.is_multipart() or kind not in {"text/plain", "text/html"}:
            continue
        payload = part.get_payload(decode=True)
        if not isinstance(payload, bytes):
            continue
        text = _decoded(payload, part.get_content_charset())
        words.append(_from_html(text) if kind == "text/html" else text)
    return "\n\n".join(words)


def _header(message: Message, name: str) -> str:
    value = message.get(name)
    if not isinstance(value, str):
        return ""
    pieces = [(text, charset) for text, charset in decode_header(value)]
    joined = b"".join(text if isinstance(text, bytes) else text.encode() for text, _ in pieces)
    charset = next((name for _, name in pieces if name), None)
    return _decoded(joined, charset)


def _decoded(payload: bytes, charset: str | None) -> str:
    for name in (charset, "utf-8", "cp1252"):
        try:
            return payload.decode(name or "ascii")
        except (UnicodeDecodeError, LookupError):
            continue
    return payload.decode("latin-1")


def _from_html(text: str) -> str:
    visible = _HIDDEN_HTML.sub(" ", text)
    return html.unescape(re.sub(r"<[^>]+>", " ", re.sub(r"</(p|li|h1)>", "\n\n", visible)))


def pages() -> list[tuple[str, dict[str, Any]]]:
    """Read the pages of posts: file name and response."""
    return [
        (path.name, json.loads(path.read_text(encoding="utf-8")))
        for path in sorted((samples_dir() / "x").glob("*.json"))
    ]


def posts() -> Iterator[tuple[str, dict[str, Any]]]:
    """Give each post by its reference."""
    for name, page in pages():
        for post in page["data"]:
            yield f"x/{name}#{post['id']}", post


def post_words(post: dict[str, Any]) -> str:
    """Give a post's text, the whole of it where the API gives a longer one beside it."""
    note = post.get("note_tweet")
    return str(note["text"] if note else post["text"])


def statuses() -> Iterator[tuple[str, dict[str, Any]]]:
    """Give each notification of Mastodon by the reference of its status."""
    for path in sorted((samples_dir() / "mastodon").glob("*.json")):
        for one in json.loads(path.read_text(encoding="utf-8")):
            yield f"mastodon/{path.name}#{one['status']['id']}", one


def status_words(status: dict[str, Any]) -> str:
    """Give a status's content warning and words."""
    return f"{status['spoiler_text']}\n\n{_from_html(status.get('content', ''))}"


def notifications() -> Iterator[tuple[str, dict[str, Any]]]:
    """Give each notification of Bluesky by the reference of its post."""
    for path in sorted((samples_dir() / "bluesky").glob("*.json")):
        for one in json.loads(path.read_text(encoding="utf-8"))["notifications"]:
            yield f"bluesky/{path.name}#{one['uri']}", one


def form_lines() -> Iterator[tuple[str, str]]:
    """Give each line of the forms by its reference: by line number where it has no id of its own."""
    for path in sorted((samples_dir() / "forms").glob("*.jsonl")):
        seen: set[str] = set()
        for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), start=1):
            if not line:
                continue
            submission = _submission_id(line)
            by_id = submission is not None and submission not in seen
            seen.add(submission or "")
            yield f"forms/{path.name}#{submission if by_id else f'line {number}'}", line


def _submission_id(line: str) -> str | None:
    try:
        return str(json.loads(line)["submission_id"])
    except ValueError:
        return None


def form_words(line: str) -> str:
    """Give subject and text of a submission, or the raw line where it is no JSON."""
    try:
        form = json.loads(line)
    except ValueError:
        return line
    return f"{form['subject']}\n\n{form['text']}"


def folded(text: str) -> str:
    """Fold runs of white space and NUL into one space."""
    return " ".join(text.replace("\x00", " ").split())


def own_words(text: str) -> str:
    """Drop quoted lines and the line that introduces them."""
    kept = "\n".join(line for line in text.split("\n") if not line.lstrip().startswith(">"))
    return _HISTORY_INTRO.sub("", kept)


def without_marks(text: str) -> str:
    """Keep quoted history, without its marks."""
    return re.sub(r"(?m)^[> ]*>[ ]?", "", text)


def sentences(text: str) -> set[str]:
    """Cut a text into its sentences of eight words or more, lower case and without punctuation."""
    found = set()
    for sentence in re.split(r"[.!?…]+(?=\s|$)|\n\s*\n", text.replace("\r\n", "\n")):
        words = re.findall(r"[^\W_]+(?:['\u2019][^\W_]+)*", sentence.lower())
        if len(words) >= 8:
            found.add(" ".join(words))
    return found
