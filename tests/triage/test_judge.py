"""What the judge promises for any text at all."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amends.domain.verdict import FlagName, Kind, Severity, Verdict
from amends.errors import Misconfigured
from amends.ports import TextToJudge
from triage.pipeline import MODEL_DIR, Judge, load_judge
from triage.text import READ_CHARS
from triage.training.sources import OWN_DATA, read_rows
from triage.words import TEXTS_AT_MOST

_RULE_WORDS = (
    "my daughter was burned by the kettle . not if you said would call back and nobody did £1,400 charged me twice",
    "ombudsman solicitor > İ 😂 never third time i have called five times no heating 82 year old",
)
#: Words that wake rules, so that random texts raise flags.
WAKING = st.sampled_from([*" ".join(_RULE_WORDS).split(), "\n", "\u2019", "\0", "\ud800", "\u200b"])


def judged(judge: Judge, text: str, channel: str = "email", subject: str = "", *, automatic: bool = False) -> Verdict:
    [verdict] = judge.judge([TextToJudge(text, channel, subject, automatic)])
    return verdict


@given(st.one_of(st.text(max_size=400), st.lists(WAKING, max_size=60).map(" ".join)), st.text(max_size=40))
@settings(max_examples=250, deadline=None)
def test_every_quote_is_exactly_its_span(text: str, subject: str) -> None:
    for verdict in JUDGE.judge([TextToJudge(text, "email"), TextToJudge(text, "email", subject)]):
        for flag in verdict.flags:
            assert flag.quote == text[flag.start : flag.end]


JUDGE = load_judge()


@pytest.mark.parametrize(
    "text",
    ["", " \n\t ", "\0\0", "\ud800\udfff", "a" * 1_000_000, "!" * 100_000, "\u200b" * 500, "😂" * 300, "\n" * 60_000,
     "word " * 200_000, "(((((" * 9_000, "İ" * 700,
     "é" * 60_000, "é\u200b" * 30_000, "\u0430b" * 30_000, "..." * 30_000, "'s" * 30_000, "\r\n>" * 20_000],
    ids=lambda text: f"{text[:6]!r} x {len(text)}",
)  # fmt: skip
def test_no_text_makes_it_raise(judge: Judge, text: str) -> None:
    assert judged(judge, text, subject=text).kind in Kind


def test_an_empty_message_is_other_and_nobody_is_asked(judge: Judge) -> None:
    verdict = judged(judge, " \n")

    assert (verdict.kind, verdict.confidence, verdict.needs_person) == (Kind.OTHER, 1.0, False)


def test_the_same_texts_give_the_same_verdicts_in_any_company(judge: Judge) -> None:
    texts = [TextToJudge(f"The boiler is broken again, call {number}, nobody came.", "email") for number in range(40)]

    together = judge.judge(texts)

    assert judge.judge(texts) == together
    assert load_judge().judge(texts) == together
    for text, verdict in zip(texts, together, strict=True):
        [alone] = judge.judge([text])
        assert (alone.kind, alone.flags, alone.severity, alone.needs_person) == (
            verdict.kind, verdict.flags, verdict.severity, verdict.needs_person,
        )  # fmt: skip
        assert alone.confidence == pytest.approx(verdict.confidence, abs=1e-5)


def test_verdicts_come_in_the_order_of_the_texts(judge: Judge) -> None:
    burned = "My son was burned."
    texts = [TextToJudge(burned if number % 7 == 3 else "Thank you!" * (number % 5), "x") for number in range(5000)]

    verdicts = judge.judge(texts)

    assert len(verdicts) == 5000 > 2 * TEXTS_AT_MOST
    assert [number for number, verdict in enumerate(verdicts) if verdict.flags] == list(range(3, 5000, 7))


def test_an_automatic_message_is_machine_and_its_flags_are_kept(judge: Judge) -> None:
    calm = judged(judge, "Your ticket was closed. The engineer never turned up.", automatic=True)
    danger = judged(judge, "Form received: the boiler caught fire and my son was burned.", automatic=True)

    assert (calm.kind, calm.confidence, calm.needs_person, calm.severity) == (Kind.MACHINE, 1.0, False, None)
    assert {flag.name for flag in calm.flags} == {FlagName.BROKEN_PROMISE}
    assert (danger.kind, danger.needs_person, danger.severity) == (Kind.MACHINE, True, Severity.CRITICAL)


def test_danger_in_what_looks_like_thanks_is_shown_to_a_person(judge: Judge) -> None:
    verdict = judged(
        judge, "Thank you so much for the lovely flowers, the team was wonderful! PS I can smell gas here."
    )

    assert verdict.may_be_complaint
    assert verdict.severity is Severity.CRITICAL


def test_danger_told_in_the_subject_alone_is_shown_to_a_person(judge: Judge) -> None:
    verdict = judged(judge, "Please ring me on the number above.", subject="My son was burned by your kettle")

    assert verdict.may_be_complaint
    assert verdict.severity is Severity.CRITICAL
    assert verdict.flags == ()


def test_offsets_index_into_the_text_and_not_the_subject(judge: Judge) -> None:
    text = "Hello. My son was burned by it."

    verdict = judged(judge, text, subject="About the kettle that I bought")

    assert [text[flag.start : flag.end] for flag in verdict.flags] == [flag.quote for flag in verdict.flags] != []


def test_a_text_beyond_what_is_read_is_judged_by_its_beginning(judge: Judge) -> None:
    verdict = judged(judge, "My son was burned. " + "and so on " * 20_000 + "I will sue you.")

    raised = {flag.name for flag in verdict.flags}
    assert FlagName.SAFETY in raised
    assert FlagName.LEGAL_THREAT not in raised
    assert all(flag.end <= READ_CHARS for flag in verdict.flags)


def test_an_unknown_channel_is_judged_with_more_caution(judge: Judge) -> None:
    texts = ["Is the hall free on Friday?", "Hello", "My order 123", "Where is the form?", "ok", "I moved house."]

    known = judge.judge([TextToJudge(text, "email") for text in texts])
    unknown = judge.judge([TextToJudge(text, "carrier pigeon") for text in texts])

    assert sum(verdict.needs_person for verdict in unknown) > sum(verdict.needs_person for verdict in known)
    assert all(wide.needs_person for wide, narrow in zip(unknown, known, strict=True) if narrow.needs_person)


def test_a_long_text_in_another_language_is_shown_to_a_person(judge: Judge) -> None:
    text = "Guten Tag, seit drei Wochen warte ich auf die bestellte Lampe und niemand gibt mir Auskunft darüber."

    assert judged(judge, text).needs_person


def test_no_verdict_of_an_enquiry_is_firm_with_a_severity(judge: Judge) -> None:
    verdict = judged(judge, "What time do you open on Sunday?")

    assert (verdict.kind, verdict.severity, verdict.flags) == (Kind.ENQUIRY, None, ())


def test_the_model_is_named_with_its_rules(judge: Judge) -> None:
    assert judged(judge, "Hello").model == judge.model
    assert judge.model.startswith("amends_triage-")
    assert "+rules-" in judge.model


def test_a_missing_model_is_refused_with_its_remedy(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"make model"):
        load_judge(tmp_path / "nothing")


def test_a_damaged_model_is_refused(tmp_path: Path) -> None:
    for path in MODEL_DIR.rglob("*"):
        target = tmp_path / path.relative_to(MODEL_DIR)
        if path.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
    (tmp_path / "calibration.json").write_text("{}", encoding="utf-8")

    with pytest.raises(Misconfigured):
        load_judge(tmp_path)


def test_the_shipped_model_is_small() -> None:
    assert sum(path.stat().st_size for path in MODEL_DIR.rglob("*") if path.is_file()) < 25_000_000


def test_what_is_said_of_a_text_does_not_depend_on_the_texts_beside_it(judge: Judge) -> None:
    texts = [
        TextToJudge(row["text"], row["channel"], row["subject"])
        for row in read_rows(OWN_DATA / "test" / "housing.jsonl")
    ]

    together, alone = judge.judge(texts), [judge.judge([text])[0] for text in texts]

    for one, other in zip(together, alone, strict=True):
        assert one.confidence == pytest.approx(other.confidence, abs=1e-4)
        assert (one.kind, one.severity, one.flags, one.needs_person) == (
            other.kind, other.severity, other.flags, other.needs_person,
        )  # fmt: skip


@pytest.mark.slow
def test_memory_stays_flat_on_fifty_thousand_texts(tmp_path: Path) -> None:
    rows = [row for part in sorted((OWN_DATA / "train").glob("*.jsonl")) for row in read_rows(part)]
    count, file = 50_000, tmp_path / "texts.jsonl"
    with file.open("w", encoding="utf-8") as lines:
        for at in range(count):
            # Each has words of its own, for a vocabulary that grows must be given back; few are long, for the time.
            text = f"ref{at:x} {rows[at % len(rows)]['text'][:400]}" if at % 50 == 0 else f"parcel w{at * 7919:x}q late"
            lines.write(json.dumps({"id": at, "channel": "x", "text": text}) + "\n")
    program = (
        "import resource, sys\n"
        "from triage.command import judge_lines\n"
        "from triage.pipeline import load_judge\n"
        "for number, _ in enumerate(judge_lines(open(sys.argv[1], encoding='utf-8'), load_judge())):\n"
        "    if number in (int(sys.argv[2]), int(sys.argv[3])):\n"
        "        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)\n"
    )

    command = [sys.executable, "-c", program, str(file), str(6 * TEXTS_AT_MOST), str(count - 1)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=900, check=True)

    early, late = map(float, done.stdout.split())
    assert late - early < 25, done.stdout


def test_nothing_that_trains_is_needed_to_judge(judge: Judge) -> None:
    program = (
        "import sys\n"
        "for name in ('torch', 'transformers', 'jax', 'onnx', 'optax', 'safetensors'): sys.modules[name] = None\n"
        "from triage.pipeline import load_judge\n"
        "print(load_judge().model)\n"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=True)

    assert done.stdout.strip() == judge.model


def test_the_model_loads_in_a_fresh_process_without_a_network(judge: Judge) -> None:
    program = (
        "import socket\n"
        "def refuse(*a, **k): raise OSError('no network')\n"
        "socket.socket.connect = refuse\n"
        "from triage.pipeline import load_judge\n"
        "from amends.ports import TextToJudge\n"
        "print(load_judge().judge([TextToJudge('The parcel never came.', 'x')])[0].model)\n"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=True)

    assert done.stdout.strip() == judge.model
