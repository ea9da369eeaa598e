"""How far we agree with what others wrote down about their own mails.

The floors are what was measured, less a little.
"""

from __future__ import annotations

from collections import Counter

import pytest

from ingest.mail.parse import parse_mail
from ingest.mail.parsed import Automatic, BounceKind
from ingest.mail.trim import trim_reply
from tests.ingest.mail.mutations import SHARED
from tests.ingest.mail.shared import labelled, squeezed

pytestmark = pytest.mark.shared_data

#: Share of labels met; measured 2026: all addresses, subjects and ids; 16 of 25 bodies and 23 of 34 attachment counts,
#: the rest being damaged mails where RFC 2046 and the labels' own parser part.
FIELD_FLOORS = {"from": 1.0, "to": 1.0, "cc": 1.0, "subject": 1.0, "message_id": 1.0, "auto_generated": 1.0}
BODY_FLOOR = 0.64
ATTACHMENT_FLOOR = 0.67
BOUNCE_FLOOR = 0.98  # 736 of 750; six of the others are absence notes, four say nothing failed.
FAILED_FLOOR = 0.92  # 108 of 116
REPLY_FLOOR = 0.95  # 62 of 64
#: Ham of the corpus is all from mailing lists; what else marks it automatic must stay rare.
SILENCED_CEILING = 0.007


def test_addresses_subjects_and_identifiers_are_read_as_their_authors_wrote_down() -> None:
    met: Counter[str] = Counter()
    asked: Counter[str] = Counter()
    for name in ("mail_chatwoot", "mail_ruby", "mail_stalwart"):
        for raw, expected, _ in labelled(name):
            mail = parse_mail(raw)
            found = {
                "from": [one.written for one in mail.from_ if one.written],
                "to": [one.written for one in mail.to if one.written],
                "cc": [one.written for one in mail.cc if one.written],
                "subject": mail.subject,
                "message_id": mail.message_id,
                "auto_generated": mail.automatic is not None,
                "n_attachments": len(mail.attachments),
                "body_equals_ws": squeezed(mail.text),
            }
            for field in expected.keys() & found.keys():
                asked[field] += 1
                met[field] += expected[field] == found[field]
            for words in expected.get("body_contains", []):
                assert squeezed(words) in squeezed(mail.text)

    shares = {field: met[field] / asked[field] for field in asked}

    assert {field: shares[field] for field in FIELD_FLOORS if shares[field] < FIELD_FLOORS[field]} == {}
    assert shares["body_equals_ws"] >= BODY_FLOOR
    assert shares["n_attachments"] >= ATTACHMENT_FLOOR


def test_bounces_are_recognised_with_the_addresses_that_failed() -> None:
    right = failed_right = failed_asked = 0
    temporary_wrong = []
    total = 0
    for raw, expected, file in labelled("bounce"):
        bounce = parse_mail(raw).bounce
        total += 1
        right += (bounce is not None) == expected["bounce"]
        if "failed" in expected:
            failed_asked += 1
            found = sorted(one.lower() for one in bounce.failed) if bounce else []
            failed_right += found == sorted(one.lower() for one in expected["failed"])
            is_temporary = bounce is not None and bounce.kind is BounceKind.TRANSIENT
            if is_temporary != expected["temporary"]:
                temporary_wrong.append(file)

    assert right / total >= BOUNCE_FLOOR
    assert failed_right / failed_asked >= FAILED_FLOOR
    assert temporary_wrong == []


def test_no_mail_of_a_person_is_taken_for_a_bounce() -> None:
    taken = [path.name for path in (SHARED / "spamassassin").glob("*/*.txt") if parse_mail(path.read_bytes()).bounce]

    assert taken == []


def test_hardly_any_personal_mail_is_silenced() -> None:
    found = [
        parse_mail(path.read_bytes()).automatic for path in sorted((SHARED / "spamassassin" / "ham").glob("*.txt"))
    ]

    silenced = [one for one in found if isinstance(one, Automatic) and not one.is_list]

    assert len(silenced) / len(found) <= SILENCED_CEILING


def test_replies_are_trimmed_and_no_word_of_their_writers_is_lost() -> None:
    right = total = 0
    lost = []
    for raw, expected, file in labelled("reply_discourse_trimmer"):
        reply = trim_reply(raw.decode("utf-8", "replace"))
        total += 1
        right += squeezed(reply) == squeezed(expected["reply_text"])
        if Counter(expected["reply_text"].split()) - Counter(reply.split()):
            lost.append(file)

    assert lost == []
    assert right / total >= REPLY_FLOOR


@pytest.mark.parametrize(
    "folder", ["sisimai", "flufl_bounce", "ruby-mail", "spamassassin", "stalwart_mail_parser", "chatwoot_fork"]
)
def test_every_shared_mail_is_read(folder: str) -> None:
    paths = [path for path in (SHARED / folder).rglob("*") if path.suffix in (".eml", ".txt")]

    unread = [path.name for path in paths if not isinstance(parse_mail(path.read_bytes()).subject, str)]

    assert len(paths) > 5
    assert unread == []
