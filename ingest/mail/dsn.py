"""Delivery status notifications (RFC 3464), read from their machine-readable part."""

from __future__ import annotations

import re
from dataclasses import dataclass

_FIELD = re.compile(r"([A-Za-z][A-Za-z0-9-]{1,40})[ \t]*:[ \t]*(.*)")
_ADDRESS_KINDS = frozenset({"rfc822", "utf-8", "utf8", "smtp", "unknown", "local", ""})
#: A sign in the parameters of an envelope (RFC 3461, 4).
_XTEXT = re.compile(r"\+([0-9A-F]{2})")
_MOST_CHARS = 200_000
_LONGEST_NAME = 998
_MOST_RECIPIENTS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientStatus:
    """What became of one recipient."""

    address: str
    #: Lower case: `failed`, `delayed`, `delivered`, `relayed`, `expanded`, or empty.
    action: str
    #: Such as `5.1.1`, or empty.
    status: str
    diagnostic: str


def read_delivery_status(text: str) -> tuple[RecipientStatus, ...]:
    """Return the recipients named in the text of a `message/delivery-status` part.

    Tolerates missing empty lines between the groups of fields, missing type prefixes and folded values.
    """
    found: list[RecipientStatus] = []
    for group in _groups(text[:_MOST_CHARS]):
        address = next((one for name in _NAMES_OF_RECIPIENT if name in group and (one := _address(group[name]))), "")
        action = group.get("action", "").strip().lower().split("(", 1)[0].strip()
        if not address and not action:
            continue
        status = re.search(r"[245]\.\d{1,3}\.\d{1,3}", group.get("status", ""))
        diagnostic = group.get("diagnostic-code", "")
        found.append(
            RecipientStatus(
                address=address,
                action=action.split()[0].rstrip(";,.") if action else "",
                status=status[0] if status else "",
                diagnostic=" ".join(diagnostic.split(";", 1)[-1].split()),
            )
        )
        if len(found) >= _MOST_RECIPIENTS:
            break
    return tuple(found)


def read_envelope_id(text: str) -> str:
    """Return the name that the sender gave to the envelope (RFC 3464, 2.2.1), decoded; "" if none is told."""
    for group in _groups(text[:_MOST_CHARS]):
        if name := group.get("original-envelope-id", "").strip():
            return _XTEXT.sub(lambda found: chr(int(found[1], 16)), name)[:_LONGEST_NAME]
    return ""


_NAMES_OF_RECIPIENT = ("original-recipient", "final-recipient", "x-actual-recipient", "x-display-name")


def _groups(text: str) -> list[dict[str, str]]:
    groups: list[dict[str, str]] = []
    current: dict[str, str] = {}
    name = ""
    for line in text.split("\n"):
        if not line.strip():
            # A new group begins after an empty line, unless the mailer put one between the fields of a recipient.
            if "action" in current:
                groups.append(current)
                current = {}
            name = ""
            continue
        if line[0] in " \t" and name:
            current[name] += " " + line.strip()
            continue
        match = _FIELD.match(line.strip())
        if match is None:
            name = ""
            continue
        name = match[1].lower()
        if name == "final-recipient" and name in current:
            groups.append(current)
            current = {}
        if name in current:
            name = ""
        else:
            current[name] = match[2]
    groups.append(current)
    return groups


def _address(value: str) -> str:
    kind, semicolon, address = value.partition(";")
    if not semicolon:
        kind, address = "", value
    if kind.strip().lower() not in _ADDRESS_KINDS:
        return ""
    address = address.split("(", 1)[0].strip().strip("<>\"' ").strip()
    return address if "@" in address and not address.startswith("@") and " " not in address else ""
