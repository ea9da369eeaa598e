"""Lays out the messages that every variant reads: real mails as files, real posts as JSON.

The texts come from the labelled data beside the repository and are copied into a
folder that is deleted afterwards; nothing of them is printed or kept.
"""

from __future__ import annotations

import json
import os
import random
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Any, Protocol

#: Folders of raw mails, under the labelled data.
MAIL_FOLDERS = ("spamassassin/ham", "spamassassin/spam", "sisimai", "ruby-mail", "flufl_bounce/data")
#: Files of texts long enough for a letter to a company: real complaints and questions, each of which becomes a case.
LETTER_FILES = ("cfpb1000.dev.jsonl", "cfpb1000.train.jsonl", "cesamard.dev.jsonl", "cesamard.train.jsonl")
#: Files of texts that people wrote on X.
POST_FILES = ("xci.dev.jsonl", "xci.train.jsonl", "fincorp.dev.jsonl", "fincorp.train.jsonl")
#: How many messages of each kind go first, unmeasured, so that nobody pays for imports and first calls.
WARM_UP = 40

_HEADER = re.compile(rb"(?:From |[!-9;-~]+[ \t]*:)")
_FIRST_POST = 1_850_000_000_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    """One kind of input. `warm_up` and `measured` hold no message in common."""

    kind: str
    warm_up: Path
    measured: Path
    messages: int

    def as_json(self) -> dict[str, str | int]:
        """Give it as JSON values."""
        return {
            "kind": self.kind,
            "warm_up": str(self.warm_up),
            "measured": str(self.measured),
            "messages": self.messages,
        }

    @classmethod
    def of_json(cls, found: Mapping[str, Any]) -> Corpus:
        """Read what `as_json` gave."""
        return cls(
            kind=found["kind"],
            warm_up=Path(found["warm_up"]),
            measured=Path(found["measured"]),
            messages=found["messages"],
        )


def shared_data() -> Path:
    """Give the folder of labelled data; `AMENDS_SHARED_DATA` names another than the one beside the repository."""
    named = os.environ.get("AMENDS_SHARED_DATA")
    return Path(named) if named else Path(__file__).resolve().parents[2] / "shared" / "data"


def lay_out_mails(data: Path, folder: Path, *, at_most: int, seed: int) -> Corpus:
    """Copy mails into `folder`, one file each, in an order that `seed` gives."""
    found = [
        path
        for name in MAIL_FOLDERS
        for path in sorted((data / "mail" / name).rglob("*"))
        if path.is_file() and _HEADER.match(path.read_bytes()[:1000].lstrip())
    ]
    random.Random(seed).shuffle(found)  # noqa: S311
    warm_up, measured = folder / "warm-up", folder / "measured"
    chosen = found[: WARM_UP + at_most]
    for number, path in enumerate(chosen):
        beside = warm_up if number < WARM_UP else measured
        beside.mkdir(parents=True, exist_ok=True)
        (beside / f"{number:05}.eml").write_bytes(path.read_bytes())
    return Corpus(kind="mails", warm_up=warm_up, measured=measured, messages=len(chosen) - WARM_UP)


def lay_out_letters(data: Path, folder: Path, *, at_most: int, seed: int) -> Corpus:
    """Write texts of customers as plain mails, one file each, each from a customer of its own."""
    texts = _texts(data, LETTER_FILES, seed)[: WARM_UP + at_most]
    began = datetime.now(UTC) - timedelta(seconds=len(texts) + 60)
    warm_up, measured = folder / "warm-up", folder / "measured"
    for number, text in enumerate(texts):
        mail = EmailMessage()
        mail["From"] = f"Customer {number} <customer{number}@example.net>"
        mail["To"] = "care@northmoor.example"
        mail["Subject"] = " ".join(text.split()[:6])[:70]
        mail["Date"] = format_datetime(began + timedelta(seconds=number))
        mail["Message-ID"] = f"<{number}.{seed}@example.net>"
        mail.set_content(text)
        beside = warm_up if number < WARM_UP else measured
        beside.mkdir(parents=True, exist_ok=True)
        (beside / f"{number:05}.eml").write_bytes(mail.as_bytes())
    return Corpus(kind="letters", warm_up=warm_up, measured=measured, messages=len(texts) - WARM_UP)


def lay_out_posts(data: Path, folder: Path, *, at_most: int, seed: int) -> Corpus:
    """Write texts as posts of X with their authors, one a line, in an order that `seed` gives.

    Every text gets a writer of its own, but one in five answers the post before it in
    the same conversation, so that threads are joined as well.
    """
    chosen = _texts(data, POST_FILES, seed)[: WARM_UP + at_most]
    drawn = random.Random(seed)  # noqa: S311
    began = datetime.now(UTC) - timedelta(seconds=len(chosen) + 60)
    lines = []
    author = conversation = before = ""
    for number, text in enumerate(chosen):
        post_id = str(_FIRST_POST + number)
        answers = number not in (0, WARM_UP) and drawn.random() < 0.2
        if not answers:
            author, conversation = str(10_000 + number), post_id
        post: dict[str, Any] = {
            "id": post_id,
            "text": text,
            "author_id": author,
            "created_at": (began + timedelta(seconds=number)).isoformat(),
            "conversation_id": conversation,
            "lang": "en",
        }
        if answers:
            post["referenced_tweets"] = [{"type": "replied_to", "id": before}]
        before = post_id
        lines.append(
            json.dumps({"post": post, "author": {"id": author, "name": f"Customer {author}", "username": f"u{author}"}})
        )
    warm_up, measured = folder / "warm-up", folder / "measured"
    for beside, part in ((warm_up, lines[:WARM_UP]), (measured, lines[WARM_UP:])):
        beside.mkdir(parents=True, exist_ok=True)
        (beside / "posts.jsonl").write_text("\n".join(part) + "\n", encoding="utf-8")
    return Corpus(kind="posts", warm_up=warm_up, measured=measured, messages=len(chosen) - WARM_UP)


def _texts(data: Path, files: tuple[str, ...], seed: int) -> list[str]:
    texts: list[str] = [
        json.loads(line)["text"]
        for name in files
        for line in (data / "triage" / name).read_text(encoding="utf-8").splitlines()
    ]
    random.Random(seed).shuffle(texts)  # noqa: S311
    return texts


class LayOut(Protocol):
    """Lays out one kind of input."""

    def __call__(self, data: Path, folder: Path, *, at_most: int, seed: int) -> Corpus:
        """Write at most `at_most` messages, and those of the warm-up, under `folder`."""


#: How each kind of input is laid out.
LAY_OUT: Mapping[str, LayOut] = {"mails": lay_out_mails, "letters": lay_out_letters, "posts": lay_out_posts}
