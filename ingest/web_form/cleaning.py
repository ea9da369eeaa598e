r"""Which characters are taken away from what somebody typed.

1. The customer's words stay as they are: no spelling, case or Unicode form is changed.
2. Line ends become one newline each; a page sends `\r\n`, a program sends what it likes.
3. Control characters that no keyboard means (NUL, escape, C1) go. PostgreSQL refuses
   NUL, and a terminal obeys escape sequences.
4. Half of a surrogate pair becomes U+FFFD: it cannot be written as UTF-8.
5. In fields of one line, breaks and tabs become a space, and the marks that turn
   the direction of writing go, because they can make one name look like another.
"""

from __future__ import annotations

import unicodedata

_BREAKS = ("\r\n", "\r", "\x85", "\u2028", "\u2029", "\x0b", "\x0c")
_CONTROLS: dict[int, str | None] = {
    code: None for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in "\n\t"
}
_CONTROLS.update(dict.fromkeys(range(0xD800, 0xE000), "\ufffd"))
_DIRECTION: dict[int, str | None] = dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A)))


def clean_text(typed: str) -> str:
    """Clean text of several lines: no control characters, no blank lines around it."""
    for mark in _BREAKS:
        typed = typed.replace(mark, "\n")
    return typed.translate(_CONTROLS).strip()


def clean_line(typed: str) -> str:
    """Clean a field of one line; runs of space become one."""
    return " ".join(clean_text(typed).translate(_DIRECTION).split())


def is_blank(text: str) -> bool:
    """Whether nothing in it can be seen: only spaces, invisible marks and the like."""
    return all(unicodedata.category(character)[0] in "ZC" for character in text)
