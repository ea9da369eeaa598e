"""Every page of the desk as somebody sees it: `test_every_page.py` looks at each. A new page is added here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from amends.casework import accounts
from amends.casework.cases import close, take
from amends.casework.notes import note
from amends.desk.links import new_link
from amends.domain.channel import Channel
from tests.desk.file_of_a_case import AtTheDesk
from tests.desk.house import PASSWORD, DeskHouse
from tests.support.builders import a_message, an_outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A page, for somebody with these roles (none: nobody is signed in). `address` makes what the page needs."""

    name: str
    roles: tuple[str, ...] = ()
    address: str | Callable[[DeskHouse], str]


def _accounts(house: DeskHouse) -> str:
    house.account("handler", name="hana.okafor", password=PASSWORD)
    house.account("reviewer", "manager", name="somebody.with.a.very.long.name.that.does.not.fit.anywhere")
    return "/accounts"


def _account(house: DeskHouse) -> str:
    house.account("handler", name="hana.okafor", password=PASSWORD)
    return "/accounts/hana.okafor"


def _link(house: DeskHouse) -> str:
    house.account("handler", name="hana.okafor")
    with house.database.unit() as unit:
        link = new_link(unit, "hana.okafor", desk_url="", by="tests", at=house.clock())
        unit.commit()
    return link


def _own_account(house: DeskHouse) -> str:
    house.account("handler", password=PASSWORD)
    return "/account"


def _with_second_factor(house: DeskHouse) -> str:
    house.account("handler", password=PASSWORD)
    with house.database.unit() as unit:
        accounts.set_second_factor(unit, "handler", "sealed", step=1, by="handler", at=house.clock())
        unit.commit()
    return "/account"


def _case(house: DeskHouse) -> str:
    desk = AtTheDesk(house=house)
    case = desk.case()
    desk.draft(case)
    desk.other(case)
    desk.task(case)
    desk.writes(case, "It still has not come, and this_is_one_very_long_word_" + "x" * 200)
    with house.database.unit() as unit:
        note(unit, case.id, "She rang, and sounded tired.", by="hana", at=house.clock())
        take(unit, case.id, by="hana", at=house.clock())
        unit.commit()
    return f"/desk/case/{case.id}"


def _case_on_x(house: DeskHouse) -> str:
    post = a_message("@northmoor my kettle broke after two days.", channel=Channel.X, author="77001", name="Odd Kettle")
    return f"/desk/case/{AtTheDesk(house=house).case(post).id}"


def _closed_case(house: DeskHouse) -> str:
    case = AtTheDesk(house=house).case()
    with house.database.unit() as unit:
        close(unit, an_outcome(case.id))
        unit.commit()
    return f"/desk/case/{case.id}"


def _original(house: DeskHouse) -> str:
    desk = AtTheDesk(house=house)
    case = desk.case(html="<h1>My kettle</h1><p>See <a href='https://example.org/a'>this</a>.</p>")
    with house.database.reading() as unit:
        message = unit.messages.last_filed(case.id).message
    return f"/desk/case/{case.id}/message/{message.id}?html=yes"


SHOWN: tuple[Shown, ...] = (
    # Signing in, accounts, looks
    Shown(name="sign-in", address="/sign-in"),
    Shown(name="password link", address=_link),
    Shown(name="home", roles=("admin",), address="/"),
    Shown(name="home of who may nothing yet", roles=("handler",), address="/"),
    Shown(name="own account", roles=("handler",), address=_own_account),
    Shown(name="own account with a second factor", roles=("handler",), address=_with_second_factor),
    Shown(name="second factor", roles=("handler",), address="/account/second-factor"),
    Shown(name="accounts", roles=("admin",), address=_accounts),
    Shown(name="an account", roles=("admin",), address=_account),
    Shown(name="components", roles=("handler",), address="/desk/style"),
    Shown(name="nothing there", roles=("handler",), address="/nothing"),
    Shown(name="not allowed", roles=("handler",), address="/accounts"),
    # The queue
    # The case
    Shown(name="a case", roles=("handler",), address=_case),
    Shown(name="a case without a draft, on X", roles=("handler",), address=_case_on_x),
    Shown(name="a case as an auditor sees it", roles=("auditor",), address=_case),
    Shown(name="a closed case", roles=("handler",), address=_closed_case),
    Shown(name="a message as it came", roles=("handler",), address=_original),
    Shown(name="log a contact", roles=("handler",), address="/desk/contact"),
    # Review
    # Operators
    # Overview
)
