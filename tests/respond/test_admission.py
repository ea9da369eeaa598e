"""An admission of liability against an apology, an explanation and an offer: pairs that differ in little."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amends.domain.check import CheckName, Level
from respond.checks.admission import admits, check_admission


@pytest.mark.parametrize(
    ("admission", "rule", "passes"),
    [
        ("We were negligent.", "negligence", "We are sorry this happened."),
        ("We have been grossly negligent here.", "negligence", "We have been slow here, and we are sorry."),
        ("It was due to our negligence.", "negligence", "It was due to the storm."),
        ("We're at fault.", "fault", "We're sorry."),
        ("It was our fault.", "fault", "It was late, and we are sorry that you waited."),
        ("The fault lies with us.", "fault", "The fault was in the valve."),
        ("We are to blame for the leak.", "fault", "We are sorry about the leak."),
        ("We accept liability for the damage.", "liability", "We do not accept liability for the damage."),
        ("We admit full responsibility.", "liability", "We take responsibility for putting this right."),
        ("We accept responsibility for the delay.", "liability", "We accept your complaint about the delay."),
        ("We are liable for the loss.", "liability", "We are sorry for the loss of your time."),
        ("We are responsible for your injuries.", "liability", "We are responsible for the reply that you get."),
        ("We breached our contract with you.", "breach", "We would like to keep to our contract with you."),
        ("We were in breach of the Act.", "breach", "We will check what the Act asks of us."),
        ("We broke the law.", "breach", "We broke the vase while moving it, and will replace it."),
        ("We failed in our duty.", "breach", "The message reached the wrong desk."),
        ("We caused your injury.", "cause", "We are sorry that you were hurt."),
        ("Our driver\u2019s error caused the accident.", "cause", "Our driver stopped and called for help."),
        ("We discriminated against you.", "wrongdoing", "We take what you say about discrimination seriously."),
        ("We knew that it was unsafe.", "wrongdoing", "We now know that it came apart."),
        ("We misled you.", "wrongdoing", "We are sorry that the letter was hard to follow."),
        # What the customer says, what is denied and what is open, is not admitted.
        ("You know it was our fault.", "fault", "You say that it was our fault."),
        ("We admit that the delay was our fault.", "fault", "You feel the delay was our fault."),
        ("We cannot deny that we were negligent.", "negligence", "We deny that we were negligent."),
        ("There is no doubt that it was our fault.", "fault", "We have not found that it was our fault."),
        (
            "You say that it was our fault and you are right.",
            "fault",
            "You say that it was our fault, as we understand.",
        ),
        ("If I may say so, it was our fault.", "fault", "We will find out whether it was our fault."),
        ("You waited, and it was our fault.", "fault", "Your complaint is that it was our fault."),
        ("Not only was it our fault.", "fault", "It was not our fault alone to decide."),
    ],
)
def test_an_admission_is_blocked_and_its_neighbour_passes(admission: str, rule: str, passes: str) -> None:
    [check] = check_admission(admission)
    assert (check.name, check.level, check.rule) == (CheckName.ADMISSION, Level.BLOCK, rule)
    assert check.quote == admission[check.start : check.end]

    assert not admits(passes), list(check_admission(passes))


@pytest.mark.parametrize(
    "text",
    [
        "We are sorry that this happened, and for the worry it caused.",
        "Please accept our sincere apologies.",
        "We would like to offer you £50 as a gesture of goodwill.",
        "We will refund the full price and collect the kettle.",
        "The parcel went to the wrong depot because its label was torn.",
        "This is not an admission of liability.",
        "Without admitting liability, we offer to pay for the repair.",
        "We let you down, and we are sorry.",
    ],
)
def test_apology_explanation_and_offer_pass(text: str) -> None:
    assert not admits(text)


def test_owning_up_to_a_mistake_is_warned_of_and_not_blocked() -> None:
    [check] = check_admission("We made a mistake with the date.")

    assert (check.level, check.rule) == (Level.WARN, "mistake")


def test_the_remark_tells_of_the_act_and_the_insurer() -> None:
    [check] = check_admission("We were negligent.")

    assert "Compensation Act 2006, s. 2" in check.says
    assert "insurer" in check.says
    assert check.remedy


@given(before=st.text(max_size=30), after=st.text(max_size=30))
def test_every_quote_is_its_span_in_any_text(before: str, after: str) -> None:
    text = f"{before}. We were negligent. {after}"

    checks = list(check_admission(text))

    assert checks
    assert all(check.quote == text[check.start : check.end] for check in checks)
