"""What surrounds the words of a post, written so that a person can read it: what it answers, and what is attached."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pydantic import ValidationError

from amends.errors import Unprocessable

#: So much of a conversation is shown: its last posts, and of each so many characters.
_POSTS_AT_MOST, _CHARS_AT_MOST = 10, 1_000


def with_surroundings(words: str, *, before: Sequence[tuple[str, str]] = (), media: Iterable[str] = ()) -> str:
    """Give a post's words, then what is attached, then what it answers: each by its author's handle and words.

    >>> print(with_surroundings("It is not.", before=[("care", "Is it there?")], media=["photo: an empty step"]))
    It is not.
    <BLANKLINE>
    [photo: an empty step]
    <BLANKLINE>
    > @care: Is it there?
    """
    parts = [words, "\n".join(f"[{one}]" for one in media)]
    parts += ["\n".join(_quoted(f"@{handle}: {said[:_CHARS_AT_MOST]}") for handle, said in before[-_POSTS_AT_MOST:])]
    return "\n\n".join(part for part in parts if part)


def bad_post(why: ValidationError) -> Unprocessable:
    """Say which field of a post is not as its network publishes it."""
    first = why.errors(include_input=False, include_url=False)[0]
    field = ".".join(str(step) for step in first["loc"])
    return Unprocessable(f"the post cannot be read: {field}: {first['msg']}", reason="bad_post")


def described(kind: str, description: str) -> str:
    """Name something attached: its kind, and what its author says that it shows."""
    said = " ".join(description.split())[:_CHARS_AT_MOST]
    return f"{kind}: {said}" if said else kind


def _quoted(said: str) -> str:
    return "\n".join(f"> {line}" for line in said.splitlines())
