from __future__ import annotations

import re

from tests.architecture.documents import document
from tests.architecture.generated import written_between
from tests.architecture.roles_table import DOCUMENT, NAME, roles_table
from tests.support.places import REPOSITORY


def test_the_table_of_roles_is_what_the_code_says() -> None:
    written = written_between(DOCUMENT.read_text("utf-8"), NAME)

    assert written == roles_table(), "run: python -m tests.architecture.roles_table --write"


def test_every_test_that_is_said_to_show_a_safeguard_exists() -> None:
    named = set(re.findall(r"`(tests/[\w/.]+)`", document("docs/security.md")))

    assert len(named) > 10
    assert [name for name in named if not (REPOSITORY / name).exists()] == []


def test_every_chapter_of_the_standard_has_its_row() -> None:
    rows = re.findall(r"^\| V(\d+) ", document("docs/security.md"), re.M)

    assert [int(row) for row in rows] == list(range(1, 18))
