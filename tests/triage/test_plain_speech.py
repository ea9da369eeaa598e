"""What people say without set words raises the same flags as the words of forms, and no others."""

from __future__ import annotations

import time

import pytest

from amends.domain.verdict import FlagName, Severity
from triage.components import FlagFinder, flags_of
from triage.components.tokens import blank_pipeline
from triage.rules import chasing, circumstances, harm_told, money_gone
from triage.rules.rule import Rule
from triage.text import folded, readable

RULES: tuple[Rule, ...] = (*circumstances.RULES, *chasing.RULES, *money_gone.RULES, *harm_told.RULES)
NLP = blank_pipeline()
NLP.add_pipe("amends_passages")
FINDER = FlagFinder(NLP.vocab.strings, RULES)


def found(text: str) -> set[str]:
    return {str(flag.name) for flag in flags_of(FINDER(NLP(readable(text))))}


@pytest.mark.parametrize("rule", RULES, ids=[rule.name for rule in RULES])
def test_a_rule_of_plain_speech_keeps_its_examples(rule: Rule) -> None:
    finder = FlagFinder(NLP.vocab.strings, [rule])

    def fires(text: str) -> bool:
        return bool(flags_of(finder(NLP(readable(text)))))

    assert [text for text in rule.fires if not fires(text)] == []
    assert [text for text in rule.silent if fires(text)] == []
    assert len(rule.fires) >= 3
    assert len(rule.silent) >= 3


@pytest.mark.parametrize(
    ("text", "flag"),
    [
        ("My landlady is eighty-eight and was left on the landing.", FlagName.VULNERABLE),
        ("The twins are only two and they are sleeping in the cold.", FlagName.VULNERABLE),
        ("My brother Alun died on the 9th and you still ring for him.", FlagName.VULNERABLE),
        ("Her carers could not get up the stairs.", FlagName.VULNERABLE),
        ("I told your depot on Monday and again on Thursday.", FlagName.REPEAT_CONTACT),
        ("Five tries so far and nobody has found the bell.", FlagName.REPEAT_CONTACT),
        ("Both visits agreed, both missed.", FlagName.BROKEN_PROMISE),
        ("A new door within a week, he said. That was five months ago.", FlagName.BROKEN_PROMISE),
        ("You have kept my £90 deposit since June.", FlagName.FINANCIAL_LOSS),
        ("Please put the £12 back on my card.", FlagName.FINANCIAL_LOSS),
        ("The courier hid it under his coat and drove off.", FlagName.FRAUD),
        ("In the envelope I found somebody else's bill.", FlagName.DATA_BREACH),
        ("The boiler went on Boxing Day.", FlagName.ESSENTIAL_SUPPLY),
        ("We can't buy food because you froze the account.", FlagName.ESSENTIAL_SUPPLY),
        ("A slate came off and struck her on the shoulder.", FlagName.SAFETY),
        ("I saw the carer drag the old man across the hall.", FlagName.SAFEGUARDING),
        ("They would all be better off without me.", FlagName.SELF_HARM),
        ("Your engineer mocked my mother.", FlagName.STAFF_MISCONDUCT),
        ("The guard laughed at him because of his stammer.", FlagName.DISCRIMINATION),
        ("The weekly is short of a story, so it will be yours.", FlagName.MEDIA),
        ("I shall be raising this in full council.", FlagName.REGULATOR),
        ("Nobody on our lane has had any water since dawn.", FlagName.MANY_AFFECTED),
    ],
)
def test_what_is_told_plainly_raises_its_flag(text: str, flag: FlagName) -> None:
    assert str(flag) in found(text)


@pytest.mark.parametrize(
    "text",
    [
        "Could you tell me when the new timetable begins?",
        "My mum is sixty and loves your shop.",
        "I have two children under five; do they need tickets?",
        "We paid £40 for the tour and it was wonderful.",
        "I would like to move my savings to a better account.",
        "Do I get my £50 deposit back at the end of the stay?",
        "Can somebody else collect the parcel from the counter?",
        "Because I am deaf I would like to be reached by text, please.",
        "I cannot see a reason to carry on with this subscription.",
        "We never had to walk in the road, thanks to your marshals.",
        "If the heating went on Friday night, whom would I ring?",
        "The kit comes with a spare key and a bag.",
    ],
)
def test_a_question_or_plain_talk_raises_nothing(text: str) -> None:
    assert found(text) == set()


def test_a_large_loss_told_plainly_is_high_and_a_small_one_is_not() -> None:
    def severity(text: str) -> Severity | None:
        return max(flag.severity or Severity.LOW for flag in flags_of(FINDER(NLP(readable(text)))))

    assert severity("It was £4,800 and it has gone.") is Severity.HIGH
    assert severity("It was £48 and it has gone.") is Severity.MEDIUM


def test_a_quote_is_cut_from_the_text_itself() -> None:
    text = "Hello.\nAt EIGHTY-ONE I can\u2019t wait in the rain; my wife Ann DIED on the 4th."
    flags = flags_of(FINDER(NLP(readable(text))))

    assert flags
    assert all(flag.quote == readable(text)[flag.start : flag.end] for flag in flags)
    assert any("died" in folded(flag.quote) for flag in flags)


@pytest.mark.parametrize("text", ["she is only three " * 3000, "£5 taken back " * 4000, "i told you again " * 3500])
def test_a_hostile_text_of_plain_speech_costs_no_more_than_its_length(text: str) -> None:
    doc = NLP(readable(text))
    started = time.process_time()

    FINDER(doc)

    assert time.process_time() - started < 4
