"""The page of records and their schemas, written from the code: `python -m tests.architecture.records_page --write`."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from amends import history, wire
from amends.bus.dead import dead_letter, on_topic
from amends.bus.port import NewRecord, Record, Topic
from amends.compose import COMMANDS, KEPT_FOR_GOOD
from amends.domain.channel import Channel
from amends.domain.dead import DeadLetter
from amends.wire import Queued, Triaged, cloud_headers, encode_message, encode_queued, encode_triaged
from tests.architecture.generated import DOCS, rewritten, table_of
from tests.support.builders import a_message
from tests.support.clock import MONDAY

DOCUMENT = DOCS / "records.md"
SCHEMAS = DOCS / "schemas"


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicRow:
    """What the page says of a topic. A new topic gets its row here."""

    types: tuple[str, ...]
    key: str
    written_by: str
    read_by: str


TOPIC_ROWS: Mapping[str, TopicRow] = {
    Topic.MESSAGES: TopicRow(
        types=(wire.RECEIVED, wire.RELEASED),
        key="the person who wrote",
        written_by="ingest, the web form, `amends parked retry`",
        read_by="triage",
    ),
    Topic.TRIAGED: TopicRow(types=(wire.TRIAGED,), key="the person who wrote", written_by="triage", read_by="respond"),
    Topic.OUTBOX: TopicRow(
        types=(wire.QUEUED,),
        key="the person who is answered",
        written_by="respond, `amends review approve`",
        read_by="deliver",
    ),
    Topic.DEAD: TopicRow(types=(), key="as where it died", written_by="each stage", read_by="nobody here: your alarms"),
    Topic.HISTORY: TopicRow(
        types=(history.STAGE_DONE, history.IN_FORCE, history.LEFT_OUT),
        key="`history`",
        written_by="every unit of work that writes",
        read_by="`amends rebuild`",
    ),
}


def bodies() -> dict[str, TypeAdapter[Any]]:
    """Give what the body of every type of record holds."""
    return {**wire.BODIES, **history.BODIES, **{command.type: command.body for command in COMMANDS}}


def schemas() -> dict[Path, str]:
    """Write the schema of each type, by the file that it belongs into."""
    return {SCHEMAS / f"{name}.json": schema_of(name, adapter) for name, adapter in sorted(bodies().items())}


def schema_of(name: str, adapter: TypeAdapter[Any]) -> str:
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": f"urn:{name.replace('.', ':')}"}
    said = {**head, **adapter.json_schema(), "title": name}
    return json.dumps(said, indent=2, ensure_ascii=False) + "\n"


def topics_table() -> str:
    return table_of(
        ("topic", "types of its records", "key", "kept on the broker", "written by", "read by"),
        lambda: [
            (
                f"`{topic}`",
                ", ".join(f"`{type_}`" for type_ in found.types)
                + (" and every command" if topic == Topic.HISTORY else "")
                or "that of the record that died",
                found.key,
                "for good" if topic in KEPT_FOR_GOOD else "`kafka_keep_hours`",
                found.written_by,
                found.read_by,
            )
            for topic, found in TOPIC_ROWS.items()
        ],
    )


def types_table() -> str:
    says = {command.type: (command.__doc__ or "").strip().splitlines()[0] for command in COMMANDS}
    says |= {
        wire.RECEIVED: "A message came in.",
        wire.RELEASED: "A person took a message out of what was parked.",
        wire.TRIAGED: "A message was judged and belongs to a case.",
        wire.QUEUED: "A reply may go out.",
        history.STAGE_DONE: "A stage has done some records.",
        history.IN_FORCE: "The settings that results depend on, from here on.",
        history.LEFT_OUT: "A rebuild could not repeat these events: they never happened.",
    }
    return table_of(
        ("type", "what happened", "schema"),
        lambda: [(f"`{name}`", says[name], f"[schema](schemas/{name}.json)") for name in bodies()],
    )


def examples() -> list[NewRecord]:
    """Make a record for each topic and type that a reader meets most."""
    message = a_message(
        "My parcel never came, and nobody answers the telephone. Please refund the 20 pounds.",
        subject="Where is my parcel?",
    )
    triaged = Triaged(message_id=message.id, case_id="AM-XKXN-3P9K-0V", opened=True, became_complaint=True)
    key, reply_id = message.author.ordering_key, "5e99acc7d1f04c2e"

    def record(topic: str, type_: str, id_: str, source: str, body: bytes, *, raw: str = "") -> NewRecord:
        headers = cloud_headers(id_, type_, source=source, at=MONDAY, channel=Channel.EMAIL, raw=raw)
        return NewRecord(topic=topic, key=key, id=id_, type=type_, body=body, at=MONDAY, headers=headers)

    return [
        record(
            Topic.MESSAGES, wire.RECEIVED, message.id, "/ingest/email", encode_message(message), raw=message.raw_sha256
        ),
        record(
            Topic.MESSAGES,
            wire.RELEASED,
            f"{message.id}~released",
            "/parked",
            encode_message(message),
            raw=message.raw_sha256,
        ),
        record(Topic.TRIAGED, wire.TRIAGED, message.id, "/triage", encode_triaged(triaged)),
        record(Topic.OUTBOX, wire.QUEUED, reply_id, "/respond", encode_queued(Queued(reply_id=reply_id))),
        on_topic(_dead(record(Topic.TRIAGED, wire.TRIAGED, message.id, "/triage", encode_triaged(triaged)))),
        NewRecord(
            topic=Topic.HISTORY,
            key="history",
            id="41",
            type=history.STAGE_DONE,
            body=json.dumps(
                {"stage": "triage", "topic": "messages", "partition": 2, "first": 7, "to": 9, "count": 2, "mark": 9}
            ).encode(),
            at=MONDAY,
            headers={
                "ce_id": "41",
                "ce_type": history.STAGE_DONE,
                "ce_source": "/history",
                "ce_time": MONDAY.isoformat(),
            },
        ),
    ]


def _dead(new: NewRecord) -> DeadLetter:
    stood = Record(
        topic=new.topic,
        partition=2,
        offset=7,
        key=new.key,
        id=new.id,
        type=new.type,
        body=new.body,
        at=new.at,
        headers=new.headers,
    )
    says = "the record cannot be read: case_id: Field required"
    why = history.GivenUp(reason="bad_record", says=says, tries=1)
    return dead_letter("respond", stood, why, at=MONDAY + timedelta(seconds=4))


def examples_shown() -> str:
    return "\n" + "\n".join(_shown(record) for record in examples())


def _shown(record: NewRecord) -> str:
    shown = {
        "topic": record.topic,
        "key": record.key,
        "headers": dict(record.headers),
        "value": json.loads(record.body),
    }
    return f"```json\n{json.dumps(shown, indent=2, ensure_ascii=False)}\n```\n"


TABLES = {"topics": topics_table, "types": types_table, "examples": examples_shown}


def page() -> str:
    """Write the page anew."""
    words = DOCUMENT.read_text("utf-8")
    for name, table in TABLES.items():
        words = rewritten(words, name, table())
    return words


def main() -> int:
    """Write with `--write`; otherwise say whether everything is as the code has it."""
    wanted = {DOCUMENT: page(), **schemas()}
    old = set(SCHEMAS.glob("*.json")) - set(wanted)
    if "--write" in sys.argv:
        SCHEMAS.mkdir(exist_ok=True)
        for path, words in wanted.items():
            path.write_text(words, "utf-8")
        for path in old:
            path.unlink()
        return 0
    behind = [path for path, words in wanted.items() if not path.is_file() or path.read_text("utf-8") != words]
    for path in [*behind, *sorted(old)]:
        sys.stderr.write(f"{path.name} is behind the code; run this again with --write\n")
    return int(bool(behind or old))


if __name__ == "__main__":
    sys.exit(main())
