"""`format=flowed` (RFC 3676): soft line breaks undone, quote by quote."""

from __future__ import annotations


def unflow(text: str, *, delete_space: bool = False) -> str:
    """Join the lines that a sender's program broke; quoted paragraphs stay quoted, `-- ` stays a line of its own.

    Args:
        text: the decoded part, lines ending in LF.
        delete_space: the `delsp=yes` parameter: the blank before a soft break is not part of the text.
    """
    joined: list[str] = []
    paragraph: list[str] = []
    paragraph_depth = 0
    for line in text.split("\n"):
        content = line.lstrip(">")
        depth = len(line) - len(content)
        if content[:1] == " ":
            content = content[1:]  # RFC 3676, 4.4: space-stuffing.
        is_signature = content == "-- "
        if paragraph and (depth != paragraph_depth or is_signature):
            joined.append(_quoted("".join(paragraph), paragraph_depth))
            paragraph = []
        is_soft = content.endswith(" ") and not is_signature
        paragraph_depth = depth
        paragraph.append(content[:-1] if is_soft and delete_space else content)
        if not is_soft:
            joined.append(_quoted("".join(paragraph), depth))
            paragraph = []
    if paragraph:
        joined.append(_quoted("".join(paragraph), paragraph_depth))
    return "\n".join(joined)


def _quoted(content: str, depth: int) -> str:
    return f"{'>' * depth} {content}" if depth else content
