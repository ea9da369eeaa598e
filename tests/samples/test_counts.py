"""There is enough of everything to try the product on."""

from collections import Counter

import pytest

from amends.domain.verdict import FlagName, Kind, Severity
from tests.samples.reading import expected

EXPECTED = expected()
INGESTED = [entry for entry in EXPECTED if entry.fate == "ingested"]


@pytest.mark.parametrize(
    ("channel", "least"), [("mail", 100), ("x", 58), ("mastodon", 7), ("bluesky", 6), ("forms", 44)]
)
def test_each_channel_has_its_messages(channel: str, least: int) -> None:
    assert sum(entry.channel == channel for entry in EXPECTED) >= least


@pytest.mark.parametrize("channel", ["mail", "x", "forms"])
@pytest.mark.parametrize("severity", [severity.word for severity in Severity])
def test_each_channel_has_complaints_of_each_severity(channel: str, severity: str) -> None:
    assert sum(entry.channel == channel and entry.severity == severity for entry in INGESTED) >= 3


@pytest.mark.parametrize(
    ("kind", "least"),
    [
        (Kind.COMPLAINT, 110),
        (Kind.ENQUIRY, 35),
        (Kind.PRAISE, 9),
        (Kind.MACHINE, 8),
        (Kind.SPAM, 7),
        (Kind.OTHER, 10),
    ],
)
def test_each_kind_has_its_messages(kind: Kind, least: int) -> None:
    assert Counter(entry.kind for entry in INGESTED)[kind] >= least


@pytest.mark.parametrize("channel", ["mail", "x", "forms"])
@pytest.mark.parametrize("kind", [Kind.COMPLAINT, Kind.ENQUIRY, Kind.PRAISE, Kind.SPAM, Kind.OTHER])
def test_each_channel_has_each_kind_that_people_write(channel: str, kind: Kind) -> None:
    assert any(entry.channel == channel and entry.kind == kind for entry in INGESTED)


@pytest.mark.parametrize("flag", list(FlagName))
def test_each_flag_is_raised_by_at_least_two_messages(flag: FlagName) -> None:
    assert sum(flag in entry.flags for entry in INGESTED) >= 2


@pytest.mark.parametrize("fate", ["duplicate", "parked"])
@pytest.mark.parametrize("channel", ["mail", "x", "forms"])
def test_each_channel_has_something_to_drop_and_something_to_park(channel: str, fate: str) -> None:
    assert any(entry.channel == channel and entry.fate == fate for entry in EXPECTED)
