from __future__ import annotations

import re
from pathlib import Path

import pytest

import ingest.web_form

STYLE = (Path(ingest.web_form.__file__).parent / "static" / "form.css").read_text()
LIGHT, DARK = (
    dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", block))
    for block in re.findall(r":root \{(.*?)\}", STYLE, re.S)[:2]
)
TEXT_ON = [
    ("ink", "paper"),
    ("ink", "card"),
    ("ink", "wrong-paper"),
    ("soft", "paper"),
    ("soft", "card"),
    ("accent", "paper"),
    ("accent-strong", "paper"),
    ("on-accent", "accent"),
    ("on-accent", "accent-strong"),
    ("wrong", "paper"),
    ("wrong", "wrong-paper"),
]
EDGE_ON = [("line", "paper"), ("line", "card"), ("wrong", "card"), ("focus", "paper"), ("focus", "card")]


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("front", "back"), TEXT_ON)
def test_text_stands_out_from_what_is_behind_it(colours: dict[str, str], front: str, back: str) -> None:
    assert contrast(colours[front], colours[back]) >= 4.5


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("front", "back"), EDGE_ON)
def test_edges_of_boxes_and_the_focus_can_be_seen(colours: dict[str, str], front: str, back: str) -> None:
    assert contrast(colours[front], colours[back]) >= 3


def test_both_schemes_name_every_colour() -> None:
    assert LIGHT.keys() == DARK.keys()
    assert set(re.findall(r"var\(--([a-z-]+)\)", STYLE)) <= LIGHT.keys()
