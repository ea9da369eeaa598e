"""`amends form`: the web form in a page of yours."""

from __future__ import annotations

from html import escape
from typing import Annotated

import typer

from amends.cli.opening import DataDir, open_settings
from amends.cli.output import write_line
from amends.errors import Refused

app = typer.Typer(help="The web form in a page of yours.", no_args_is_help=True)


@app.callback()
def form() -> None:
    """The web form in a page of yours."""


@app.command()
def embed(
    title: Annotated[str, typer.Option(help="What a screen reader calls the frame.")] = "Make a complaint",
    data_dir: DataDir = None,
) -> None:
    """Write what goes into a page of yours: the form in a frame, and a link for whoever sees no frame."""
    settings = open_settings(data_dir)
    if not settings.form_framed_by:
        raise Refused(
            "no page may show the form in a frame: name the page with AMENDS_FORM_FRAMED_BY, "
            "like https://www.example.org, and start the form again"
        )
    address, name = escape(f"{settings.form_base_url.rstrip('/')}/"), escape(title)
    write_line(
        f'<iframe src="{address}" title="{name}" loading="lazy" referrerpolicy="no-referrer" '
        'style="width: 100%; height: 75rem; border: 0"></iframe>'
    )
    write_line(f'<p><a href="{address}">{name} on a page of its own</a></p>')
