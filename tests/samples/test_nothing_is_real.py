"""Addresses, numbers and places belong to nobody."""

import re
from pathlib import Path

import pytest

from amends.samples import samples_dir
from tests.samples.reading import texts

FILES = sorted(path for path in samples_dir().rglob("*") if path.suffix in {".eml", ".json", ".jsonl"})
_HOST = re.compile(r"(?<=[\w.+-]@)[\w.-]+\.[a-zA-Z]{2,}|(?<=s://)[^/\s\"'<>?:\\]+")
_IP = re.compile(r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])")
_PHONE = re.compile(r"(?<![\d-])(?:0|\+44)\d(?: ?\d){8,9}(?!\d)")
_POSTCODE = re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}\b")
#: Ofcom, "Telephone numbers for use in TV and radio drama programmes".
_DRAMA = re.compile(r"01632960\d{3}|07700900\d{3}|0808157\d{4}|02079460\d{3}")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_host_is_reserved_for_documentation(path: Path) -> None:
    content = path.read_bytes().decode("latin-1")
    assert [host for host in _HOST.findall(content) if not host.lower().endswith((".example", ".test"))] == []
    assert [address for address in _IP.findall(content) if not address.startswith("192.0.2.")] == []


@pytest.mark.parametrize(("ref", "text"), texts().items(), ids=texts().keys())
def test_no_telephone_rings_and_no_postcode_exists(ref: str, text: str) -> None:
    numbers = [re.sub(r"\D", "", number) for number in _PHONE.findall(text)]
    assert [number for number in numbers if not _DRAMA.fullmatch(number)] == [], ref
    # No postcode area begins with Q, V or X.
    assert [code for code in _POSTCODE.findall(text) if code[0] not in "QVX"] == [], ref


def test_there_are_numbers_and_postcodes_to_find() -> None:
    whole = "\n".join(texts().values())
    assert len(_PHONE.findall(whole)) >= 6
    assert len(_POSTCODE.findall(whole)) >= 5
