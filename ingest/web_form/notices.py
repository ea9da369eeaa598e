"""What is said when a request cannot be served: one sentence for programs and people alike, by status code."""

from __future__ import annotations

from dataclasses import dataclass

from ingest.web_form.settings import FormSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What went wrong, and what to do about it."""

    status: int
    title: str
    says: str


def notice(status: int, settings: FormSettings, *, wait_s: int = 0) -> Notice:
    """Give the words for a status code. `wait_s` is named where waiting helps."""
    title, says = _WORDS.get(status, _WORDS[400])
    return Notice(
        status=status,
        title=title,
        says=says.format(
            most=settings.max_text_chars, files=settings.max_files_bytes // 1024 // 1024, wait=_duration(wait_s)
        ).strip(),
    )


def _duration(seconds: int) -> str:
    """Say a time to wait in words, rounded up."""
    if seconds < 90:
        return f"{max(seconds, 1)} second{'' if seconds == 1 else 's'}"
    return f"{-(-seconds // 60)} minutes"


_WORDS = {
    400: (
        "We could not read that",
        "What arrived was not a filled-in form. Open the form again and send it once more.",
    ),
    404: (
        "There is nothing at this address",
        "Check that the whole address was copied: status pages have a long one. "
        "If it still does not work, tell us your reference and we will look it up.",
    ),
    405: ("That cannot be done here", "This address does not take that kind of request. Start from the form."),
    408: ("That took too long to arrive", "Your connection may be slow. Nothing was kept; please send it again."),
    413: (
        "That is too long for this form",
        "Go back with your browser's Back button: your words should still be there. "
        "The form takes up to {most:,} characters, and files up to {files} MiB together. Send the rest in a second "
        "form, or reach us another way.",
    ),
    415: (
        "That kind of content is not taken here",
        "The page sends a filled-in form; a program sends JSON with `Content-Type: application/json`.",
    ),
    429: (
        "Many forms came from your connection",
        "We have to slow down, and this one was not sent yet. Please send it again in {wait}. "
        "If it is urgent, reach us another way.",
    ),
    500: (
        "Something went wrong on our side",
        "We cannot say whether your form was kept. Go back and send it again: if we have it already, "
        "it will not count twice.",
    ),
    503: (
        "We could not take that just now",
        "Something on our side is down for a moment, and nothing was kept. Please try again in {wait}.",
    ),
}
