"""Makes a message of a form's bytes, as the log of arrivals hands them over."""

from __future__ import annotations

from dataclasses import replace

from amends.domain.message import Message
from amends.ports import Fetched
from ingest.reading import Reader
from ingest.web_form.submission import read_submission, submission_message


def form_reader(*, default_form: str, believes_honeypot: bool = True) -> Reader:
    """Make the reader of forms. A form that does not say which it is came through `default_form`.

    `believes_honeypot` is false once a person has looked and said that a human wrote it.
    """

    def read_form(fetched: Fetched, raw_sha256: str) -> Message:
        submission = read_submission(fetched.raw, default_form=default_form, is_ours=fetched.source.startswith("form:"))
        return submission_message(
            submission if believes_honeypot else replace(submission, honeypot=""),
            account=submission.form,
            raw_sha256=raw_sha256,
            received_at=min(submission.submitted_at, fetched.fetched_at),
        )

    return read_form
