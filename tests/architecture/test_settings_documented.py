from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from amends.policies.load import load_pack
from amends.settings import PREFIX, MailboxSettings, Settings
from tests.architecture.documents import Block, blocks, documents
from tests.architecture.generated import rewritten, written_between
from tests.architecture.settings_table import DOCUMENT, NAME, NAME_OF_MAILBOXES, mailbox_table, settings_table
from tests.support.places import REPOSITORY

_SETTINGS = [block for block in blocks("toml") if "[[rule]]" not in block.text]
_PACKS = [block for block in blocks("toml") if "[[rule]]" in block.text]


def test_the_table_of_settings_is_what_the_code_says() -> None:
    written = written_between(DOCUMENT.read_text("utf-8"), NAME)

    assert written == settings_table(), "run: python -m tests.architecture.settings_table --write"


def test_the_table_of_what_is_said_of_a_mailbox_is_what_the_code_says() -> None:
    written = written_between(DOCUMENT.read_text("utf-8"), NAME_OF_MAILBOXES)

    assert written == mailbox_table(), "run: python -m tests.architecture.settings_table --write"


def test_writing_the_table_twice_changes_nothing() -> None:
    words = DOCUMENT.read_text("utf-8")

    assert rewritten(rewritten(words, NAME, settings_table()), NAME, settings_table()) == rewritten(
        words, NAME, settings_table()
    )


def test_no_document_names_a_setting_that_does_not_exist() -> None:
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields} | {f"{PREFIX}CONFIG", f"{PREFIX}SECRETS_DIR"}
    named = {(path, word) for path, words in documents().items() for word in _variables(words)}

    assert {
        (path, word) for path, word in named if word not in known and not word.startswith(f"{PREFIX}TEST_")
    } == set()


def test_every_setting_says_what_it_is() -> None:
    fields = {**Settings.model_fields, **MailboxSettings.model_fields}

    assert [name for name, field in fields.items() if not field.description] == []


@pytest.mark.parametrize("block", _SETTINGS, ids=lambda block: block.document)
def test_settings_shown_in_a_document_are_taken(block: Block, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"{PREFIX}MAILBOX_PASSWORD", "secret")
    Settings(**tomllib.loads(block.text))


@pytest.mark.parametrize("block", _PACKS, ids=lambda block: block.document)
def test_a_policy_pack_shown_in_a_document_is_taken(block: Block, tmp_path: Path) -> None:
    pack = tmp_path / "shown.toml"
    pack.write_text(block.text, "utf-8")

    assert load_pack(str(pack)).rules


def test_examples_of_settings_and_packs_are_shown_at_all() -> None:
    assert {block.document for block in _SETTINGS} >= {"README.md", "docs/settings.md"}
    assert _PACKS
    assert (REPOSITORY / "docs" / "settings.md").is_file()


def _variables(words: str) -> set[str]:
    """Give the variables that are named, but not the beginnings of several, as `AMENDS_SMTP_`."""
    return {found for found in re.findall(rf"\b{PREFIX}[A-Z_]+", words) if not found.endswith("_")}
