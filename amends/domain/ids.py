"""Ids that say the same thing each time they are made: derived from what they name, never random."""

from __future__ import annotations

import hashlib
import re
from base64 import b32encode

#: Crockford's base 32 leaves out I, L, O and U, which people misread on the telephone.
_RFC4648 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_CROCKFORD = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_TO_CROCKFORD = bytes.maketrans(_RFC4648, _CROCKFORD)
#: The id of a case, wherever it is written.
REFERENCE = re.compile(r"\bAM-[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{2}\b", re.IGNORECASE)
_HEARD_AS = str.maketrans({"O": "0", "I": "1", "L": "1", "U": "V"})


def derived_id(*parts: str) -> str:
    """Give 32 hexadecimal digits that depend on every part and on where each part ends."""
    digest = hashlib.sha256()
    for part in parts:
        encoded = part.encode("utf-8", "surrogatepass")
        digest.update(len(encoded).to_bytes(8, "big"))
        digest.update(encoded)
    return digest.hexdigest()[:32]


def case_reference(first_message_id: str) -> str:
    """Give the id of the case that a message opens, in a shape that can be read out: `AM-7KQ2-9XWD-4T`.

    50 bits of the message's id: with ten million cases, one clash is expected
    in some twenty such archives, and the database's unique key refuses it.
    """
    raw = hashlib.sha256(b"case:" + first_message_id.encode()).digest()[:7]
    letters = b32encode(raw).translate(_TO_CROCKFORD).decode("ascii")[:10]
    return f"AM-{letters[:4]}-{letters[4:8]}-{letters[8:]}"


def read_reference(written: str) -> str:
    """Read a case reference as a person may have written it: lower case, spaces, O for 0.

    Returns the reference in its one spelling; what has not the shape of a
    reference comes back unchanged.
    """
    compact = "".join(written.upper().split()).replace("-", "")
    if len(compact) != 12 or not compact.startswith("AM"):
        return written
    letters = compact[2:].translate(_HEARD_AS)
    return f"AM-{letters[:4]}-{letters[4:8]}-{letters[8:]}"
