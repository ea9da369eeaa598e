"""The sender's own new words, without the history below them.

Own words must never be lost; leftover history is a blemish. Hence, where two readings are possible, the one that
keeps more wins. Rules:

1. A line is quoted (`>`), an attribution ("On ... wrote:", up to eight lines, in some forty languages), the head of a
   returned or forwarded mail (a marked line, or three header lines of which one is a subject or the first holds an
   address), a rule, a program's signature ("Sent from my ..."), or text. Lines inside a ``` fence are text.
2. An attribution counts if it is followed by quoted lines, or if it carries an address, or a full date with a time.
   "Last week your agent wrote:" is text.
3. If the sender's text stands above the head of an unquoted older mail, everything from there on is history.
   With no text above, only the head itself goes: the sender forwarded something, or answered below.
4. From the end upwards go: quoted lines, attributions, rules, programs' signatures, and the block under a `--` mark if
   it is as short as a signature.
5. Quoted lines between the sender's paragraphs stay: they are answered one by one. A single quoted block above all of
   the text goes if an attribution introduces it.
6. If nothing would be left, the whole text is returned.
"""

from __future__ import annotations

from enum import IntEnum

from ingest.mail import trim_patterns as patterns

MOST_LINES = 20_000
_MOST_ATTRIBUTION_LINES = 8
_MOST_SIGNATURE_LINES = 14
_MOST_SIGNATURE_CHARS = 900
_MOST_PROGRAM_SIGNATURE_CHARS = 120
_MOST_WORDS_WITHOUT_DEVICE = 5


class _Kind(IntEnum):
    TEXT = 0
    EMPTY = 1
    QUOTED = 2
    INITIALS = 3
    RULE = 4
    PROGRAM = 5
    ATTRIBUTION = 6
    #: Attribution of an older mail that is not quoted.
    HEAD = 7
    MARK = 8


_FROM_BELOW = frozenset(
    {_Kind.EMPTY, _Kind.QUOTED, _Kind.INITIALS, _Kind.RULE, _Kind.PROGRAM, _Kind.ATTRIBUTION, _Kind.MARK}
)


def trim_reply(text: str) -> str:
    """Return what the sender wrote this time; the whole of `text`, stripped, if that cannot be told.

    Runs in time linear in the length of `text`. History is looked for in the first `MOST_LINES` lines.
    """
    whole = _without_outer_empty_lines(text.replace("\r\n", "\n").replace("\r", "\n"))
    lines = whole.split("\n", MOST_LINES)
    is_long = len(lines) > MOST_LINES
    kinds = _classify(lines[:MOST_LINES])
    end = _history_begins(kinds)
    if is_long and end == len(kinds):
        return whole  # What stands further down may be the sender's.
    end = _own_words_end(lines, kinds, end)
    kept = _without_introductions(lines, kinds, end)
    return _without_outer_empty_lines("\n".join(line.rstrip() for line in kept)) or whole


def _without_outer_empty_lines(text: str) -> str:
    start = len(text) - len(text.lstrip())
    return text[text.rfind("\n", 0, start) + 1 :].rstrip()


def _classify(lines: list[str]) -> list[_Kind]:
    kinds = [_kind_of(line) for line in lines]
    if _Kind.PROGRAM in kinds:
        _join_names_to_program_signatures(lines, kinds)
    _protect_fences(lines, kinds)
    for index, line in enumerate(lines):
        if kinds[index] is _Kind.QUOTED:
            if len(line) < 50 and patterns.BROKEN_ENDING.match(line):
                _mark_attribution(lines, kinds, index)
        elif kinds[index] is _Kind.TEXT:
            # Cheap looks first: nearly every line of a mail is plain text.
            head = line[:40]
            if line.endswith(_ENDINGS) and patterns.ENDING.search(line[-40:]):
                _mark_attribution(lines, kinds, index)
            elif head.lstrip()[:2].isdigit() and patterns.VERBLESS.match(line[: patterns.LINE_CHARS]):
                kinds[index] = _Kind.HEAD
            has_label = kinds[index] is _Kind.TEXT and (":" in head or "\uff1a" in head)
            if has_label and patterns.HEADER_FROM.match(line[: patterns.LINE_CHARS]):
                _mark_header_block(lines, kinds, index)
    _tell_quoted_from_bare(kinds)
    return kinds


