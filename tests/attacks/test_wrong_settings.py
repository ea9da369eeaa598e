"""Settings that cannot be right are refused before anything starts."""

from __future__ import annotations

from pathlib import Path

import pytest

from amends.compose import House
from amends.errors import Misconfigured
from amends.settings import load_settings


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATA_DIR", ""),
        ("ORGANISATION", "  "),
        ("CONTACT_LINE", "\t"),
        ("FORM_NAME", " "),
        ("WATCH_PAUSE_S", "inf"),
        ("WATCH_PAUSE_S", "nan"),
        ("ACKNOWLEDGE_WITHIN_DAYS", "999999999999"),
        ("APPROVAL_MINUTES", "999999999999"),
        ("MAIL_FROM", "care@example.org@example.net"),
        ("MAIL_FROM", "Care <care@example.org>"),
        ("MAIL_REPLIES", "replies@example.org\nBcc: all@example.org"),
        ("FORM_URL", "ftp://example.org"),
        ("FORM_URL", "example.org/complaints"),
        ("FORM_PROXIES", "proxy.example"),
        ("FORM_PROXIES", "172.16.0.1/12"),
        ("USER", "ines\nokafor"),
        ("SECRET", "a short one"),
        ("DATABASE_PASSWORD", "a password without an address"),
        ("SECRETS_DIR", "no-such-folder"),
        ("NO_SUCH_SETTING", "1"),
    ],
)
def test_a_value_that_cannot_be_right_is_refused_by_its_name(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"AMENDS_{name}", value)
    with pytest.raises(Misconfigured, match=f"AMENDS_{name}"):
        load_settings()


def test_the_environment_outranks_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine.toml").write_text("batch = 7\npartitions = 2\n", "utf-8")
    monkeypatch.setenv("AMENDS_CONFIG", str(tmp_path / "mine.toml"))
    monkeypatch.setenv("AMENDS_BATCH", "5")
    settings = load_settings()
    assert (settings.batch, settings.partitions) == (5, 2)


@pytest.mark.parametrize("content", [b"no toml", b"\xff\xfe", b"no_such = 1", b"[amends]\nbatch = 1", b"batch = 1.5"])
def test_a_settings_file_that_cannot_be_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    (tmp_path / "mine.toml").write_bytes(content)
    monkeypatch.setenv("AMENDS_CONFIG", str(tmp_path / "mine.toml"))
    with pytest.raises(Misconfigured):
        load_settings()


def test_a_folder_in_place_of_the_settings_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "amends.toml").mkdir()
    with pytest.raises(Misconfigured, match=r"amends\.toml is no file"):
        load_settings()


def test_a_folder_of_secrets_outranks_the_file_and_not_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine.toml").write_text('smtp_password = "file"\nkafka_password = "file"\nbatch = 7\n', "utf-8")
    (tmp_path / "amends_smtp_password").write_text("a word with a line's end\n", "utf-8")
    (tmp_path / "amends_kafka_password").write_text("secrets", "utf-8")
    (tmp_path / "another-programs").write_text("its own", "utf-8")
    monkeypatch.setenv("AMENDS_CONFIG", str(tmp_path / "mine.toml"))
    monkeypatch.setenv("AMENDS_SECRETS_DIR", str(tmp_path))
    monkeypatch.setenv("AMENDS_KAFKA_PASSWORD", "environment")

    settings = load_settings()

    assert settings.smtp_password.get_secret_value() == "a word with a line's end"
    assert settings.kafka_password.get_secret_value() == "environment"
    assert settings.batch == 7


def test_a_secret_that_is_no_setting_is_refused_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "amends_smtp_pasword").write_text("misspelt", "utf-8")
    monkeypatch.setenv("AMENDS_SECRETS_DIR", str(tmp_path))

    with pytest.raises(Misconfigured, match="amends_smtp_pasword is no setting"):
        load_settings()


def test_the_password_of_the_database_goes_into_its_address_and_is_not_shown() -> None:
    settings = load_settings(database_url="postgresql://amends@db.example:5433/amends", database_password="p@ss/wörd")  # noqa: S106

    assert settings.database == "postgresql://amends:p%40ss%2Fw%C3%B6rd@db.example:5433/amends"
    assert "p@ss" not in repr(settings)


@pytest.mark.parametrize(
    "address", ["", "sqlite:///here.db", "postgresql://db.example/amends", "postgresql://amends:one@db.example/amends"]
)
def test_a_password_without_the_user_it_is_for_is_refused(address: str) -> None:
    with pytest.raises(Misconfigured, match="AMENDS_DATABASE_PASSWORD is for the user"):
        load_settings(database_url=address, database_password="another")  # noqa: S106


def test_a_secret_that_is_set_takes_the_place_of_the_file(tmp_path: Path) -> None:
    house = House(settings=load_settings(data_dir=tmp_path / "data", secret="0123456789abcdef" * 4))

    assert house.secret == b"0123456789abcdef" * 4
    assert not (tmp_path / "data" / "secret").exists()
