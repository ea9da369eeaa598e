"""How fast, how large and how soon ready the shipped model is, beside spaCy's own `textcat`, on short messages.

`make bench` takes its figures from here; `python -m bench.model DATA RESULT` measures and writes JSON. The models take
turns within a round, and the figures are medians over the rounds.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from time import process_time
from typing import Any

from amends.ports import TextToJudge
from bench import textcat
from bench.corpus import POST_FILES
from triage.components import Encoder, keep_text
from triage.pipeline import MODEL_DIR, load_judge
from triage.text import readable

#: Letters of a message, about, and how many messages are judged.
LETTERS, MESSAGES = range(120, 161), 600
_ROUNDS = 5
#: What the issue of a model asks for.
A_SECOND, MIB, LOAD_S = 300, 25, 2.0
JUDGE = "the shipped pipeline: kind, harm, flags, reasons"
#: Both looks, the second at those messages that are worth one, and what either costs by itself.
ENCODER, FIRST, SECOND = "its encoder alone", "its first look alone", "a second look at every message"

_LOADING = """
import pathlib, sys, time
began = time.perf_counter()
import triage.pipeline, spacy
imported = time.perf_counter()
{load}
print(time.perf_counter() - imported)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """What a model costs: messages a second of processor time; MiB on disk; seconds to load, after the libraries."""

    name: str
    a_second: float
    mib: float | None
    load_s: float | None


def measured(data: Path) -> list[Model]:
    """Measure in a process of its own."""
    with tempfile.TemporaryDirectory(prefix="amends-bench-") as folder:
        result = Path(folder) / "result.json"
        command = [sys.executable, "-m", "bench.model", str(data), str(result)]
        subprocess.run(command, check=True)  # noqa: S603
        return [Model(**one) for one in json.loads(result.read_text(encoding="utf-8"))]


def rows(models: Sequence[Model]) -> list[tuple[str, ...]]:
    """Give a row for each model."""
    return [
        (
            one.name,
            f"{one.a_second:,.0f}",
            f"{one.mib:.1f}" if one.mib is not None else "",
            f"{one.load_s:.2f}" if one.load_s is not None else "",
        )
        for one in models
    ]


#: The columns of `rows`.
COLUMNS = ("", "messages a second of one core", "MiB", "seconds to load")


def aims(models: Sequence[Model]) -> str:
    """Say what was aimed at and is not met."""
    [judge] = [one for one in models if one.name == JUDGE]
    [encoder] = [one for one in models if one.name == ENCODER]
    told = [
        (encoder.a_second >= A_SECOND, f"{A_SECOND} messages a second of one core: {encoder.a_second:.0f}"),
        ((judge.mib or 0) <= MIB, f"at most {MIB} MiB: {judge.mib:.1f}"),
        ((judge.load_s or 0) < LOAD_S, f"loaded within {LOAD_S:.0f} s: {judge.load_s:.2f}"),
    ]
    return "; ".join(what if met else f"{what} (**not met**)" for met, what in told)


def _measure(data: Path) -> list[Model]:
    texts = short_messages(data)
    judge = load_judge()
    pipe: Any = judge.nlp.get_pipe("amends_encoder")
    if not isinstance(pipe, Encoder):
        raise TypeError(f"amends_encoder is a {type(pipe).__name__}")
    encoder = pipe
    docs = [keep_text(judge.nlp.make_doc(text), text) for text in map(readable, texts)]
    to_judge = [TextToJudge(text, "x") for text in texts]

    def both_looks() -> None:
        judge.look_again(to_judge, list(encoder.pipe(docs)))

    works: dict[str, Callable[[], object]] = {
        JUDGE: lambda: judge.judge(to_judge),
        ENCODER: both_looks,
        FIRST: lambda: list(encoder.pipe(docs)),
        SECOND: lambda: encoder.look_again(docs),
    }
    places: dict[str, Path] = {JUDGE: MODEL_DIR}
    with tempfile.TemporaryDirectory(prefix="amends-bench-") as folder:
        for architecture in textcat.ARCHITECTURES:
            name = f"spaCy's textcat, {architecture}"
            places[name] = Path(folder) / architecture
            textcat.learn(places[name], architecture, epochs=1)
            works[name] = _judging(textcat.TextcatJudge(places[name]), to_judge)
        spent: dict[str, list[float]] = {name: [] for name in works}
        for number in range(_ROUNDS + 1):
            for name, work in works.items():
                began = process_time()
                work()
                # The first round pays for first calls.
                if number:
                    spent[name].append(process_time() - began)
        return [
            Model(
                name=name,
                a_second=len(texts) / median(took),
                mib=_mib(places[name]) if name in places else None,
                load_s=_load_s(places[name]) if name in places else None,
            )
            for name, took in spent.items()
        ]


def short_messages(data: Path) -> list[str]:
    """Give messages of about 140 letters that people wrote."""
    found = [
        text
        for name in POST_FILES
        for line in (data / "triage" / name).read_text(encoding="utf-8").splitlines()
        if len(text := json.loads(line)["text"]) in LETTERS
    ]
    return found[:MESSAGES]


def _judging(judge: textcat.TextcatJudge, texts: Sequence[TextToJudge]) -> Callable[[], object]:
    return lambda: judge.judge(texts)


def _mib(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 2**20


def _load_s(folder: Path) -> float:
    loader = "triage.pipeline.load_judge" if folder == MODEL_DIR else "spacy.load"
    load = f"{loader}(pathlib.Path({str(folder)!r}))"
    command = [sys.executable, "-c", _LOADING.format(load=load)]
    return median(float(subprocess.check_output(command, text=True)) for _ in range(3))  # noqa: S603


def as_json(models: Sequence[Model]) -> list[Mapping[str, Any]]:
    """Give them as JSON values."""
    return [asdict(one) for one in models]


if __name__ == "__main__":
    Path(sys.argv[2]).write_text(json.dumps(as_json(_measure(Path(sys.argv[1])))), encoding="utf-8")