_ENDINGS = (":", "\uff1a", "wrote", "Wrote", "-", "*", "_")


def _kind_of(line: str) -> _Kind:
    short = line[: patterns.LINE_CHARS].strip()
    if not short:
        return _Kind.EMPTY
    first = short[0]
    if first in ">\uff1e" and patterns.QUOTE.match(line[:8]):
        return _Kind.QUOTED
    if not first.isascii() and len(short) < 10 and not patterns.INVISIBLE.sub("", short).strip():
        return _Kind.EMPTY
    if not first.isalnum():
        if patterns.RULE.match(short):
            return _Kind.RULE
        if patterns.FORWARD_MARK.match(short):
            return _Kind.MARK
    elif ">" in short[:12] and patterns.INITIALS_QUOTE.match(short):
        return _Kind.INITIALS
    elif short[-1] in ":\uff1a" and patterns.FORWARD_MARK.match(short):
        return _Kind.MARK
    if len(line) <= 3 * _MOST_PROGRAM_SIGNATURE_CHARS and _is_program_signature(short):
        return _Kind.PROGRAM
    return _Kind.TEXT


def _join_names_to_program_signatures(lines: list[str], kinds: list[_Kind]) -> None:
    for index, kind in enumerate(kinds):
        is_beside = kind is _Kind.TEXT and _Kind.PROGRAM in kinds[max(index - 1, 0) : index + 2]
        if is_beside and patterns.NAME_FROM_DEVICE.match(lines[index][: patterns.LINE_CHARS]):
            kinds[index] = _Kind.PROGRAM


def _is_program_signature(line: str) -> bool:
    if line.isascii() and not line.lstrip(" (<[*_-").lower().startswith(patterns.PROGRAM_WORDS):
        return False
    bare = patterns.URL.sub("", line)
    if len(bare) > _MOST_PROGRAM_SIGNATURE_CHARS or not patterns.PROGRAM_SIGNATURE.match(bare):
        return False
    return bool(patterns.DEVICE.search(bare)) or (
        len(bare.split()) <= _MOST_WORDS_WITHOUT_DEVICE and not bare.lower().startswith("from")
    )


def _protect_fences(lines: list[str], kinds: list[_Kind]) -> None:
    if not any("```" in line for line in lines):
        return
    fences = [index for index, line in enumerate(lines) if patterns.FENCE.match(line)]
    for opening, closing in zip(fences[::2], fences[1::2], strict=False):
        for index in range(opening, closing + 1):
            kinds[index] = _Kind.TEXT


def _mark_attribution(lines: list[str], kinds: list[_Kind], last: int) -> None:
    """Mark the attribution that ends on line `last`, if one does: the nearest fitting beginning counts."""
    joined = ""
    for first in range(last, max(last - _MOST_ATTRIBUTION_LINES, -1), -1):
        if kinds[first] not in (_Kind.TEXT, _Kind.EMPTY) and first != last:
            return
        line = lines[first][: patterns.LINE_CHARS]
        joined = f"{line.strip()} {joined}".strip()
        if len(joined) > patterns.LINE_CHARS:
            return
        if not patterns.OPENING.match(line):
            continue
        if _is_attribution(joined) and (_is_certain(joined) or _next_kind(kinds, last) is _Kind.QUOTED):
            kinds[first : last + 1] = [_Kind.ATTRIBUTION] * (last + 1 - first)
        return


def _is_attribution(joined: str) -> bool:
    if patterns.VERB.search(joined):
        return bool(patterns.DATE.search(joined) or patterns.ADDRESS.search(joined) or patterns.TIME.search(joined))
    return bool(patterns.VERBLESS.match(joined))


def _is_certain(joined: str) -> bool:
    """Tell whether an attribution needs no quoted lines behind it to be believed."""
    if patterns.IN_BRACKETS.search(joined):
        return True
    if patterns.TELLING.search(joined):
        return False
    return bool(patterns.DATE.search(joined) and (patterns.TIME.search(joined) or patterns.ADDRESS.search(joined)))


