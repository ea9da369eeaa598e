"""The form advisor, row by row (K12): channel, content and severity in, forms and reasons out."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amends.domain.channel import Channel
from amends.domain.reply import Form
from amends.domain.verdict import FlagName, Kind, Severity
from respond.forms import FORMS, Advice, FormOption, Situation, advise

POST = Situation(channel=Channel.X, kind=Kind.COMPLAINT, severity=Severity.LOW, has_email_address=False)
MAIL = Situation(channel=Channel.EMAIL, kind=Kind.COMPLAINT, severity=Severity.LOW)
FORM = Situation(channel=Channel.WEB_FORM, kind=Kind.COMPLAINT, severity=Severity.LOW)

situations = st.builds(
    Situation,
    channel=st.sampled_from(Channel),
    kind=st.sampled_from(Kind),
    severity=st.none() | st.sampled_from(Severity),
    flags=st.frozensets(st.sampled_from(FlagName)),
    needs_person=st.booleans(),
    has_email_address=st.booleans(),
    own_words=st.sampled_from(["", "my account number is 12345678", "you lot are great"]),
    personal_data_found=st.booleans(),
    may_be_published=st.booleans(),
)


def allowed(situation: Situation) -> set[Form]:
    return {option.form for option in advise(situation).options if option.allowed}


@pytest.mark.parametrize(
    ("situation", "recommended"),
    [
        (POST, Form.PUBLIC_HOLDING),
        (replace(POST, severity=Severity.HIGH), Form.PUBLIC_HOLDING),
        (replace(POST, severity=Severity.CRITICAL), Form.PHONE_CALL),
        (replace(POST, severity=Severity.CRITICAL, flags=frozenset({FlagName.SELF_HARM})), Form.PHONE_CALL),
        (replace(POST, needs_person=True, kind=Kind.ENQUIRY, severity=None), Form.PUBLIC_HOLDING),
        (replace(POST, kind=Kind.PRAISE, severity=None), Form.PUBLIC_REPLY),
        (replace(POST, kind=Kind.ENQUIRY, severity=None), Form.PUBLIC_REPLY),
        (replace(POST, kind=Kind.ENQUIRY, severity=None, own_words="where is order 12345678?"), Form.PUBLIC_HOLDING),
        (replace(POST, kind=Kind.OTHER, severity=None), Form.PUBLIC_HOLDING),
        (MAIL, Form.EMAIL),
        (replace(MAIL, kind=Kind.PRAISE, severity=None), Form.EMAIL),
        (replace(MAIL, severity=Severity.CRITICAL), Form.PHONE_CALL),
        (replace(MAIL, has_email_address=False), Form.PHONE_CALL),
        (FORM, Form.EMAIL),
        (replace(FORM, has_email_address=False), Form.STATUS_PAGE),
        (replace(FORM, has_email_address=False, severity=Severity.CRITICAL), Form.STATUS_PAGE),
    ],
)
def test_each_situation_has_its_recommended_form(situation: Situation, recommended: Form) -> None:
    assert advise(situation).recommended.form is recommended


@pytest.mark.parametrize(
    ("situation", "form", "reason"),
    [
        (replace(POST, own_words="my account number is 12345678"), Form.PUBLIC_REPLY, "personal data"),
        (replace(POST, personal_data_found=True), Form.PUBLIC_REPLY, "personal data"),
        (replace(POST, severity=Severity.CRITICAL), Form.PUBLIC_REPLY, "critical"),
        (replace(POST, flags=frozenset({FlagName.SAFETY})), Form.PUBLIC_REPLY, "critical"),
        (replace(POST, severity=Severity.MEDIUM), Form.PUBLIC_REPLY, "private"),
        (replace(POST, flags=frozenset({FlagName.LEGAL_THREAT})), Form.PUBLIC_REPLY, "not for strangers"),
        (replace(POST, kind=Kind.ENQUIRY, severity=None, needs_person=True), Form.PUBLIC_REPLY, "nobody has settled"),
        (replace(POST, flags=frozenset({FlagName.SELF_HARM})), Form.PUBLIC_HOLDING, "danger"),
        (replace(POST, flags=frozenset({FlagName.SAFEGUARDING})), Form.PUBLIC_HOLDING, "danger"),
        (POST, Form.EMAIL, "no e-mail address"),
        (POST, Form.STATUS_PAGE, "form"),
        (MAIL, Form.PUBLIC_REPLY, "privately"),
        (MAIL, Form.PUBLIC_HOLDING, "privately"),
        (MAIL, Form.DIRECT_MESSAGE, "no private messages"),
        (MAIL, Form.STATUS_PAGE, "form"),
        (replace(FORM, has_email_address=False), Form.EMAIL, "no e-mail address"),
        (replace(FORM, has_email_address=False), Form.PHONE_CALL, "any way to reach"),
        (replace(FORM, has_email_address=False), Form.LETTER, "any way to reach"),
    ],
)
def test_what_is_blocked_says_by_what(situation: Situation, form: Form, reason: str) -> None:
    option = advise(situation).about(form)

    assert not option.allowed
    assert reason in option.blocked_by


def test_a_public_complaint_with_an_account_number_may_still_be_held_publicly() -> None:
    advice = advise(replace(POST, own_words="You took £40 from account 12345678 and nobody answers"))

    assert not advice.about(Form.PUBLIC_REPLY).allowed
    assert advice.about(Form.PUBLIC_HOLDING).allowed


def test_a_form_without_an_address_is_answered_on_its_status_page_alone() -> None:
    assert allowed(replace(FORM, has_email_address=False)) == {Form.STATUS_PAGE}


def test_praise_with_a_sensitive_word_is_still_thanked_in_public() -> None:
    praise = replace(POST, kind=Kind.PRAISE, severity=None, flags=frozenset({FlagName.VULNERABLE}))

    assert advise(praise).recommended.form is Form.PUBLIC_REPLY


def test_beside_a_telephone_call_something_is_written() -> None:
    assert advise(replace(MAIL, severity=Severity.CRITICAL)).first_written is Form.EMAIL
    assert advise(replace(POST, severity=Severity.CRITICAL)).first_written is Form.PUBLIC_HOLDING
    endangered = replace(POST, severity=Severity.CRITICAL, flags=frozenset({FlagName.SELF_HARM}))
    assert advise(endangered).first_written is Form.DIRECT_MESSAGE


@given(situations)
def test_every_form_is_listed_once_with_its_reasons_and_one_is_recommended(situation: Situation) -> None:
    advice = advise(situation)

    assert [option.form for option in advice.options] == list(Form)
    assert all(option.benefits and option.drawbacks for option in advice.options)
    assert advice.recommended.allowed
    assert advice.about(advice.first_written).allowed
    assert advice.first_written is not Form.PHONE_CALL


@given(situations)
def test_nothing_public_answers_what_is_critical_or_came_privately(situation: Situation) -> None:
    public = {form for form in allowed(situation) if form.is_public}

    assert not public or situation.channel.is_public
    assert Form.PUBLIC_REPLY not in public or not situation.is_critical


def test_an_option_cannot_be_both_blocked_and_recommended() -> None:
    with pytest.raises(ValueError, match="recommended"):
        FormOption(
            form=Form.EMAIL, allowed=False, benefits=(), drawbacks=(), blocked_by="no address", is_recommended=True
        )


def test_advice_without_a_recommendation_is_none() -> None:
    options = tuple(FormOption(form=form, allowed=True, benefits=(), drawbacks=()) for form in Form)

    with pytest.raises(ValueError, match="one form"):
        Advice(options=options, first_written=Form.EMAIL)


def test_the_table_knows_every_form() -> None:
    assert set(FORMS) == set(Form)


def test_a_post_that_does_not_mention_us_says_that_people_publish_the_answer() -> None:
    asked_by_a_stranger = replace(POST, may_be_published=False)

    said = {
        option.form
        for option in advise(asked_by_a_stranger).options
        if any("by hand" in one for one in option.drawbacks)
    }

    assert said == {Form.PUBLIC_REPLY, Form.PUBLIC_HOLDING}
    assert allowed(asked_by_a_stranger) == allowed(POST)
