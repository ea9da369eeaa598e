"""Who can have a case: whoever signs in here and may work on cases."""

from __future__ import annotations

from amends.desk.access import Permission, may
from amends.domain.account import account_name
from amends.errors import Refused
from amends.unit_of_work import UnitOfWork

#: So many names are a help; more of them bury the rest.
_NAMED_AT_MOST = 20


def who_works_cases(unit: UnitOfWork) -> list[str]:
    """Name the accounts that are not disabled and may work on cases."""
    return [one.name for one in unit.accounts.every() if not one.is_disabled and may(one.roles, Permission.WORK_CASES)]


def new_owner(unit: UnitOfWork, said: str) -> str:
    """Give the name of the account that a case is handed over to.

    Raises:
        Refused: nobody who may work on cases is called so; it names those who may.
    """
    name, able = account_name(said), who_works_cases(unit)
    if name not in able:
        raise Refused(f"nobody who may work on cases is called {said.strip()[:80]!r}: {_who(able)}")
    return name


def _who(able: list[str]) -> str:
    if not able:
        return "nobody may yet, so give somebody the role of a handler first"
    more = len(able) - _NAMED_AT_MOST
    return f"choose one of {', '.join(able[:_NAMED_AT_MOST])}" + (f" or {more} more" if more > 0 else "")
