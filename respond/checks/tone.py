"""Words that make an angry customer angrier, each with a neutral wording. Warnings only: people decide on tone."""

from __future__ import annotations

import re
from collections.abc import Iterator

from amends.domain.check import Check, CheckName, Level
from respond.checks.phrases import any_of, one_of

#: Rule, pattern, what is wrong, what to write instead.
_RULES: tuple[tuple[str, re.Pattern[str], str, str], ...] = (
    (
        "said_before",
        any_of(
            rf"as (?:I|we)(?:'ve| have)? (?:\w+ly |already )?{one_of('said stated explained told_you mentioned')}"
            r"(?: (?:before|already|earlier|previously))?",
            rf"as (?:already|previously) {one_of('said stated explained advised mentioned')}",
            r"as per (?:my|our) (?:last|previous|earlier)",
        ),
        "It tells the customer that they did not listen.",
        "Say it once more, plainly, as if for the first time.",
    ),
    (
        "blame",
        any_of(
            r"you (?:should(?:n't| not)? have|ought to have|must understand|need to understand)",
            r"you (?:failed to|neglected to|didn't bother|chose to|refused to)",
            r"your own fault|your fault|if you had(?:n't| not| only)?",
            r"you are (?:wrong|mistaken|confused)",
        ),
        "It puts the blame on the customer.",
        "Say what happened without saying whose doing it was, as in “The form reached us after the date”.",
    ),
    (
        "doubt",
        any_of(r"you (?:claim|claimed|allege|alleged)", r"your (?:so-called|alleged|supposed)"),
        "It says that the customer is not believed.",
        "Write “you told us”.",
    ),
    (
        "half_apology",
        any_of(
            r"sorry (?:if|that you (?:feel|felt|think|thought)|you (?:feel|felt) that way|but)",
            r"apologi[sz]e if",
            r"(?:sorry|apologi[sz]e|apologies) for any (?:inconvenience|upset|distress)",
        ),
        "It is an apology that takes itself back, or says nothing.",
        "Name what you are sorry for, as in “We are sorry that you waited three weeks”.",
    ),
    (
        "sarcasm",
        any_of(
            r"obviously|clearly|surely|with (?:all due )?respect|thanks for nothing|congratulations on",
            r"how (?:nice|lovely) (?:that|of you)|good luck with that|believe it or not|for the record",
        ),
        "It can be read as mockery.",
        "Leave the word out.",
    ),
    (
        "command",
        any_of(
            r"calm down|be patient|be reasonable|you must",
            r"stop (?:calling|writing|e-?mailing|complaining)",
            r"there is nothing (?:more )?we can do|not our (?:problem|policy)",
        ),
        "It closes the door on the customer.",
        "Say what you can do, and by when.",
    ),
    (
        "jargon",
        any_of(
            r"SLAs?|KPIs?|RCA|T&Cs|[Gg]oing forward|[Rr]each(?:ed|ing)? out|touch base|escalated to (?:tier|level)",
            r"[Pp]ursuant to|hereinafter|aforementioned|utili[sz]e[sd]?|leverag(?:e|ed|ing)|[Aa]s per",
            r"at your earliest convenience|end user|stakeholders?|root cause analysis|has been actioned",
            case_matters=True,
        ),
        "It is the house's own language.",
        "Use the word that a neighbour would use.",
    ),
    (
        "shouting",
        re.compile(
            r"\b[A-Z]{3,}(?:[ ,]+[A-Z]{2,})+\b|\b(?:NOT|NEVER|MUST|ALWAYS|ALREADY|AGAIN|STOP|NOTHING)\b|!{2,}|\?!|!\?"
        ),
        "Capitals and rows of marks read as shouting.",
        "Write it in small letters with one mark.",
    ),
)


def check_tone(text: str) -> Iterator[Check]:
    """Warn of blame, sarcasm, "as I already said", shouting and jargon."""
    for rule, pattern, says, remedy in _RULES:
        for match in pattern.finditer(text):
            yield Check(
                name=CheckName.TONE,
                level=Level.WARN,
                rule=rule,
                says=says,
                remedy=remedy,
                quote=match[0],
                start=match.start(),
                end=match.end(),
            )
