"""Accounts, sessions and links on each kind of database."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from amends.domain.account import Account, Role, Session
from storage.digest import derived_tables
from storage.unit_of_work import Database
from tests.support.clock import MONDAY


def an_account(name: str = "hana", **more: object) -> Account:
    account = Account(
        name=name, shown_as="Hana", roles=frozenset({Role.HANDLER, Role.ADMIN}), created_at=MONDAY, created_by="tests"
    )
    return replace(account, **more)  # type: ignore[arg-type]


def a_session(token: str, account: str = "hana", *, hours: float = 0) -> Session:
    at = MONDAY + timedelta(hours=hours)
    return Session(token_sha256=token, account=account, how="password", began_at=at, seen_at=at)


def test_an_account_comes_back_as_it_was_saved(database_of_each_kind: Database) -> None:
    whole = an_account(
        password_hash="$argon2id$x",  # noqa: S106
        has_short_password=True,
        password_set_at=MONDAY,
        totp_secret="sealed",  # noqa: S106
        totp_step=59_000_000,
        issuer="https://id.example.org",
        subject="4711",
        is_disabled=True,
    )
    with database_of_each_kind.unit() as unit:
        unit.accounts.save(an_account())
        unit.accounts.save(whole)
        unit.accounts.save(an_account("ada"))
        unit.commit()

    with database_of_each_kind.reading() as unit:
        assert unit.accounts.find("hana") == whole
        assert unit.accounts.vouched("https://id.example.org", "4711") == whole
        assert unit.accounts.vouched("", "") is None
        assert [account.name for account in unit.accounts.every()] == ["ada", "hana"]
        assert unit.accounts.find("nobody") is None


def test_sessions_end_one_by_one_all_together_and_by_themselves(database_of_each_kind: Database) -> None:
    with database_of_each_kind.unit() as unit:
        unit.accounts.save(an_account())
        unit.accounts.save(an_account("ada"))
        for token, account, hours in [("a", "hana", 0), ("b", "hana", 1), ("c", "hana", 2), ("d", "ada", 3)]:
            unit.accounts.begin_session(a_session(token, account, hours=hours))
        unit.commit()
    with database_of_each_kind.aside() as unit:
        unit.accounts.touch("a", MONDAY + timedelta(hours=5))
        unit.commit()

    with database_of_each_kind.unit() as unit:
        seen = unit.accounts.session("a")
        assert seen is not None
        assert (seen[0].seen_at, seen[1].name) == (MONDAY + timedelta(hours=5), "hana")
        assert unit.accounts.end_sessions("hana", but="b") == 2
        unit.accounts.forget_sessions(began_before=MONDAY, seen_before=MONDAY + timedelta(hours=2))
        assert [unit.accounts.session(token) is None for token in "abcd"] == [True, True, True, False]
        unit.accounts.end_session("d")
        assert unit.accounts.session("d") is None


def test_a_link_is_good_until_it_runs_out_or_another_is_made(database_of_each_kind: Database) -> None:
    with database_of_each_kind.unit() as unit:
        unit.accounts.save(an_account())
        unit.accounts.add_link("first", "hana", MONDAY + timedelta(hours=1))
        assert unit.accounts.link("first", MONDAY) == an_account()
        assert unit.accounts.link("first", MONDAY + timedelta(hours=1)) is None
        unit.accounts.add_link("second", "hana", MONDAY + timedelta(hours=1))
        assert unit.accounts.link("first", MONDAY) is None
        unit.accounts.drop_links("hana")
        assert unit.accounts.link("second", MONDAY) is None


def test_secrets_and_sessions_are_no_part_of_what_a_rebuild_makes_anew() -> None:
    assert not {"accounts", "account_links", "desk_sessions"} & set(derived_tables())
