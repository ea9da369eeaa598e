"""The way in that the page and the JSON endpoint share."""

from __future__ import annotations

import logging
import math
import re

from amends.domain.submission import Progress, Receipt
from amends.errors import Refused, Unavailable
from amends.ports import Intake, Now
from ingest.web_form.allowance import Allowance
from ingest.web_form.settings import FormSettings
from ingest.web_form.submission import bound_id, make_submission
from ingest.web_form.typed import Problem, Typed, find_problems

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


class Reception:
    """Takes forms in and says where they stand."""

    def __init__(self, intake: Intake, *, settings: FormSettings, now: Now) -> None:
        self.settings = settings
        self._intake = intake
        self._now = now
        self._allowance = Allowance(settings.limits)

    def accept(self, typed: Typed, *, key: str, address: str, traceparent: str = "") -> Receipt:
        """Keep a cleaned form for good. `traceparent` is the request's header of that name.

        Raises:
            TooMany: the address sent too many; nothing was kept.
            Incomplete: the form has to be put right; nothing was kept.
            Unavailable: nothing was kept; the sender should try again.
        """
        now = self._now()
        wait_s = self._allowance.take(address, now)
        if wait_s:
            log.warning("form refused: too many from one address")
            raise TooMany(math.ceil(round(wait_s, 3)))
        problems = find_problems(typed, max_text_chars=self.settings.max_text_chars)
        if problems:
            raise Incomplete(problems)
        submission = make_submission(
            typed, form=self.settings.form, submission_id=bound_id(key, typed), submitted_at=now
        )
        try:
            receipt = self._intake.accept(submission, traceparent=traceparent)
        except Unavailable as why:
            # The message of a driver's error can hold what was typed; its class cannot.
            log.warning("form not kept", extra={"cause": type(why.__cause__ or why).__name__})
            raise
        log.info("form kept", extra={"reference": receipt.reference, "repeat": receipt.is_repeat})
        return receipt

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
