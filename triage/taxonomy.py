"""What kinds, severities and flags mean, with examples; the page `docs/labels.md` is written from here.

`python -m triage.taxonomy` prints the page. A test fails when the page has drifted.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from amends.domain.verdict import SEVERITY_OF_FLAG, Flag, FlagName, Kind, Severity
from triage.rules import all_rules
from triage.rules.rule import Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """What a label means: a sentence, and messages that carry it."""

    says: str
    examples: tuple[str, ...]


KINDS: dict[Kind, Definition] = {
    Kind.COMPLAINT: Definition(
        says=(
            "Any dissatisfaction about a product, a service, a member of staff, something done or not done, that a "
            "reasonable organisation would log. No special word is needed; politeness and a question mark do not undo "
            "it; mild annoyance counts; so does a complaint made for somebody else, or about how one was handled."
        ),
        examples=(
            "Could you tell me why I have been charged twice?",
            "Thank you for the new lamp. It's lovely, but the shade is cracked again.",
            "I write for my neighbour, whose alarm did not work.",
        ),
    ),
    Kind.ENQUIRY: Definition(
        says=(
            "Asks for information or a routine service without dissatisfaction: also a calm question about progress "
            "within the promised time, a first report of a fault, a question about the complaints procedure, and a "
            "neutral request about personal data."
        ),
        examples=(
            "My permit form went off on Monday; has it arrived?",
            "The street light at the corner of Mill Lane is out.",
            "Please send me a copy of the data you hold about me.",
        ),
    ),
    Kind.PRAISE: Definition(
        says="Thanks or a compliment. Praise with a real grievance in it is a complaint.",
        examples=("The engineer was early, tidy and kind. Please tell him so.",),
    ),
    Kind.MACHINE: Definition(
        says="Written by a machine: automatic reply, absence notice, bounce, list, newsletter, notification.",
        examples=("I am out of the office until Monday and will answer on my return.",),
    ),
    Kind.SPAM: Definition(
        says="Advertising nobody asked for, or phishing.",
        examples=("We can put your website on page one in ninety days. Shall I send prices?",),
    ),
    Kind.OTHER: Definition(
        says="None of these: a job application, a supplier's invoice, small talk, a misdirected or empty message.",
        examples=("Please find our invoice for April attached.", "I think you have the wrong Marguerite."),
    ),
}

SEVERITIES: dict[Severity, Definition] = {
    Severity.CRITICAL: Definition(
        says=(
            "Danger or harm to people, now or recently: injury, fire, gas, electric danger, medical danger, abuse or "
            "neglect of a child or an adult at risk, risk of self-harm."
        ),
        examples=("The kettle burned my son's arm.",),
    ),
    Severity.HIGH: Definition(
        says=(
            "A court, regulator, elected member or the press threatened or involved; discrimination; a vulnerable "
            "person affected; an essential supply lost; fraud or theft; misconduct of staff; personal data exposed; "
            "a loss above 1,000 pounds."
        ),
        examples=("My mother is 88 and has had no hot water since Friday.",),
    ),
    Severity.MEDIUM: Definition(
        says=(
            "Repeated contact, a broken promise or missed deadline, money lost or overcharged, many people affected, "
            "a product that cannot be used, several failures."
        ),
        examples=("This is the third time I have written about the same bill.",),
    ),
    Severity.LOW: Definition(says="One mild annoyance.", examples=("The queue was a little long today.",)),
}

FLAGS: dict[FlagName, str] = {
    FlagName.SAFETY: "Danger or injury, present or recent.",
    FlagName.SAFEGUARDING: "A child or an adult at risk is, or may be, abused or neglected.",
    FlagName.SELF_HARM: "Somebody may take their life or harm themselves.",
    FlagName.VULNERABLE: (
        "Somebody old, ill, disabled, pregnant, bereaved or otherwise at risk is affected, or a small child is harmed "
        "or goes without."
    ),
    FlagName.DISCRIMINATION: "Somebody is treated worse for who they are.",
    FlagName.STAFF_MISCONDUCT: "Staff are abusive, dishonest, discriminatory or harmful; being curt is not enough.",
    FlagName.FRAUD: "Fraud, theft, deception for gain.",
    FlagName.DATA_BREACH: "Personal data lost, exposed or given to the wrong person.",
    FlagName.RIGHTS_REQUEST: (
        "Access, erasure, correction or objection under data protection law, or a complaint about it; on a message of "
        "any kind."
    ),
    FlagName.LEGAL_THREAT: "A solicitor, a court or a claim is threatened or involved.",
    FlagName.REGULATOR: "A regulator, an ombudsman, trading standards or an elected member is threatened or involved.",
    FlagName.MEDIA: "The press, a broadcaster or a public campaign is threatened or involved.",
    FlagName.FINANCIAL_LOSS: "Money charged, lost or still owed; above 1,000 pounds it makes a complaint high.",
    FlagName.ESSENTIAL_SUPPLY: "Heat, water, power, income or benefit, food, medicine or home is lost.",
    FlagName.REPEAT_CONTACT: "The writer has already been in touch, or was visited, about the same matter.",
    FlagName.BROKEN_PROMISE: "A date or an undertaking was not kept.",
    FlagName.MANY_AFFECTED: "The same happens to many people.",
    FlagName.ABUSIVE_LANGUAGE: "Abuse directed at staff; it protects the handler and raises no severity.",
}


def rules_of(flag: FlagName) -> tuple[Rule, ...]:
    """Give the rules that raise `flag`."""
    return tuple(rule for rule in all_rules() if rule.flag is flag)


def meaning_of(flag: Flag) -> tuple[str, str]:
    """Say what a raised flag means, and what the rule is for that raised it; "" where no such rule is there now."""
    return FLAGS[flag.name], _rules().get(flag.rule, "")


@cache
def _rules() -> dict[str, str]:
    return {rule.name: rule.says for rule in all_rules()}


def page() -> str:
    """Write the page of labels and rules in Markdown."""
    return "\n".join(_lines())


def _lines() -> Iterator[str]:
    yield "# Labels and rules"
    yield ""
    yield "Written by `python -m triage.taxonomy`; do not edit by hand. A test fails when it has drifted from the code."
    yield ""
    yield "## Kinds"
    yield ""
    for kind, definition in KINDS.items():
        yield f"- **{kind.value}**: {definition.says}"
        yield from (f"  - *{example}*" for example in definition.examples)
    yield ""
    yield "## Severity of a complaint"
    yield ""
    yield "The highest that its flags give, at least low. Tone neither raises nor lowers it."
    yield ""
    for severity, definition in SEVERITIES.items():
        yield f"- **{severity.word}**: {definition.says}"
        yield from (f"  - *{example}*" for example in definition.examples)
    yield ""
    yield "## Flags and their rules"
    yield ""
    yield "A flag quotes the words that raised it. Denied, supposed, joked and quoted claims raise none; how that is"
    yield "told is written at the top of `triage/rules/scope.py`. The examples below are tests."
    for flag, says in FLAGS.items():
        raised = SEVERITY_OF_FLAG.get(flag)
        yield ""
        yield f"### {flag.value}"
        yield ""
        yield f"{says} Severity: {raised.word if raised else 'none by itself'}."
        for rule in rules_of(flag):
            yield ""
            yield f"**`{rule.name}`** {rule.says}"
            yield ""
            yield from (f"- fires: *{example}*" for example in rule.fires)
            yield from (f"- silent: *{example}*" for example in rule.silent)
    yield ""


if __name__ == "__main__":
    sys.stdout.write(page())
