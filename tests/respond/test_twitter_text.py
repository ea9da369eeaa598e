"""Posts are counted as X's own library counts them (npm's twitter-text), by examples and by chance."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from respond.checks.post_length import x_length
from tests.servers.npm import installed, run_node

_SCRIPT = """
const {parseTweet} = require('twitter-text');
const texts = JSON.parse(require('fs').readFileSync(0, 'utf8'));
console.log(JSON.stringify(texts.map((text) => parseTweet(text).weightedLength)));
"""
#: What posts are made of. Words that stand alone, so that what is drawn beside them makes no link.
_PIECES = (
    *(
        "We are sorry",
        "thank you!",
        "straße",
        "naïve",
        "ﬁre",
        "日本語で",
        "こんにちは",
        "한국어",
        "Привет",
        "مرحبا",
        "שלום",
    ),
    *("https://example.com", "http://example.org/a?b=c#d", "https://example.co.uk/very/long/path/to/a/page.html."),
    *(
        "example.com",
        "www.example.org/help,",
        "(example.net)",
        "mail.example.io/x",
        "no.dots.hereatall",
        "end.Then",
        "3.14",
    ),
    *(
        "@NorthmoorHelp",
        "#outage",
        "care@example.com",
        "£94.50",
        "“quoted”",
        "\u2013",
        "—",
        "…",
        "•",
        "\u200b",
        "e\u0301",
    ),
    *("🙏", "❤️", "👍🏽", "👨‍👩‍👧‍👦", "🇬🇧", "🏴󠁧󠁢󠁷󠁬󠁳󠁿", "1️⃣", "☎️", "☺", "©", "™", "\U0001d49c", "🤷🏾‍♀️"),
)

pytestmark = pytest.mark.npm


@pytest.fixture(scope="module")
def library() -> Path:
    return installed("twitter-text@3.1.0")


def counted(texts: list[str], library: Path) -> list[int]:
    found: list[int] = run_node(_SCRIPT, texts, folder=library)
    return found


def test_each_piece_counts_as_the_library_counts_it(library: Path) -> None:
    texts = list(_PIECES)

    assert dict(zip(texts, map(x_length, texts), strict=True)) == dict(zip(texts, counted(texts, library), strict=True))


def test_posts_drawn_by_chance_count_as_the_library_counts_them(library: Path) -> None:
    chance = random.Random(20261128)  # noqa: S311
    texts = [
        chance.choice((" ", "\n", "  ")).join(chance.choices(_PIECES, k=chance.randrange(1, 25))) for _ in range(1_500)
    ]

    other = [(text, ours, theirs) for text, theirs in zip(texts, counted(texts, library), strict=True) if (ours := x_length(text)) != theirs]  # fmt: skip # noqa: E501

    assert other == []


def test_a_joined_emoji_that_is_younger_than_the_library_is_the_known_difference(library: Path) -> None:
    firefighter = "\U0001f9d1\u200d\U0001f692"

    assert (x_length(firefighter), counted([firefighter], library)) == (2, [5])
