"""The tables of settings in `docs/settings.md`: `python -m tests.architecture.settings_table --write`."""

from __future__ import annotations

import sys
from enum import Enum
from typing import Any, Literal, get_args, get_origin

from annotated_types import Ge, Gt, Le, MinLen
from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from amends.settings import PREFIX, MailboxSettings, Settings, WebhookSettings
from tests.architecture.generated import DOCS, check_or_write, table_of

DOCUMENT = DOCS / "settings.md"
NAME, NAME_OF_MAILBOXES, NAME_OF_WEBHOOKS = "settings", "mailbox settings", "webhook settings"


def settings_table() -> str:
    """Write the table: a row for each setting, in the order of the code."""
    return table_of(
        ("variable", "in the file", "default", "may be", "what it is"),
        lambda: [
            (f"`{PREFIX}{name.upper()}`", f"`{name}`", _default(field.default), _may_be(field), field.description or "")
            for name, field in Settings.model_fields.items()
        ],
    )


def mailbox_table() -> str:
    """Write the table of what is said of a mailbox, in the order of the code."""
    return _table_of(MailboxSettings)


def webhook_table() -> str:
    """Write the table of what is said of a form tool that sends here."""
    return _table_of(WebhookSettings)


def _table_of(said: type[BaseModel]) -> str:
    return table_of(
        ("in its table", "default", "may be", "what it is"),
        lambda: [
            (f"`{name}`", _default(field.default), _may_be(field), field.description or "")
            for name, field in said.model_fields.items()
        ],
    )


def _default(value: Any) -> str:
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    if value is PydanticUndefined:
        return "none: it has to be said"
    if value in ("", (), {}):
        return "empty"
    if isinstance(value, tuple):
        return ", ".join(f"`{one}`" for one in value)
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return f"`{value.value if isinstance(value, Enum) else value}`"


def _may_be(field: FieldInfo) -> str:
    kind = field.annotation
    if get_origin(kind) is Literal:
        return ", ".join(f"`{choice}`" for choice in get_args(kind))
    if get_origin(kind) is tuple:
        return "a list"
    if get_origin(kind) is dict:
        return "a table of lists"
    named = {"int": "a whole number", "float": "a number", "bool": "`true`, `false`", "Path": "a path"}
    limits = [said for limit in field.metadata for said in _limit(limit)]
    return " ".join([named.get(getattr(kind, "__name__", ""), "text"), *limits])


def _limit(limit: object) -> list[str]:
    if isinstance(limit, Ge):
        return [f"from {limit.ge}"]
    if isinstance(limit, Gt):
        return [f"above {limit.gt}"]
    if isinstance(limit, Le):
        return [f"to {limit.le}"]
    return ["(not empty)"] if isinstance(limit, MinLen) else []


if __name__ == "__main__":
    sys.exit(
        check_or_write(DOCUMENT, NAME, settings_table())
        or check_or_write(DOCUMENT, NAME_OF_MAILBOXES, mailbox_table())
        or check_or_write(DOCUMENT, NAME_OF_WEBHOOKS, webhook_table())
    )
