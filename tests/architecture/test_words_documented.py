"""What the code calls things, against what the documents call them."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

from amends import wire
from amends.bus.dead import STAGE_FAILED, UNAVAILABLE
from amends.bus.port import Topic
from amends.compose import STAGES, House
from amends.doctor import CHECKS, examine
from amends.domain.arrival import Fate
from amends.domain.case import CaseState
from amends.domain.clock import Anchor, ClockKind, Roll, Unit
from amends.domain.reply import ReplyState
from amends.domain.task import TaskKind
from amends.domain.verdict import Kind
from amends.errors import Unprocessable
from amends.settings import load_settings
from ingest.mail.parsed import AutomaticReason
from storage.tables import metadata
from tests.architecture.documents import document, documents, first_cells
from tests.support.places import REPOSITORY

ARCHITECTURE = document("docs/architecture.md")
OPERATE = document("docs/operate.md")


def test_every_topic_has_its_row_and_no_other_has() -> None:
    topics = {value for name, value in vars(Topic).items() if name.isupper()}

    assert set(first_cells(ARCHITECTURE, "topic")) == topics


def test_every_type_of_record_is_named() -> None:
    types = {value for value in vars(wire).values() if isinstance(value, str) and value.startswith("amends.")}

    assert set(re.findall(r"`(amends\.(?:message|reply)\.\w+)`", ARCHITECTURE)) == types - {wire.__name__}


def test_every_kind_of_task_says_what_to_do_and_no_other_does() -> None:
    assert set(first_cells(OPERATE, "task")) == set(TaskKind)


def test_every_reason_for_parking_says_what_to_do_and_no_other_does() -> None:
    documented = first_cells(OPERATE, "reason")

    assert len(documented) == len(set(documented))
    assert set(documented) == _parked_reasons()


def test_every_reason_of_a_dead_letter_says_what_to_do_and_no_other_does() -> None:
    read = [REPOSITORY / "amends/wire.py", *(REPOSITORY / name for name in ("triage/stage.py", "respond/stage.py"))]
    found = {reason for path in read for reason in _reasons_in(ast.parse(path.read_text("utf-8")))}
    found |= {STAGE_FAILED, UNAVAILABLE, _UNPROCESSABLE}

    assert first_cells(OPERATE, "died of") == list(dict.fromkeys(first_cells(OPERATE, "died of")))
    assert set(first_cells(OPERATE, "died of")) == found


def test_every_finding_of_the_doctor_has_its_remedy_and_no_other_has(tmp_path: Path) -> None:
    settings = load_settings(data_dir=tmp_path)
    assert House(settings=settings).database.engine is not None

    found = {finding.what for finding in examine(settings)}
    can_be_found = {check.name for check in CHECKS} - {"stages"} | {f"stage {name}" for name in STAGES}

    assert set(first_cells(OPERATE, "finding")) == can_be_found
    assert found <= can_be_found


def test_every_table_of_the_database_is_told_of() -> None:
    named = set(re.findall(r"`([a-z_]+)`", ARCHITECTURE.partition("## What is stored where")[2].partition("\n## ")[0]))

    assert set(metadata.tables) <= named


def test_every_state_of_cases_and_replies_is_named() -> None:
    told = ARCHITECTURE.partition("## A case and a reply")[2].partition("\n## ")[0]

    assert {f"`{state}`" for state in (*CaseState, *ReplyState)} <= set(re.findall(r"`[a-z_]+`", told))


def test_every_fate_is_named() -> None:
    assert set(Fate) <= set(re.findall(r"`(\w+)`", document("docs/decisions/0002-ledger-and-messages.md")))


def test_every_word_of_a_policy_pack_is_named() -> None:
    told = document("docs/extend.md").partition("## A policy pack")[2].partition("\n## ")[0]

    assert {*ClockKind, *Anchor, *Unit, *Roll} <= set(re.findall(r"`(\w+)`", told))


def test_every_file_named_in_a_document_exists() -> None:
    named = {
        (path, name)
        for path, words in documents().items()
        for name in re.findall(r"`((?:amends|ingest|triage|respond|storage|tests|bench|docs)/[\w./*-]*)`", words)
    }

    assert {(path, name) for path, name in named if not (REPOSITORY / name).exists()} == set()


def test_every_link_between_documents_leads_somewhere() -> None:
    lost = set()
    for path, words in documents().items():
        for target in re.findall(r"\]\(([^)\s]+)\)", words):
            if target.startswith("https://"):
                continue
            file, _, place = target.partition("#")
            to = (REPOSITORY / path).parent / file if file else REPOSITORY / path
            if not to.exists() or (place and place not in _places(to.read_text("utf-8"))):
                lost.add((path, target))

    assert lost == set()


def test_every_name_in_code_that_a_document_quotes_from_a_file_is_in_it() -> None:
    wrong = {
        (path, name, file)
        for path, words in documents().items()
        for name, file in re.findall(r"`([A-Za-z_]+)` in `([\w/]+\.py)`", words)
        if not re.search(rf"\b{name}\b", (REPOSITORY / file).read_text("utf-8"))
    }

    assert wrong == set()


def _places(words: str) -> set[str]:
    heads = re.findall(r"^#+ (.*)$", words, re.M)
    return {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads}


def _parked_reasons() -> set[str]:
    read = (REPOSITORY / "ingest").rglob("*.py")
    found = {reason for path in read for reason in _reasons_in(ast.parse(path.read_text("utf-8")))}
    found |= set(AutomaticReason)
    return found | {f"judged_{kind}" for kind in Kind if not kind.is_from_a_customer}


#: The reason of what says no other.
_UNPROCESSABLE: str = inspect.signature(Unprocessable).parameters["reason"].default


def _reasons_in(tree: ast.AST) -> Iterator[str]:
    """Find the codes that a module gives as reasons: as an argument, by a name, out of a table or a function."""
    for node in ast.walk(tree):
        if (isinstance(node, ast.keyword) and node.arg == "reason") or (
            isinstance(node, ast.Assign) and _names_reasons(node.targets[0])
        ):
            yield from _codes(node.value)
        elif isinstance(node, ast.FunctionDef) and node.name == "_reason":
            for answer in ast.walk(node):
                if isinstance(answer, ast.Return) and answer.value is not None:
                    yield from _codes(answer.value)
        elif isinstance(node, ast.FunctionDef) and node.name == "size_problems":
            for argument in ast.walk(node):
                if isinstance(argument, ast.keyword) and argument.arg == "code":
                    yield from _codes(argument.value)


def _names_reasons(target: ast.expr) -> bool:
    return isinstance(target, ast.Name) and target.id in {"reason", "UNREADABLE", "_NOT_READ"}


def _codes(value: ast.expr) -> Iterator[str]:
    """Give the codes that a value may be: one word each, with underscores."""
    if isinstance(value, ast.IfExp):
        yield from _codes(value.body)
        yield from _codes(value.orelse)
    elif isinstance(value, ast.Constant) and isinstance(value.value, str) and re.fullmatch(r"[a-z_]{4,}", value.value):
        yield value.value
    elif isinstance(value, ast.Dict):
        for answer in value.values:
            yield from _codes(answer)
    elif isinstance(value, ast.Tuple):
        yield from _codes(value.elts[0])
