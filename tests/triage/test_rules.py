"""The rules keep what they document, and the page that lists them is up to date."""

from __future__ import annotations

import re
import time

import pytest

from amends.domain.verdict import FlagName, Kind, Severity
from tests.support.places import REPOSITORY
from triage.components import FlagFinder, flags_of
from triage.components.tokens import blank_pipeline
from triage.rules import all_rules
from triage.rules.money import amounts_in
from triage.rules.phrase import compile_phrase
from triage.rules.rule import Rule
from triage.taxonomy import FLAGS, KINDS, SEVERITIES, page
from triage.text import READ_CHARS, folded, readable, whole_words

RULES = all_rules()
NLP = blank_pipeline()
NLP.add_pipe("amends_passages")
NLP.add_pipe("amends_flags")


def fired(text: str) -> set[str]:
    return {flag.rule for flag in flags_of(NLP(readable(text)))}


@pytest.mark.parametrize("rule", RULES, ids=[rule.name for rule in RULES])
def test_a_rule_fires_on_its_examples_and_stays_silent_on_the_others(rule: Rule) -> None:
    assert [text for text in rule.fires if rule.name not in fired(text)] == []
    assert [text for text in rule.silent if rule.name in fired(text)] == []


def test_every_flag_has_a_rule_and_a_definition() -> None:
    assert {rule.flag for rule in RULES} == set(FlagName)
    assert set(FLAGS) == set(FlagName)
    assert set(KINDS) == set(Kind)
    assert set(SEVERITIES) == set(Severity)


def test_every_wake_word_is_one_token() -> None:
    nlp = blank_pipeline()
    words = {word for rule in RULES for phrase in rule.phrases for word in compile_phrase(phrase).wakes}

    assert sorted(word for word in words if len(nlp.make_doc(word)) != 1) == []


def test_the_page_of_labels_is_up_to_date() -> None:
    assert (REPOSITORY / "docs" / "labels.md").read_text(encoding="utf-8") == page()


@pytest.mark.parametrize(
    "text",
    [
        "My mum was injured on your stairs and the ambulance service took her to hospital.",
        "Because of the ambulance delay my dad was seriously injured.",
        "I spoke to the driver, who was on his phone while driving.",
        "The pizza oven smell was burning plastic and smoke came out of the socket.",
        "Your guard pushed me onto the track.",
        "I found a nail in the baby's purée.",
        "He was crushed when the wall fell on him.",
        "The steward attacked my brother with a knife.",
        "There was a fire in the lounge.",
        "She slapped me with a ruler.",
        "I got an electric shock and you still sent me a bill.",
        "An ambulance came, he had a broken leg.",
        "I want to end it all with these pills.",
        "He has taken all the tablets we bought.",
    ],
)
def test_what_only_sounds_like_harm_hides_none_that_is_there(text: str) -> None:
    assert {rule.split(".")[0] for rule in fired(text)} & {"safety", "self_harm"}


@pytest.mark.parametrize(
    "pattern", ["no brackets here", "[two] of [them]", "[it's]", "a @nobodyknows [word]", "a #nothing [word]"]
)
def test_a_badly_written_pattern_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match=re.escape(pattern)):
        compile_phrase(pattern)


def test_a_rule_without_counter_examples_is_refused() -> None:
    with pytest.raises(ValueError, match="examples"):
        Rule(
            name="safety.new",
            flag=FlagName.SAFETY,
            says="",
            claim=RULES[0].claim,
            phrases=("[word]",),
            fires=("word",),
            silent=(),
        )


@pytest.mark.parametrize(
    ("text", "cut", "whole"),
    [
        ("I can smell g\u200ba\u200bs here", "smell g\u200ba", "smell g\u200ba\u200bs"),
        ("my daughter's arm", "daughter'", "daughter's"),
        ("ampicillin made me ill", "icillin", "ampicillin"),
        ("I won't stop", "I won", "I won't"),
        ("paid £600, then", "£600", "£600"),
        ("the 'dog' barked", "dog", "dog"),
    ],
)
def test_a_quote_cuts_no_word(text: str, cut: str, whole: str) -> None:
    start, end = whole_words(text, text.index(cut), text.index(cut) + len(cut))
    assert text[start:end] == whole


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("it was £1,200.50 in all", [1200.5]),
        ("about 1.5k pounds", [1500.0]),
        ("they owe me two grand", [2000.0]),
        ("thousands of pounds", [2000.0]),
        ("50p more, then $30", [0.5, 30.0]),
        ("gbp 2,000 and rs. 500", [2000.0, 5.0]),
        ("£12 000, €1.500 and £ 2400", [12000.0, 1500.0, 2400.0]),
        ("1500€ for two, then 20 300g bags", [1500.0]),
        ("eighteen hundred pounds or a couple of grand", [1800.0, 2000.0]),
        ("forty quid, two and a half grand", [40.0, 2500.0]),
        ("one thousand two hundred pounds", [1200.0]),
        ("£20 300 people paid for a pound of apples", [20.0]),
        ("room 1200 at 10:30", []),
    ],
)
def test_amounts_are_read_as_values(text: str, values: list[float]) -> None:
    assert [amount.value for amount in amounts_in(text)] == values


@pytest.mark.parametrize(
    "text",
    [
        "my daughter was " * 3000,
        "not " * 12000,
        "if you said " * 4000,
        "no reply " * 5000,
        "£1 lost " * 6000,
        "> burned\n" * 5000,
        "a" + "_" * 60_000 + "b",
    ],
)
def test_a_hostile_text_costs_no_more_than_its_length(text: str) -> None:
    started = time.process_time()

    NLP(readable(text))

    assert time.process_time() - started < 4


def test_reading_keeps_every_offset() -> None:
    nasty = "İstanbul\0 \ud800 \u2019quoted\u2019\u200b " + "x" * 500 + " https://example.org/a?b=c end"

    assert len(readable(nasty)) == len(nasty)
    assert len(folded(readable(nasty))) == len(nasty)
    assert len(readable("a" * (READ_CHARS + 5))) == READ_CHARS


@pytest.mark.parametrize(
    ("dressed", "plain"),
    [
        ("\uff46\uff49\uff52\uff45\uff01", "fire!"),
        ("\U0001d41f\U0001d422\U0001d42b\U0001d41e \U0001d7cf", "fire 1"),
        ("\U0001d4ef\u212f\U0001d57d\U0001d68e", "feRe"),
        ("\U0001f175\U0001f158\U0001f141\u24d4", "FIRe"),
        ("_fire_ and __init__", " fire  and   init  "),
        ("my_name, m\u00b2 and \u2122", "my_name, m\u00b2 and \u2122"),
        ("at https://a.example/_x_/y_z now", "at" + 27 * " " + "now"),
    ],
)
def test_letters_in_fancy_dress_are_read_plain(dressed: str, plain: str) -> None:
    assert readable(dressed) == plain


@pytest.mark.parametrize("word", ["_fire_", "\uff46\uff49\uff52\uff45", "\u24d5\u24d8\u24e1\u24d4"])
def test_a_fire_in_fancy_dress_is_a_fire(word: str) -> None:
    assert "safety.fire" in fired(f"The kettle caught {word} in our kitchen.")
    assert "safety.fire" not in fired(f"The kettle did not catch {word}, all is well.")


def test_a_finder_with_no_rules_finds_nothing() -> None:
    doc = blank_pipeline()("My daughter was burned.")

    assert flags_of(FlagFinder(doc.vocab.strings, [])(doc)) == ()
