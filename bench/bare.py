"""The shipped spaCy pipeline alone, on texts that lie ready in memory: the limit that nothing around it can pass."""

from __future__ import annotations

import json
from pathlib import Path

import spacy

# Importing the components makes their names known to spaCy.
import triage.components  # noqa: F401
from amends.errors import Unprocessable
from bench.corpus import Corpus
from bench.measure import Measured, peak_mib, spent_by
from bench.ours import open_house
from ingest.reading import OwnMessage, read
from triage.pipeline import MODEL_DIR
from triage.text import readable

_BATCH = 256


def write_texts(corpus: Corpus, folder: Path) -> None:
    """Write what our reader makes of each message: subject and own words, made safe to read. `run` reads it."""
    house = open_house(folder / "data")
    for part in (corpus.warm_up, corpus.measured):
        connector = house.files(part, skip_known=False)
        texts: list[str] = []
        while batch := connector.fetch("", limit=1000)[0]:
            for fetched in batch:
                try:
                    message = read(fetched, "0" * 64, house.readers).message
                except (OwnMessage, Unprocessable):
                    texts.append("")
                else:
                    subject = f"{readable(message.subject)}\n\n" if message.subject else ""
                    texts.append(subject + readable(message.own_words))
        _texts_of(part).write_text(json.dumps(texts), encoding="utf-8")


def run(corpus: Corpus) -> Measured:
    """Judge the texts that `write_texts` wrote, in batches."""
    nlp = spacy.load(MODEL_DIR)
    warm_up, measured = (json.loads(_texts_of(part).read_text()) for part in (corpus.warm_up, corpus.measured))

    def judge(texts: list[str]) -> None:
        with nlp.memory_zone():
            for _doc in nlp.pipe(texts, batch_size=_BATCH):
                pass

    judge(warm_up)
    before_mib = peak_mib()
    spent = spent_by(lambda: judge(measured))
    return Measured(
        messages=corpus.messages,
        wall_s=spent.wall_s,
        cpu_s=spent.cpu_s,
        peak_mib=peak_mib(),
        before_mib=before_mib,
        facts={"characters": sum(map(len, measured))},
    )


def _texts_of(part: Path) -> Path:
    return part.with_suffix(".texts.json")
