from __future__ import annotations

import re
import shlex

import pytest

from tests.architecture.commands_table import DOCUMENT, NAME, commands, commands_table, options
from tests.architecture.documents import blocks, document, documents
from tests.architecture.generated import written_between
from tests.support.places import REPOSITORY

#: A command in running text: `amends case show`, `amends run STAGE`.
_NAMED = re.compile(r"`amends ((?:[a-z]+(?:-[a-z]+)* ?)+)[^`]*`")
_LINES = [
    (block.document, line[2:]) for block in blocks("console") for line in block.text.splitlines() if line[:2] == "$ "
]
_AMENDS = [(path, line.partition("amends ")[2]) for path, line in _LINES if re.match(r"([A-Z_]+=\S+ )*amends ", line)]


def test_the_table_of_commands_is_what_the_code_says() -> None:
    written = written_between(DOCUMENT.read_text("utf-8"), NAME)

    assert written == commands_table(), "run: python -m tests.architecture.commands_table --write"


def test_the_readme_names_every_command_and_no_stranger() -> None:
    table = document("README.md").partition("## The commands")[2].partition("\n## ")[0]
    named = {found.split()[0] for found in _NAMED.findall(table)}

    assert named == {name.split()[0] for name in commands()}


def test_every_command_named_in_a_document_exists() -> None:
    strangers = {
        (path, found.strip())
        for path, words in documents().items()
        for found in _NAMED.findall(words)
        if not _exists(found.split())
    }

    assert strangers == set()


@pytest.mark.parametrize(("path", "line"), _AMENDS, ids=[f"{path}: {line}" for path, line in _AMENDS])
def test_a_command_line_shown_in_a_document_has_only_options_that_exist(path: str, line: str) -> None:
    words = shlex.split(line)
    command = next(commands()[name] for count in (3, 2, 1) if (name := " ".join(words[:count])) in commands())

    assert {word for word in words if word.startswith("--")} <= options(command)


def test_every_make_target_named_in_a_document_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (REPOSITORY / "Makefile").read_text("utf-8"), re.M))
    named = {found for words in documents().values() for found in re.findall(r"\bmake ([a-z]+)`", words)}

    assert named <= targets
    assert {"demo", "test", "check", "ci", "bench"} <= named | targets


def _exists(words: list[str]) -> bool:
    """Whether words begin with a command, or are all of the name of a group."""
    names = {tuple(name.split()) for name in commands()}
    return any(tuple(words[: len(name)]) == name or name[: len(words)] == tuple(words) for name in names)
