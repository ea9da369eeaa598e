"""What points at a case: names of messages and replies, reply tokens, conversations, references."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from operator import attrgetter

from sqlalchemy import Connection, select, update

from amends.domain.contact import Identity, IdentityKind
from amends.domain.ids import REFERENCE, read_reference
from amends.domain.message import Message
from amends.domain.threading import Pointer, Via
from amends.unit_of_work import GivenName
from storage.columns import fitted
from storage.numbers import Numbers
from storage.rows import chunks, insert_new, one_of
from storage.tables import IDENTITY_BYTES, NAME_BYTES, cases, identities, thread_names

#: A name longer than this is no name that anybody gave; it is cut before it is stored or looked up.
_NAME_AT_MOST = 300
#: What mails are named by.
_OF_MAILS = (Via.ANSWER_TO_MESSAGE.value, Via.ANSWER_TO_US.value)


class SqlThreadStore:
    """What points at cases, within one transaction."""

    def __init__(self, connection: Connection, numbers: Numbers) -> None:
        self._connection = connection
        self._numbers = numbers

    def add_messages(self, joined: Iterable[tuple[Message, str]]) -> None:
        """Remember the names of messages and the cases they belong to."""
        rows = []
        for message, case_id in joined:
            for name in message.names:
                rows.append(_row(name, Via.ANSWER_TO_MESSAGE, case_id, "", message.author))
            if message.conversation:
                rows.append(_row(message.conversation, Via.CONVERSATION, case_id, "", message.author))
        self._number_and_insert(rows)

    def move(self, message: Message, case_id: str, to: str) -> None:
        """Let the names of a message point at another case from now on; other messages' names stay."""
        for name in message.names:
            self._connection.execute(
                update(thread_names)
                .where(
                    thread_names.c.name == _stored(name),
                    thread_names.c.via == Via.ANSWER_TO_MESSAGE.value,
                    thread_names.c.case_id == case_id,
                )
                .values(case_id=to)
            )

    def name_reply(self, name: str, case_id: str, reply_id: str, given_to: Identity) -> None:
        """Remember what an outgoing reply is called."""
        named = GivenName(name=name, via=Via.ANSWER_TO_US, case_id=case_id, given_to=given_to, reply_id=reply_id)
        self.give([named])

    def promise_token(self, token: str, case_id: str, given_to: Identity) -> None:
        """Remember a reply token and whom it was given to."""
        self.give([GivenName(name=token, via=Via.TOKEN, case_id=case_id, given_to=given_to)])

    def give(self, names: Sequence[GivenName]) -> None:
        """Remember names in this order; one that was given before stays as it is, and takes no number."""
        rows = [_row(one.name, one.via, one.case_id, one.reply_id, one.given_to) for one in names]
        stored = {
            tuple(row)
            for chunk in chunks({_stored(one.name) for one in names})
            for row in self._connection.execute(
                select(*thread_names.primary_key.columns).where(one_of(self._connection, thread_names.c.name, chunk))
            )
        }
        new: dict[tuple[str | int, ...], dict[str, str | int]] = {}
        for row in rows:
            if (key := _key(row)) not in stored:
                new.setdefault(key, row)
        self._number_and_insert(list(new.values()))

    def reply_named(self, name: str) -> str | None:
        """Give the id of our reply that is called `name`."""
        return self.replies_named([name]).get(name)

    def replies_named(self, names: Collection[str]) -> dict[str, str]:
        """Give the ids of the replies that are called by these names."""
        asked = {_stored(name): name for name in names}
        return {
            asked[row.name]: row.reply_id
            for chunk in chunks(asked)
            for row in self._connection.execute(
                select(thread_names.c.name, thread_names.c.reply_id).where(
                    one_of(self._connection, thread_names.c.name, chunk),
                    thread_names.c.via == Via.ANSWER_TO_US.value,
                    thread_names.c.reply_id != "",
                )
            )
        }

    def names_in_case(self, case_id: str) -> list[str]:
        """List the names of a case's mails in the order in which they came or went."""
        return self.names_in_cases([case_id]).get(case_id, [])

    def names_in_cases(self, case_ids: Collection[str]) -> dict[str, list[str]]:
        """List the names of the mails of each of these cases in the order in which they came or went."""
        found: dict[str, dict[str, None]] = defaultdict(dict)
        for chunk in chunks(set(case_ids)):
            rows = self._connection.execute(
                select(thread_names.c.case_id, thread_names.c.name)
                .where(one_of(self._connection, thread_names.c.case_id, chunk), thread_names.c.via.in_(_OF_MAILS))
                .order_by(thread_names.c.number)
            )
            for row in rows:
                found[row.case_id].setdefault(row.name)
        return {case_id: list(names) for case_id, names in found.items()}

    def pointers(self, messages: Sequence[Message]) -> Mapping[str, list[Pointer]]:
        """Find, for each message's id, what it points at."""
        wanted: dict[tuple[str, Via], list[tuple[str, int]]] = defaultdict(list)
        references: dict[str, list[str]] = defaultdict(list)
        logged: dict[str, list[Message]] = defaultdict(list)
        for message in messages:
            for away, name in enumerate(message.answers):
                wanted[_stored(name), Via.ANSWER_TO_US].append((message.id, away))
                wanted[_stored(name), Via.ANSWER_TO_MESSAGE].append((message.id, away))
            for token in message.tokens:
                wanted[_stored(token), Via.TOKEN].append((message.id, 0))
            if message.conversation:
                wanted[_stored(message.conversation), Via.CONVERSATION].append((message.id, 0))
            if message.channel.is_logged and (case_id := message.facts.get("case")):
                logged[case_id].append(message)
            for written in REFERENCE.findall(message.subject):
                references[read_reference(written)].append(message.id)
        found: dict[str, list[Pointer]] = defaultdict(list)
        rows = [
            row
            for chunk in chunks({name for name, _ in wanted})
            for row in self._connection.execute(
                select(thread_names).where(one_of(self._connection, thread_names.c.name, chunk))
            )
        ]
        # Of two that are as near and as strong the older counts, in whatever order the database gives them.
        for row in sorted(rows, key=attrgetter("number")):
            via = Via(row.via)
            known = Identity(kind=IdentityKind(row.identity_kind), value=row.identity_value)
            for message_id, away in wanted.get((row.name, via), ()):
                found[message_id].append(Pointer(case_id=row.case_id, via=via, known=known, away=away))
        for chunk in chunks(references):
            of_cases = self._connection.execute(
                select(cases.c.id, identities.c.kind, identities.c.value)
                .join(identities, identities.c.contact_id == cases.c.contact_id)
                .where(one_of(self._connection, cases.c.id, chunk))
                .order_by(cases.c.id, identities.c.kind, identities.c.value)
            )
            for row in of_cases:
                known = Identity(kind=IdentityKind(row.kind), value=row.value)
                for message_id in references[row.id]:
                    found[message_id].append(Pointer(case_id=row.id, via=Via.REFERENCE, known=known))
        for chunk in chunks(logged):
            for case_id in self._connection.scalars(
                select(cases.c.id).where(one_of(self._connection, cases.c.id, chunk)).order_by(cases.c.id)
            ):
                for message in logged[case_id]:
                    found[message.id].append(Pointer(case_id=case_id, via=Via.LOGGED, known=message.author))
        return found

    def _number_and_insert(self, rows: list[dict[str, str | int]]) -> None:
        if not rows:
            return
        for number, row in enumerate(rows, start=self._numbers.last_name() + 1):
            row["number"] = number
        insert_new(self._connection, thread_names, rows)


def _stored(name: str) -> str:
    """Give a name as it is stored."""
    return fitted(name[:_NAME_AT_MOST], NAME_BYTES)


def _key(row: Mapping[str, str | int]) -> tuple[str | int, ...]:
    """Give the primary key of a row as it is stored."""
    identity = fitted(str(row["identity_value"]), IDENTITY_BYTES)
    return row["name"], row["via"], row["case_id"], row["identity_kind"], identity


def _row(name: str, via: Via, case_id: str, reply_id: str, identity: Identity) -> dict[str, str | int]:
    return {
        "name": _stored(name),
        "via": via.value,
        "case_id": case_id,
        "reply_id": reply_id,
        "identity_kind": identity.kind.value,
        "identity_value": identity.value,
    }
