"""The labelled mail beside the repository, for tests marked `shared_data`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tests.ingest.mail.mutations import SHARED


def labelled(name: str) -> Iterator[tuple[bytes, dict[str, Any], str]]:
    """Yield (bytes, expectation, file name) for each line of `name`.jsonl."""
    with (SHARED / f"{name}.jsonl").open(encoding="utf-8") as lines:
        for line in lines:
            entry = json.loads(line)
            yield (SHARED / entry["file"]).read_bytes(), entry["expect"], entry["file"]


def squeezed(text: str) -> str:
    """Return `text` without white space, the form in which the labels compare."""
    return "".join(text.split())
