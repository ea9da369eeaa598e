"""What the command line prints for each file."""

from __future__ import annotations

import json
from pathlib import Path

from ingest.mail.command import parse_lines, trim_lines
from tests.ingest.mail.mutations import CORPUS, mutants, seeds

FIELDS = {
    "file",
    "from",
    "to",
    "subject",
    "message_id",
    "date",
    "text",
    "reply_text",
    "attachments",
    "auto_generated",
    "bounce",
    "error",
}


def test_a_line_has_exactly_the_promised_fields() -> None:
    (line,) = parse_lines([CORPUS / "attachments.eml"])

    assert line.keys() == FIELDS
    assert all(one.keys() == {"filename", "content_type", "size_bytes", "sha256"} for one in line["attachments"])


def test_a_missing_file_is_a_line_with_an_error(tmp_path: Path) -> None:
    missing, folder = parse_lines([tmp_path / "none.eml", tmp_path])

    assert "cannot be read" in missing["error"]
    assert "cannot be read" in folder["error"]
    assert missing.keys() == FIELDS


def test_an_empty_file_says_so(tmp_path: Path) -> None:
    (tmp_path / "empty.eml").write_bytes(b"")

    (line,) = parse_lines([tmp_path / "empty.eml"])

    assert line["error"] == "The mail is empty."


def test_lines_keep_the_order_of_the_files_and_are_json(tmp_path: Path) -> None:
    paths = []
    for number, mutant in enumerate(mutants(60, 2, seeds(with_shared=False))):
        path = tmp_path / f"{number}.eml"
        path.write_bytes(mutant)
        paths.append(path)

    lines = list(parse_lines(paths))

    assert [line["file"] for line in lines] == [str(path) for path in paths]
    assert all(json.loads(json.dumps(line, ensure_ascii=False).encode("utf-8")) == line for line in lines)


def test_trimming_prints_file_and_reply(tmp_path: Path) -> None:
    (tmp_path / "reply.txt").write_text("Yes.\n\n> Really?\n", encoding="utf-8")

    assert list(trim_lines([tmp_path / "reply.txt"])) == [{"file": str(tmp_path / "reply.txt"), "reply_text": "Yes."}]


def test_mutants_are_the_same_for_the_same_seed() -> None:
    own = seeds(with_shared=False)

    assert list(mutants(20, 7, own)) == list(mutants(20, 7, own))
    assert list(mutants(20, 7, own)) != list(mutants(20, 8, own))
