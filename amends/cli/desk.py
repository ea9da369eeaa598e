"""`amends desk`: the first way into the desk."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from amends.cli import tokens
from amends.cli.opening import ActingAs, DataDir, acting, open_house
from amends.cli.output import say
from amends.errors import Refused

app = typer.Typer(help="Accounts of the desk.", no_args_is_help=True)
app.add_typer(tokens.app, name="token")


@app.callback()
def desk() -> None:
    """Accounts of the desk."""


@app.command("create-admin")
def create_admin(
    name: Annotated[str, typer.Argument(help="The name to sign in with.")],
    link: Annotated[
        bool, typer.Option("--link", help="Print a link that sets the password once, instead of asking for it.")
    ] = False,
    data_dir: DataDir = None,
    as_: ActingAs = "",
) -> None:
    """Make an account that may make all others. Asks for its password, or reads it from standard input."""
    from amends.casework import accounts
    from amends.desk.links import GOOD_FOR, new_link
    from amends.desk.passwords import Passwords, fault_of
    from amends.domain.account import Role, account_name

    house = open_house(data_dir, may_be_new=True)
    by, now = acting(house, as_), house.now()
    if link:
        with house.database.unit() as unit:
            made = accounts.create(unit, name, roles={Role.ADMIN}, by=by, at=now)
            address = new_link(unit, made.name, desk_url=house.settings.desk_base_url, by=by, at=now)
            unit.commit()
        say(f"made the account {made.name}; whoever opens this within {GOOD_FOR.days * 24} hours sets its password:")
        say(address)
        return
    password = _ask()
    if fault := fault_of(password, name=account_name(name), has_second_factor=False):
        raise Refused(fault)
    hashed = Passwords().hash(password)
    with house.database.unit() as unit:
        made = accounts.create(unit, name, roles={Role.ADMIN}, by=by, at=now)
        accounts.set_password(unit, made.name, hashed, is_short=False, by=by, at=now)
        unit.commit()
    say(f"made the account {made.name}. Sign in at {house.settings.desk_base_url}/sign-in")


def _ask() -> str:
    """Ask for a password twice at a terminal; elsewhere read it from standard input."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt="Once more"))
