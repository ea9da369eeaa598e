"""Which passwords are refused, and how they are kept."""

from __future__ import annotations

import pytest

from amends.desk.passwords import Passwords, fault_of
from tests.desk.house import CHEAP, PASSWORD


@pytest.mark.parametrize(
    ("password", "says"),
    [
        ("short", "15 or more"),
        ("fourteen signs", "second factor first"),
        ("x" * 257, "may have 256"),
        ("qwertyuiopasdfghjkl", "well known"),
        ("correct horse battery staple", "well known"),
        ("Administrator2026!", "well known"),
        ("PASSWORDpassword", "well known"),
        ("abcabcabcabcabcabc", "easily guessed"),
        ("hana.okafor-2026", "easily guessed"),
    ],
)
def test_a_password_that_is_easily_guessed_is_refused_with_what_to_do(password: str, says: str) -> None:
    assert says in fault_of(password, name="hana.okafor", has_second_factor=False)


@pytest.mark.parametrize("password", [PASSWORD, "läuft bei uns gut", "пятнадцать знаков", "ß ß ß ß ß ß ß zu lang"])
def test_a_long_password_of_any_signs_is_good(password: str) -> None:
    assert fault_of(password, name="hana", has_second_factor=False) == ""


def test_a_second_factor_makes_eight_signs_enough_and_a_well_known_one_no_better() -> None:
    assert fault_of("kq7 wvx2", name="hana", has_second_factor=True) == ""
    assert "well known" in fault_of("sunshine1", name="hana", has_second_factor=True)


def test_a_password_is_the_same_on_every_keyboard_and_none_is_kept_as_it_is() -> None:
    passwords = Passwords(hasher=CHEAP)

    kept = passwords.hash("cafe\u0301 am langen Kanal")

    assert kept.startswith("$argon2id$")
    assert passwords.is_right(kept, "caf\u00e9 am langen Kanal")
    assert not passwords.is_right(kept, "cafe am langen Kanal")
    assert not passwords.is_right("", "nobody has this password")
    assert not passwords.is_right("garbled", "x")
