"""Opens the installation that a command works on."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from amends.compose import House
from amends.errors import NotFound, Refused
from amends.settings import Settings, load_settings


def named_path(said: str) -> Path:
    """Read a path. An empty one is a variable that its caller forgot to set, not the current folder."""
    if not said:
        raise typer.BadParameter("the path is empty; for the current folder write a dot")
    return Path(said)


#: What a command has opened: `main` closes it when the command ends.
OPENED = ExitStack()

#: `--data-dir`, for every command that works on an installation.
DataDir = Annotated[
    Path | None,
    typer.Option(
        "--data-dir",
        help="The data folder; otherwise AMENDS_DATA_DIR, or ./amends-data.",
        show_default=False,
        parser=named_path,
        metavar="PATH",
    ),
]
#: `--as`, for every command that a person answers for.
ActingAs = Annotated[
    str, typer.Option("--as", help="Who you are; otherwise AMENDS_USER, or your name here.", show_default=False)
]


def open_settings(data_dir: Path | None) -> Settings:
    """Read the settings, the data folder from the command line if it is given."""
    return load_settings(**({"data_dir": data_dir} if data_dir is not None else {}))


def open_house(data_dir: Path | None, *, may_be_new: bool = False) -> House:
    """Open the installation, until the command ends.

    Raises:
        NotFound: there is none, and the command may not begin one: a mistyped folder would otherwise look like one
            where all is well.
    """
    house = House(settings=open_settings(data_dir))
    database = house.settings.database
    if not may_be_new and isinstance(database, Path) and not database.exists():
        raise NotFound(
            f"there is no installation in {database.parent}; name its folder with --data-dir, or run `amends setup`"
        )
    OPENED.callback(house.close)
    return house


def acting(house: House, said: str) -> str:
    """Say who gives the command.

    Raises:
        Refused: that is no name that could be kept and read again.
    """
    name = said.strip() or house.settings.acting_user
    if not name.isprintable():
        raise Refused("say who you are in one line of letters that can be printed")
    return name
