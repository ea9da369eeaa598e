"""`amends desk create-admin`: the first way in."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from amends.cli.app import app
from amends.cli.opening import OPENED
from amends.compose import House
from amends.errors import Refused
from amends.settings import load_settings
from tests.desk.house import PASSWORD, Client, link_in


def run(folder: Path, *words: str, said: str = "") -> str:
    try:
        return CliRunner().invoke(app, [*words, "--data-dir", str(folder)], input=said, catch_exceptions=False).output
    finally:
        OPENED.close()


def test_the_first_admin_signs_in_with_the_password_that_was_asked_for(tmp_path: Path) -> None:
    said = run(tmp_path, "desk", "create-admin", "Ada", said=f"{PASSWORD}\n")
    house = House(settings=load_settings(data_dir=tmp_path))
    client = Client(house.desk())

    answer = client.sign_in("ada")

    assert "http://127.0.0.1:8081/sign-in" in said
    assert answer.status_code == 303
    assert client.get("/accounts").status_code == 200
    house.close()


def test_the_first_admin_chooses_a_password_by_the_link_that_was_printed(tmp_path: Path) -> None:
    said = run(tmp_path, "desk", "create-admin", "ada", "--link")
    house = House(settings=load_settings(data_dir=tmp_path))
    client = Client(house.desk())
    link = link_in(said)

    client.submit(link, {"new_password": PASSWORD, "new_password_again": PASSWORD}, page=link)

    assert client.sign_in("ada").status_code == 303
    house.close()


def test_a_password_that_is_easily_guessed_makes_no_account(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="well known"):
        run(tmp_path, "desk", "create-admin", "ada", said="correct horse battery staple\n")

    with pytest.raises(Refused, match="already"):
        run(tmp_path, "desk", "create-admin", "ada", said=f"{PASSWORD}\n") and run(
            tmp_path, "desk", "create-admin", "ada", said=f"{PASSWORD}\n"
        )
