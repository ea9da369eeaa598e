"""Writes the OpenAPI document of the API: `python -m tests.desk.api.document`."""

from __future__ import annotations

import json

from amends.desk.api.app import openapi
from tests.architecture.generated import DOCS

if __name__ == "__main__":
    (DOCS / "api.json").write_text(json.dumps(openapi(), indent=1, ensure_ascii=False) + "\n", "utf-8")
