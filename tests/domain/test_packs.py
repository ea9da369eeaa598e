"""Policy packs: the shipped one is sound, and a wrong one is refused with the place and the reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from amends.domain.clock import Anchor, ClockKind
from amends.domain.verdict import FlagName, Kind, Severity
from amends.errors import Misconfigured
from amends.policies.load import load_pack
from tests.support.clock import MONDAY

HEAD = 'name = "mine"\nversion = "1"\nzone = "Europe/London"\ncountry = "GB"\n'
RULE = """[[rule]]
id = "mine.acknowledge"
clock = "acknowledgement"
anchor = "receipt"
kinds = ["complaint"]
quantity = 3
unit = "working_days"
source = "our charter, page 2"
checked_on = 2026-11-01
"""


def pack_file(folder: Path, written: str) -> str:
    path = folder / "mine.toml"
    path.write_text(written, "utf-8")
    return str(path)


def test_a_pack_of_your_own_is_read_from_its_path(tmp_path: Path) -> None:
    pack = load_pack(pack_file(tmp_path, HEAD + RULE))
    assert (pack.name, pack.version, pack.calendar.zone.key) == ("mine", "1", "Europe/London")
    assert [rule.id for rule in pack.rules] == ["mine.acknowledge"]


WRONG = {
    "no TOML": ("name = ", ["is no TOML"]),
    "no name": ((HEAD + RULE).replace('name = "mine"\n', ""), ["name"]),
    "no rules": (HEAD, ["rule"]),
    "a key nobody knows": (HEAD + 'colour = "blue"\n' + RULE, ["colour"]),
    "a rule's key nobody knows": (HEAD + RULE + "days = 3\n", ["rule.0.days"]),
    "a clock nobody knows": (HEAD + RULE.replace('"acknowledgement"', '"ack"'), ["rule.0.clock", "acknowledgement"]),
    "an anchor nobody knows": (HEAD + RULE.replace('"receipt"', '"birth"'), ["rule.0.anchor"]),
    "a kind nobody knows": (HEAD + RULE.replace('["complaint"]', '["moan"]'), ["rule.0.kinds"]),
    "a unit nobody knows": (HEAD + RULE.replace('"working_days"', '"weeks"'), ["rule.0.unit"]),
    "a severity nobody knows": (HEAD + RULE + 'severities = ["urgent"]\n', ["rule.0.severities", "urgent", "critical"]),
    "severities that are no list": (HEAD + RULE + "severities = 3\n", ["rule.0.severities"]),
    "a severity that is no word": (HEAD + RULE + "severities = [3]\n", ["rule.0.severities"]),
    "a flag nobody knows": (HEAD + RULE + 'flags = ["rude"]\n', ["rule.0.flags"]),
    "a quantity that is no number": (HEAD + RULE.replace("= 3", '= "three"'), ["rule.0.quantity"]),
    "no days at all": (HEAD + RULE.replace("= 3", "= 0"), ["mine.acknowledge", "at least 1"]),
    "no source": (HEAD + RULE.replace("our charter, page 2", ""), ["mine.acknowledge", "cites its source"]),
    "no date of checking": (HEAD + RULE.replace("checked_on = 2026-11-01\n", ""), ["rule.0.checked_on"]),
    "two rules of one name": (HEAD + RULE + RULE, ["mine.acknowledge", "twice"]),
    "a zone nobody knows": ((HEAD + RULE).replace("Europe/London", "Europe/Atlantis"), ["Atlantis"]),
    "a zone that is a path": ((HEAD + RULE).replace("Europe/London", "../../etc/passwd"), ["Zone", "../../etc/passwd"]),
    "a country nobody knows": ((HEAD + RULE).replace('"GB"', '"XX"'), ["XX"]),
    "a region nobody knows": ((HEAD + RULE).replace("[[rule]]", 'subdivision = "MARS"\n[[rule]]'), ["MARS"]),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_pack_is_refused_and_the_message_names_the_place(what: str, tmp_path: Path) -> None:
    written, says = WRONG[what]
    path = pack_file(tmp_path, written)
    with pytest.raises(Misconfigured) as refused:
        load_pack(path)
    for part in (path, *says):
        assert part in str(refused.value)


@pytest.mark.parametrize("name", ["nowhere", "nowhere.toml", "../load"])
def test_a_pack_that_is_not_there_is_refused_with_the_one_that_is(name: str) -> None:
    with pytest.raises(Misconfigured, match="service-standard"):
        load_pack(name)


def test_a_pack_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(Misconfigured, match="is no text in UTF-8"):
        load_pack(str(path))


def test_every_shipped_rule_has_its_own_name_and_cites_its_source() -> None:
    rules = load_pack("service-standard").rules
    assert len({rule.id for rule in rules}) == len(rules)
    assert all(rule.source for rule in rules)


@pytest.mark.parametrize("severity", list(Severity))
def test_every_complaint_has_a_deadline_for_each_thing_that_is_owed(severity: Severity) -> None:
    pack = load_pack("service-standard")
    started = {
        clock.kind
        for anchor in Anchor
        for clock in pack.start(
            anchor, case_id="AM-1", kind=Kind.COMPLAINT, severity=severity, flags={FlagName.RIGHTS_REQUEST}, at=MONDAY
        )
    }
    assert started == set(ClockKind)