def _mark_header_block(lines: list[str], kinds: list[_Kind], first: int) -> None:
    """Mark the header lines of an older mail that begin on line `first`, if there are enough of them."""
    last = first
    fields = 0
    has_subject = False
    for index in range(first, min(first + 16, len(lines))):
        line = lines[index][: patterns.LINE_CHARS]
        if patterns.HEADER_ANY.match(line):
            fields += 1
            last = index
            has_subject = has_subject or bool(patterns.HEADER_SUBJECT.match(line))
        elif index - last > 3 or (fields >= 3 and not line.strip()):
            break
    value = patterns.HEADER_FROM.match(lines[first][: patterns.LINE_CHARS])
    names_sender = bool(value and value[1] and patterns.ADDRESS.search(value[1]))
    if fields >= 3 and (has_subject or names_sender):
        while last + 1 < len(lines) and has_subject and _continues_subject(lines, last):
            last += 1
        kinds[first : last + 1] = [_Kind.HEAD] * (last + 1 - first)


def _continues_subject(lines: list[str], last: int) -> bool:
    return bool(patterns.HEADER_SUBJECT.match(lines[last])) and lines[last + 1][:1] in (" ", "\t")


def _tell_quoted_from_bare(kinds: list[_Kind]) -> None:
    """An attribution over lines that are not quoted heads an older mail that is not quoted."""
    index = len(kinds) - 1
    following = _Kind.EMPTY
    while index >= 0:
        if kinds[index] is _Kind.ATTRIBUTION:
            is_quoted = following is _Kind.QUOTED
            while index >= 0 and kinds[index] is _Kind.ATTRIBUTION:
                if not is_quoted:
                    kinds[index] = _Kind.HEAD
                index -= 1
            following = _Kind.ATTRIBUTION
            continue
        if kinds[index] is not _Kind.EMPTY:
            following = kinds[index]
        index -= 1


def _next_kind(kinds: list[_Kind], index: int) -> _Kind:
    for kind in kinds[index + 1 : index + 6]:
        if kind is not _Kind.EMPTY:
            return kind
    return _Kind.EMPTY


def _history_begins(kinds: list[_Kind]) -> int:
    """Return where the first unquoted older mail under the sender's text begins, else the number of lines."""
    has_text = False
    for index, kind in enumerate(kinds):
        if kind in (_Kind.HEAD, _Kind.MARK) and has_text:
            return index
        has_text = has_text or kind is _Kind.TEXT
    return len(kinds)


def _own_words_end(lines: list[str], kinds: list[_Kind], end: int) -> int:
    """Strip from below what is not the sender's, until nothing more goes."""
    while True:
        before = end
        while end and kinds[end - 1] in _FROM_BELOW:
            end -= 1
        mark = _signature_mark(lines, kinds, end)
        if mark >= 0:
            end = mark
        if end == before:
            return end


def _signature_mark(lines: list[str], kinds: list[_Kind], end: int) -> int:
    chars = filled = 0
    for index in range(end - 1, max(end - 40, -1), -1):
        if kinds[index] is _Kind.RULE and patterns.SIGNATURE_MARK.match(lines[index]):
            has_text_above = any(kind is _Kind.TEXT for kind in kinds[:index])
            return index if has_text_above else -1
        if kinds[index] is not _Kind.EMPTY:
            filled += 1
            chars += len(lines[index])
        if filled > _MOST_SIGNATURE_LINES or chars > _MOST_SIGNATURE_CHARS:
            return -1
    return -1


def _without_introductions(lines: list[str], kinds: list[_Kind], end: int) -> list[str]:
    """Drop attributions, heads without text above, and a single quoted block that introduces all of the text."""
    dropped = {_Kind.ATTRIBUTION, _Kind.HEAD, _Kind.MARK}
    first_text = next((index for index in range(end) if kinds[index] is _Kind.TEXT), end)
    introduces = any(kinds[index] is _Kind.ATTRIBUTION for index in range(first_text))
    quoted_later = any(kinds[index] is _Kind.QUOTED for index in range(first_text, end))
    drop_block = introduces and not quoted_later
    return [
        lines[index]
        for index in range(end)
        if kinds[index] not in dropped and not (drop_block and index < first_text and kinds[index] is _Kind.QUOTED)
    ]
