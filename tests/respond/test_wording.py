"""The wordings that ship: each can be filled, each public one fits, none says what it must not."""

from __future__ import annotations

import string
from importlib.resources import files
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amends.domain.channel import Channel
from amends.domain.reply import Form, Purpose, Slot
from amends.domain.verdict import FlagName, Kind
from respond.checks.admission import admits
from respond.checks.personal_data import Customer, find_personal_data
from respond.checks.post_length import X_LIMIT, x_length
from respond.checks.run import run_checks
from respond.checks.tone import check_tone
from respond.draft import draft_public
from respond.wording import PLACES, Template, listening, pick, templates
from tests.respond.builders import a_context

FILES = sorted(
    path.name.removesuffix(".toml")
    for path in files("respond").joinpath("templates").iterdir()
    if path.name.endswith(".toml") and path.name != "listening.toml"
)
ALL = [template for file in FILES for template in templates(file).values()]
PUBLIC = [template for template in ALL if template.name.startswith("public_")]
PARTS = {slot.value for slot in Slot} | {
    "listen_about",
    "explain_open",
    "explain_urgent",
    "explain_reference",
    "explain_status",
}


def names(template: Template) -> str:
    return template.name


@pytest.mark.parametrize("template", ALL, ids=names)
def test_a_wording_leaves_open_only_what_a_draft_can_fill(template: Template) -> None:
    assert set(template.wordings) <= PARTS
    for wordings in template.wordings.values():
        for wording in wordings:
            assert {place for _, place, _, _ in string.Formatter().parse(wording) if place is not None} <= PLACES
            assert wording.strip() == wording
            assert not admits(wording)
            assert not list(check_tone(wording))


@pytest.mark.parametrize("template", PUBLIC, ids=names)
def test_a_public_wording_has_no_place_for_anything_of_the_customers(template: Template) -> None:
    for wording in (wording for wordings in template.wordings.values() for wording in wordings):
        assert "{" not in wording
        assert find_personal_data(wording) == []


@pytest.mark.parametrize("template", PUBLIC, ids=names)
def test_every_choice_of_public_wordings_fits_one_post(template: Template) -> None:
    choices = [template.wordings[slot.value] for slot in Slot if slot.value in template.wordings]
    for chosen in product(*choices):
        assert x_length(" ".join(chosen)) <= X_LIMIT


@pytest.mark.parametrize("template", [one for one in PUBLIC if not one.has_gaps], ids=names)
def test_every_choice_of_public_wordings_passes_the_checks(template: Template) -> None:
    kind = {"unsettled": Kind.COMPLAINT, "sensitive": Kind.COMPLAINT, "neutral": Kind.OTHER}.get(template.situation)
    choices = [template.wordings[slot.value] for slot in Slot if slot.value in template.wordings]
    for chosen in product(*choices):
        checks = run_checks(
            " ".join(chosen),
            form=Form(template.name.split(".")[0]),
            purpose=Purpose.ACKNOWLEDGEMENT,
            kind=kind or Kind(template.situation),
            channel=Channel.X,
        )
        assert checks == ()


_OWN_WORDS = sorted(
    {
        word
        for template in PUBLIC
        for wordings in template.wordings.values()
        for wording in wordings
        for word in wording.split()
        if "[" not in wording
    }
)


@given(
    name=st.lists(st.sampled_from(_OWN_WORDS), min_size=1, max_size=3).map(" ".join)
    | st.sampled_from(["private message", "We Are Sorry", "THANK YOU", "One Of Our Team"]),
    number=st.integers(0, 200),
)
def test_nobody_stops_our_public_replies_by_calling_themselves_by_our_words(name: str, number: int) -> None:
    draft = draft_public(a_context(form=Form.PUBLIC_HOLDING, channel=Channel.X, message_id=str(number)))

    assert find_personal_data(draft.text, Customer(names=(name,))) == []


def test_every_template_has_a_name_of_its_own_with_a_version() -> None:
    assert len({template.name for template in ALL}) == len(ALL)
    assert all(template.name.rpartition(".v")[2].isdecimal() for template in ALL)


def test_what_is_said_back_is_said_as_the_customers_word() -> None:
    for flag, sentence in listening().items():
        assert FlagName(flag)
        assert sentence.startswith("You ")
        assert not admits(sentence)


def test_a_choice_depends_on_the_message_alone() -> None:
    assert pick(("a", "b", "c"), "m1") == pick(("a", "b", "c"), "m1")
    assert {pick(("a", "b", "c"), str(number)) for number in range(50)} == {"a", "b", "c"}
    assert pick((), "m1") == ""
