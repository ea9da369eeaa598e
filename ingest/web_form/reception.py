"""The way in that the page and the JSON endpoint share."""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime

from amends.domain.message import Attachment
from amends.domain.submission import Addition, Progress, Receipt, Said
from amends.errors import Refused, Unavailable
from amends.ports import Intake, Now
from ingest.web_form.allowance import Allowance
from ingest.web_form.hooks import Webhook
from ingest.web_form.settings import FormSettings
from ingest.web_form.signs import signs_of_a_machine
from ingest.web_form.submission import bound_id, make_submission
from ingest.web_form.typed import Problem, Typed, clean, find_problems, size_problems
from ingest.web_form.uploads import Upload, file_problems
from ingest.web_form.webhook import NotSigned, item_of, verify

log = logging.getLogger(__name__)

#: What a status token may look like; anything else is unknown without asking anybody.
_TOKEN = re.compile(r"[A-Za-z0-9_.~-]{1,200}")


class Incomplete(Refused):
    """Something in the form has to be put right first."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__()
        self.problems = problems


class TooMany(Refused):
    """This address sent too many forms."""

    def __init__(self, retry_after_s: int) -> None:
        super().__init__()
        self.retry_after_s = retry_after_s


@contextmanager
def _told_of_failure() -> Iterator[None]:
    """Say in the log that nothing was kept; a driver's error can hold what was typed, its class cannot."""
    try:
        yield
    except Unavailable as why:
        log.warning("form not kept", extra={"cause": type(why.__cause__ or why).__name__})
        raise


class Reception:
    """Takes forms in and says where they stand."""

    def __init__(self, intake: Intake, *, settings: FormSettings, now: Now) -> None:
        self.settings = settings
        self._intake = intake
        self._now = now
        self._allowance = Allowance(settings.limits)

    def accept(
        self, typed: Typed, *, key: str, address: str, files: tuple[Upload, ...] = (), traceparent: str = ""
    ) -> Receipt:
        """Keep a cleaned form and its files for good. `traceparent` is the request's header of that name.

        Raises:
            TooMany: the address sent too many; nothing was kept.
            Incomplete: the form has to be put right; nothing was kept.
            Unavailable: nothing was kept; the sender should try again.
        """
        now = self._now()
        self._let_in(address, now)
        problems = find_problems(typed, max_text_chars=self.settings.max_text_chars)
        problems += file_problems(files, self.settings)
        if problems:
            raise Incomplete(problems)
        with _told_of_failure():
            kept = self._keep(files)
            submission = make_submission(
                typed,
                form=self.settings.form,
                submission_id=bound_id(key, typed, kept),
                submitted_at=now,
                files=kept,
                signs=signs_of_a_machine(typed.text, key=key, now=now),
            )
            receipt = self._intake.accept(submission, traceparent=traceparent)
        log.info("form kept", extra={"reference": receipt.reference, "repeat": receipt.is_repeat})
        return receipt

    def add(self, token: str, said: Said, text: str, *, key: str, address: str, files: tuple[Upload, ...] = ()) -> bool:
        """Keep what a customer says on a status page; False for a token that nobody was given.

        Raises:
            TooMany, Incomplete, Unavailable: as `accept` does.
        """
        now = self._now()
        if not _TOKEN.fullmatch(token) or self._intake.progress(token) is None:
            return False
        self._let_in(address, now)
        typed = clean(Typed(text=text))
        if problems := self._problems_of_addition(said, typed, files):
            raise Incomplete(problems)
        with _told_of_failure():
            kept = self._keep(files)
            bound = bound_id(f"{said.value}.{key}", typed, kept)
            addition = Addition(addition_id=bound, said=said, text=typed.text, said_at=now, files=kept)
            return self._intake.add(token, addition)

    def take_webhook(self, hook: Webhook, headers: Mapping[str, str], body: bytes, *, address: str) -> Receipt:
        """Keep what another form tool sends.

        Raises:
            NotSigned: nothing shows that it comes from there; nothing was kept.
            TooMany: so much that is not signed comes from the address; nothing was kept.
            Unavailable: nothing was kept; the tool should try again.
        """
        now = self._now()
        try:
            message_id = verify(hook, headers, body, now=now)
        except NotSigned:
            self._let_in(address, now)
            raise
        with _told_of_failure():
            receipt = self._intake.take_webhook(hook.name, item_of(message_id, body), body)
        log.info("webhook kept", extra={"reference": receipt.reference, "repeat": receipt.is_repeat})
        return receipt

    def now(self) -> datetime:
        """Give the time."""
        return self._now()

    def _let_in(self, address: str, now: datetime) -> None:
        wait_s = self._allowance.take(address, now)
        if wait_s:
            log.warning("form refused: too many from one address or network")
            raise TooMany(math.ceil(round(wait_s, 3)))

    def _problems_of_addition(self, said: Said, typed: Typed, files: tuple[Upload, ...]) -> tuple[Problem, ...]:
        found = size_problems(typed, max_text_chars=self.settings.max_text_chars)
        may_be_empty = bool(said.in_words or files)
        problems = tuple(one for one in found if not (may_be_empty and one.code == "empty_text"))
        return problems + file_problems(files, self.settings)

    def _keep(self, files: tuple[Upload, ...]) -> tuple[Attachment, ...]:
        return tuple(
            self._intake.keep_file(
                Attachment(filename=one.filename, content_type=one.content_type, size_bytes=one.size_bytes, sha256=""),
                one.file,
                place=place,
            )
            for place, one in enumerate(files)
        )

    def progress(self, token: str) -> Progress | None:
        """Say where a form stands, or None for a token that nobody was given.

        Raises:
            Unavailable: it cannot be looked up now.
        """
        return self._intake.progress(token) if _TOKEN.fullmatch(token) else None

    def check_ready(self) -> None:
        """Look up a token that nobody was given, which shows that the store answers.

        Raises:
            Unavailable: it does not.
        """
        self._intake.progress("ready")
