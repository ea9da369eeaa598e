"""The consumer that one would write in an afternoon.

`python -m bench.kafka.plain consumer MODEL BROKER TOPIC DATABASE`.

One consumer with kafka-python's defaults, `poll`, spaCy on one message at a time, an insert
of message, case and draft through the ORM, a commit each. It keeps no threads, clocks,
checks and trail, and its position is committed behind its back: a crash loses messages or
does them twice.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from time import perf_counter, process_time

import spacy
from kafka import KafkaConsumer
from sqlalchemy import create_engine
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

# Importing the components makes their names known to spaCy.
import triage.components  # noqa: F401
from bench.kafka.worker import GO, READY
from bench.plain import Base, Read, store

#: What it says when it has done as many messages as it was told, and how long they took.
DONE = "done"


def main(_name: str, model: str, broker: str, topic: str, database: str) -> None:
    """Take messages through; each line of standard input says how many there are to take now."""
    nlp = spacy.load(Path(model))
    engine = create_engine(make_url(database).set(drivername="postgresql+psycopg"))
    Base.metadata.create_all(engine)
    consumer = KafkaConsumer(topic, bootstrap_servers=[broker], group_id=f"plain-{topic}", auto_offset_reset="earliest")
    print(READY, flush=True)
    with Session(engine) as session:
        for line in sys.stdin:
            word, _, count = line.strip().partition(" ")
            if word != GO:
                break
            wall, cpu, left = perf_counter(), process_time(), int(count)
            while left:
                for records in consumer.poll(timeout_ms=1000).values():
                    for record in records:
                        _one(session, nlp, json.loads(record.value))
                        left -= 1
            print(DONE, perf_counter() - wall, process_time() - cpu, flush=True)
    consumer.close()


def _one(session: Session, nlp: spacy.language.Language, message: dict[str, str]) -> None:
    subject, text = message["subject"], message["text"]
    cats = nlp(f"{subject}\n\n{text}" if subject else text).cats
    kind = max(cats, key=lambda name: cats[name]) if cats else "other"
    read = Read(message["sender"], subject, text)
    store(session, read, channel=message["channel"], kind=str(kind), confidence=float(cats.get(kind, 1.0)))


if __name__ == "__main__":
    main(*sys.argv[1:])
