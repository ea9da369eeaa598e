"""Settings that cannot be right are refused before anything starts."""

from __future__ import annotations

from pathlib import Path

import pytest

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
        ("USER", "ines\nokafor"),
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
