"""Every page of the desk as somebody sees it: `test_every_page.py` looks at each. A new page is added here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from amends.casework import accounts
from amends.desk.links import new_link
from tests.desk.busy import make_busy
from tests.desk.house import PASSWORD, DeskHouse


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


def _busy_overview(house: DeskHouse) -> str:
    make_busy(house)
    return "/desk/overview?channel=email"


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
    # Review
    # Operators
    # Overview
    Shown(name="overview", roles=("manager",), address="/desk/overview"),
    Shown(name="overview of a busy office", roles=("manager",), address=_busy_overview),
)
