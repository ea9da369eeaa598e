"""`amends desk token`: which programs are let in to the JSON API."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Annotated

import typer

from amends.casework import programs
from amends.cli.opening import ActingAs, DataDir, acting, open_house
from amends.cli.output import AsJson, console, moment, safe, say, table, write_json
from amends.domain.account import Role
from amends.domain.api_token import TOKEN_PREFIX, ApiToken, is_token_name, token_sha256
from amends.errors import Refused

app = typer.Typer(help="Programs that are let in to the JSON API.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="What the program is called.", metavar="NAME")]


@app.command()
def create(
    name: Name,
    role: Annotated[Role, typer.Option(help="What it may do: as much as people with this role.")],
    days: Annotated[int, typer.Option(min=1, max=3650, help="In how many days it ends.")] = 90,
    by: ActingAs = "",
    data_dir: DataDir = None,
) -> None:
    """Let a program in. The token is shown once: only its hash is kept."""
    house = open_house(data_dir, may_be_new=True)
    if not is_token_name(name):
        raise Refused(f"{name!r} cannot be its name: use small letters, digits, dots and hyphens, 40 at most")
    shown = TOKEN_PREFIX + secrets.token_urlsafe(32)
    token = ApiToken(
        id=secrets.token_hex(8),
        name=name,
        role=role.value,
        sha256=token_sha256(shown),
        made_by=acting(house, by),
        made_at=house.now(),
        ends_at=house.now() + timedelta(days=days),
    )
    with house.database.unit() as unit:
        programs.make_token(unit, token)
        unit.commit()
    say(f"{name} may do what a {role.value} may, as {token.acts_as}, until {moment(token.ends_at)}.")
    say("Its token, which is shown this once:")
    console.print(safe(shown))


@app.command("list")
def list_tokens(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """List who is let in, and who was."""
    house = open_house(data_dir)
    with house.database.reading() as unit:
        found = unit.tokens.listed()
    if as_json:
        write_json(
            [
                {
                    "name": one.name,
                    "role": one.role,
                    "holds": one.holds(house.now()),
                    "made_by": one.made_by,
                    "made_at": one.made_at,
                    "ends_at": one.ends_at,
                    "revoked_at": one.revoked_at,
                    "revoked_by": one.revoked_by,
                }
                for one in found
            ]
        )
        return
    if not found:
        say("No program is let in; `amends desk token create` makes a token.")
        return
    shown = table(f"{len(found)} tokens", "name", "role", "until", "made by")
    for one in found:
        ends = f"revoked {moment(one.revoked_at)} by {one.revoked_by}" if one.revoked_at else moment(one.ends_at)
        shown.add_row(one.name, one.role, safe(ends), safe(f"{one.made_by}, {moment(one.made_at)}"))
    console.print(shown)


@app.command()
def revoke(name: Name, by: ActingAs = "", data_dir: DataDir = None) -> None:
    """Let a program in no longer, from this moment."""
    house = open_house(data_dir)
    with house.database.unit() as unit:
        programs.revoke_token(unit, name, by=acting(house, by), at=house.now())
        unit.commit()
    say(f"{name} is let in no longer")
