"""What is known of a form tool that sends here: its keys, and where in what it sends our boxes are found."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field

from amends.errors import Misconfigured

_KEY_BYTES = 24
#: The boxes that a field of another form can fill.
BOXES = ("text", "subject", "reference", "name", "email")


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """One form tool. `fields` says where each box is found: paths of names and numbers, as `answers.0.text`.

    Of several paths of one box each that holds something adds a paragraph. A box that is
    not named is looked for under its own name.
    """

    name: str
    keys: tuple[bytes, ...] = field(repr=False)
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def read_key(said: str) -> bytes:
    """Read a key as tools show it: `whsec_` and base64.

    Raises:
        Misconfigured: it is none, or too short.
    """
    try:
        key = base64.b64decode(said.strip().removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) < _KEY_BYTES:
        raise Misconfigured(
            f"a key of a webhook is `whsec_` and at least {_KEY_BYTES} bytes in base64: "
            f"make one with `echo whsec_$(openssl rand -base64 {_KEY_BYTES})`"
        )
    return key
