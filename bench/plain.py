"""The pipeline that one would write in an afternoon, to compare with.

Parse with the standard library, judge one text at a time with the same model, insert
message, case and draft through the ORM, commit, next. No bytes kept, no threads, no
clocks, no checks, no audit trail, and after a crash it begins again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from sqlite3 import Connection as SqliteConnection
from typing import Any

import spacy
from spacy.language import Language
from sqlalchemy import ForeignKey, create_engine, event
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

# Importing the components makes their names known to spaCy.
import triage.components  # noqa: F401
from bench.corpus import Corpus
from bench.measure import Measured, peak_mib, spent_by
from bench.report import JUDGE
from bench.steps import StepTimer
from triage.pipeline import MODEL_DIR

PARSE, STORE = "read and parse", "insert and commit"
_TAG = re.compile(r"<[^>]+>")


class Base(DeclarativeBase):
    """The tables of the plain pipeline."""


class MessageRow(Base):
    """One message."""

    __tablename__ = "messages"

    id: Mapped[int] = mapped_column(primary_key=True)
    channel: Mapped[str]
    sender: Mapped[str]
    subject: Mapped[str]
    text: Mapped[str]
    received_at: Mapped[datetime]
    kind: Mapped[str]
    confidence: Mapped[float]


class CaseRow(Base):
    """One case for each message."""

    __tablename__ = "cases"

    id: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id"))
    kind: Mapped[str]
    state: Mapped[str]
    opened_at: Mapped[datetime]
    due_at: Mapped[datetime]


class DraftRow(Base):
    """One draft for each case."""

    __tablename__ = "drafts"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    subject: Mapped[str]
    text: Mapped[str]
    created_at: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class Read:
    """A message as it was read."""

    sender: str
    subject: str
    text: str


class Plain:
    """The plain pipeline on a SQLite file; `is_tuned` turns on WAL with synchronous=FULL, which is what we use."""

    def __init__(self, database: Path, *, is_tuned: bool) -> None:
        self._nlp: Language = spacy.load(MODEL_DIR)
        engine = create_engine(f"sqlite:///{database}")
        if is_tuned:
            event.listen(engine, "connect", _tune)
        Base.metadata.create_all(engine)
        self._session = Session(engine)
        self.failed = 0
        self.characters = 0

    def run(self, corpus_kind: str, folder: Path, timer: StepTimer) -> None:
        """Take every message under `folder` through."""
        messages = _posts(folder) if corpus_kind == "posts" else _mails(folder)
        channel = "x" if corpus_kind == "posts" else "email"
        while True:
            with timer.step(PARSE):
                read = next(messages, None)
            if read is None:
                break
            if isinstance(read, Exception):
                self.failed += 1
                continue
            self.characters += len(read.subject) + len(read.text)
            self._one(channel, read, timer)

    def _one(self, channel: str, read: Read, timer: StepTimer) -> None:
        with timer.step(JUDGE):
            cats = self._nlp(f"{read.subject}\n\n{read.text}" if read.subject else read.text).cats
            kind = max(cats, key=lambda name: cats[name]) if cats else "other"
        with timer.step(STORE):
            store(self._session, read, channel=channel, kind=str(kind), confidence=float(cats.get(kind, 1.0)))


def store(session: Session, read: Read, *, channel: str, kind: str, confidence: float) -> None:
    """Insert a message, its case and a draft, and commit."""
    now = datetime.now(UTC)
    message = MessageRow(
        channel=channel,
        sender=read.sender,
        subject=read.subject,
        text=read.text,
        received_at=now,
        kind=kind,
        confidence=confidence,
    )
    session.add(message)
    session.flush()
    case = CaseRow(message_id=message.id, kind=kind, state="open", opened_at=now, due_at=now + timedelta(days=5))
    session.add(case)
    session.flush()
    draft = DraftRow(
        case_id=case.id,
        subject=f"Re: {read.subject}",
        text=f"Dear {read.sender},\n\nthank you for your message. We are looking into it.\n",
        created_at=now,
    )
    session.add(draft)
    session.commit()


def run(corpus: Corpus, folder: Path, *, is_tuned: bool) -> Measured:
    """Take the corpus through the plain pipeline in `folder`."""
    plain = Plain(folder / "plain.db", is_tuned=is_tuned)
    plain.run(corpus.kind, corpus.warm_up, StepTimer())
    before_mib, plain.failed, plain.characters = peak_mib(), 0, 0
    timer = StepTimer()
    spent = spent_by(lambda: plain.run(corpus.kind, corpus.measured, timer))
    return Measured(
        messages=corpus.messages,
        wall_s=spent.wall_s,
        cpu_s=spent.cpu_s,
        peak_mib=peak_mib(),
        before_mib=before_mib,
        steps_s={step: timer.spent_s[step] for step in (PARSE, JUDGE, STORE)},
        facts={"failed": plain.failed, "characters": plain.characters},
    )


def _tune(connection: SqliteConnection, _record: Any) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")


def _mails(folder: Path) -> Iterator[Read | Exception]:
    parser = BytesParser(policy=policy.default)
    for path in sorted(folder.glob("*.eml")):
        try:
            yield _read(parser.parsebytes(path.read_bytes()))
        except Exception as why:  # the standard parser raises many kinds of errors on hostile mail
            yield why


def _read(mail: EmailMessage) -> Read:
    body = mail.get_body(preferencelist=("plain", "html"))
    text = body.get_content() if body is not None else ""
    if body is not None and body.get_content_subtype() == "html":
        text = _TAG.sub(" ", text)
    # A surrogate would be refused by the database.
    clean = str(text).encode("utf-8", "replace").decode()
    sender, subject = str(mail["from"] or ""), str(mail["subject"] or "")
    return Read(sender.encode("utf-8", "replace").decode(), subject.encode("utf-8", "replace").decode(), clean)


def _posts(folder: Path) -> Iterator[Read | Exception]:
    with (folder / "posts.jsonl").open(encoding="utf-8") as lines:
        for line in lines:
            found = json.loads(line)
            yield Read(found["author"]["name"], "", found["post"]["text"])
