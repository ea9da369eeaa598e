"""Address lists (RFC 5322 and what mailers make of it), in one pass, without recursion.

A list of 64 KB, a thousand nested comments, quotes or brackets that never close: all cost linear time. Where the
grammar is broken the part with an `@` is taken for the address and the words around it for the name.
"""

from __future__ import annotations

import re

from ingest.mail.headers import decode_words
from ingest.mail.parsed import Address

_SPECIAL = re.compile(r'["(<>,;:]|=\?[^?\s]{1,80}\?[bBqQ]\?[^?]{0,2000}\?=')
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*+)"', re.DOTALL)
_PARENTHESIS = re.compile(r"\\.|[()]", re.DOTALL)
_AROUND_DOTS = re.compile(r"\s*([.@])\s*")
_QUOTED_LOCAL = re.compile(r'"(?:[^"\\]|\\.)*+"@[^\s"<>,;]+\Z')
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


def parse_addresses(value: str, *, most: int = 2000) -> tuple[Address, ...]:
    """Return the mailboxes in a raw header value (RFC 2047 words not yet decoded); group names are dropped.

    Args:
        value: the unfolded field.
        most: at most so many mailboxes are returned.
    """
    return _AddressList(value, most).read()


class _AddressList:
    def __init__(self, value: str, most: int) -> None:
        self.value = value
        self.most = most
        self.found: list[Address] = []
        self.quotes_close = True
        self.comments_close = True
        self._start()

    def _start(self) -> None:
        self.words: list[str] = []
        self.comments: list[str] = []
        self.angle: str | None = None
        self.written_from = -1
        self.written_to = -1

    def read(self) -> tuple[Address, ...]:
        value, position = self.value, 0
        while position < len(value) and len(self.found) < self.most:
            match = _SPECIAL.search(value, position)
            stop = match.start() if match else len(value)
            if stop > position:
                self._word(value[position:stop], position, stop)
            if match is None:
                break
            mark = match[0]
            if mark == '"':
                position = self._quoted(stop)
            elif mark == "(":
                position = self._comment(stop)
            elif mark == "<":
                position = self._angle(stop)
            elif mark in (",", ";"):
                self._finish()
                position = stop + 1
            elif mark == ":":
                if self.angle is None and not any("@" in word for word in self.words):
                    self._start()  # What came before was the name of a group.
                else:
                    self._word(":", stop, stop + 1)
                position = stop + 1
            elif mark == ">":
                position = stop + 1
            else:
                self._word(decode_words(mark), stop, match.end())
                position = match.end()
        if len(self.found) < self.most:
            self._finish()
        return tuple(self.found)

    def _word(self, text: str, start: int, stop: int) -> None:
        if text.strip():
            if self.written_from < 0:
                self.written_from = start + len(text) - len(text.lstrip())
            self.written_to = stop - (len(text) - len(text.rstrip()))
        self.words.append(text)

    def _quoted(self, start: int) -> int:
        match = _QUOTED.match(self.value, start) if self.quotes_close else None
        if match is None:
            self.quotes_close = False
            return start + 1
        content = decode_words(_ESCAPED.sub(r"\1", match[1]))
        following = self.value[match.end() : match.end() + 1]
        # A quoted local part keeps its quotes: they belong to the address.
        self._word(match[0] if following == "@" else content, start, match.end())
        return match.end()

    def _comment(self, start: int) -> int:
        depth = 0
        if self.comments_close:
            for match in _PARENTHESIS.finditer(self.value, start):
                if match[0] == "(":
                    depth += 1
                elif match[0] == ")":
                    depth -= 1
                    if depth == 0:
                        self.comments.append(_ESCAPED.sub(r"\1", self.value[start + 1 : match.end() - 1]))
                        return match.end()
        self.comments_close = False
        self._word("(", start, start + 1)
        return start + 1

    def _angle(self, start: int) -> int:
        if self.angle and "@" in self.angle:
            self._finish()
        position = start + 1
        stop = self.value.find(">", position)
        quoted = self.value.find('"', position)
        if 0 <= quoted < stop and self.quotes_close:
            # A bracket inside a quoted local part does not close the address.
            match = _QUOTED.match(self.value, quoted)
            if match:
                stop = self.value.find(">", match.end())
        if stop < 0:
            ends = [end for end in (self.value.find(mark, position) for mark in ",;") if end >= 0]
            stop = min(ends, default=len(self.value))
        content = self.value[position:stop]
        if self.angle is None or "@" not in self.angle:
            self.angle = content.rsplit("<", 1)[-1]
        return stop + 1 if self.value.startswith(">", stop) else stop

    def _finish(self) -> None:
        name = " ".join("".join(self.words).split())
        written = ""
        if self.angle is not None:
            written = self.angle.strip()
        elif "@" in name:
            written = self.value[self.written_from : self.written_to] if self.written_from >= 0 else ""
            written, name = _without_angle(written, name)
        if self.angle is not None or name or written or self.comments:
            if not name and self.comments:
                name = " ".join(decode_words(self.comments[-1]).split())
            self.found.append(_address(name, written))
        self._start()


def _without_angle(written: str, name: str) -> tuple[str, str]:
    """Split a mailbox that has no brackets into address and name."""
    if _QUOTED_LOCAL.match(written):
        return written, ""
    joined = _AROUND_DOTS.sub(r"\1", strip_comments(written))
    if not joined.strip('"').split() or len(joined.split()) == 1:
        return written.strip().strip('"'), ""
    bare = next((word for word in written.split() if "@" in word.strip("@")), "").strip("()[]'\"")
    if not bare:
        return written, ""
    return bare, " ".join(name.replace(bare, " ").split())


def _address(name: str, written: str) -> Address:
    if written[:7].lower() == "mailto:":
        written = written[7:]
    written = _trailing_comments_off(" ".join(written.split("\n")).strip().strip("'"))
    written = written.strip("<> \t")
    if "@" not in written:
        # A name without an address, a local user ("root") or the null sender.
        return Address(name=clean_name(name or decode_words(written)), written="", address="")
    local, _, domain = written.rpartition("@")
    written = f"{local}@{domain.lower()}"
    return Address(name=clean_name(name), written=written, address=mailbox(written))


def mailbox(written: str) -> str:
    """Return the address to send to: no comments, no source route, no white space outside quotes."""
    plain = strip_comments(written)
    if plain.startswith("@") and ":" in plain:
        plain = plain.rsplit(":", 1)[1]
    if '"' not in plain:
        plain = "".join(plain.split())
    return plain.strip().rstrip(".")


def strip_comments(text: str) -> str:
    """Remove RFC 5322 comments, nested ones too; an unclosed one is left alone."""
    if "(" not in text:
        return text
    kept: list[str] = []
    depth = 0
    last = 0
    for match in _PARENTHESIS.finditer(text):
        if match[0] == "(":
            if depth == 0:
                kept.append(text[last : match.start()])
                last = match.start()
            depth += 1
        elif match[0] == ")" and depth:
            depth -= 1
            if depth == 0:
                last = match.end()
    kept.append(text[last:])
    return "".join(kept)


def clean_name(name: str) -> str:
    """Return a display name without the quotes and line breaks that mailers leave around it."""
    return " ".join(name.split()).strip("\"' ") if name else ""


def _trailing_comments_off(written: str) -> str:
    if not written.endswith(")"):
        return written
    depth = 0
    for index in range(len(written) - 1, -1, -1):
        if written[index] == ")":
            depth += 1
        elif written[index] == "(":
            depth -= 1
            if depth == 0:
                return written[:index].rstrip()
    return written
