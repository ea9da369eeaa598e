"""Puts judged messages into cases, within one transaction.

A batch is looked up in a few queries, decided message by message in memory (so that
two messages of one thread in one batch find each other), and written in a few
statements.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from amends.arrived import arrived_after_all, settled
from amends.bus.port import NewRecord, Topic
from amends.domain.arrival import Parked, parked_id
from amends.domain.audit import Happening
from amends.domain.case import Case, CaseEvent, CaseState, Standing, judge_thread, next_state
from amends.domain.clock import Anchor, Clock, ClockKind, Pack
from amends.domain.contact import Identity
from amends.domain.delivery import CameTo, Unreachable, delivery_of
from amends.domain.ids import case_reference
from amends.domain.link import Link, LinkKind
from amends.domain.matter import reasons_to_link
from amends.domain.message import Message
from amends.domain.reply import Purpose, Reply, ReplyState
from amends.domain.task import Task, TaskKind, task_id
from amends.domain.threading import Join, Open, Pointer, Via, decide_thread, same_person
from amends.domain.verdict import Kind, Severity, Verdict
from amends.unit_of_work import JudgedMessage, UnitOfWork
from amends.wire import TRIAGED, Triaged, cloud_headers, encode_triaged

#: How far back the same matter is looked for.
_SAME_MATTER_WITHIN = timedelta(days=30)
#: A mark that so many cases have is remembered of no more. When thousands write the same words, that two of them did
#: says nothing of those two, and to compare each with all before it would take ever longer.
HOLDERS_AT_MOST = 20
#: The reason of a mail that bears our own marks, as ingest gives it.
_OWN_LOOP = "own-loop"
#: A reply in one of these states may have arrived without our knowing.
_UNSURE = {ReplyState.UNKNOWN, ReplyState.SENDING}
#: So many cases are suggested to belong together with a new one: more are no help to anybody.
_SUGGESTED_AT_MOST = 5
_SUBJECT_CHARS = 90
#: So few words may only point at what came with them; so few may be all that somebody says of a picture.
_FEW_WORDS, _HARDLY_ANY = 20, 5
_PASSED_ON = re.compile(r"\s*(?:fwd?|wg|tr|rv|vb|doorst)\s*:", re.IGNORECASE)


@dataclass(slots=True)
class _Written:
    """What one batch adds up to, until it is written."""

    judged: list[JudgedMessage] = field(default_factory=list)
    released: list[JudgedMessage] = field(default_factory=list)
    people: dict[Identity, str] = field(default_factory=dict)
    opened: dict[str, Case] = field(default_factory=dict)
    changed: dict[str, Case] = field(default_factory=dict)
    clocks: list[Clock] = field(default_factory=list)
    stopped: list[tuple[str, ClockKind, datetime]] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    marks: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    tasks: list[Task] = field(default_factory=list)
    parked: list[Parked] = field(default_factory=list)
    happenings: list[Happening] = field(default_factory=list)
    records: list[NewRecord] = field(default_factory=list)
    #: Replies that something shows to have arrived, by their ids, and what shows it.
    shown: dict[str, str] = field(default_factory=dict)


class Filing:
    """Files one batch of judged messages."""

    def __init__(
        self,
        unit: UnitOfWork,
        *,
        pack: Pack,
        now: datetime,
        marks: Mapping[str, frozenset[str]],
        words: Mapping[str, str],
        traces: Mapping[str, str] | None = None,
    ) -> None:
        """File within `unit`.

        By message id, `marks` holds what the same matter is found by, `words` what the message
        itself is found by, and `traces` the trace that a message's record goes on with.
        """
        self._unit = unit
        self._traces = traces or {}
        self._pack = pack
        self._now = now
        self._marks = marks
        self._words = words
        self._pointers: dict[str, list[Pointer]] = {}
        self._cases: dict[str, Case] = {}
        self._running: dict[str, dict[ClockKind, Clock]] = defaultdict(dict)
        #: What messages of this batch are called, for those that answer them.
        self._named_here: dict[tuple[str, Via], list[Pointer]] = defaultdict(list)
        self._released: set[str] = set()
        #: Our replies that messages of this batch answer, by their names.
        self._answered: dict[str, Reply] = {}
        self._w = _Written()

    def look_up(self, messages: Sequence[Message]) -> None:
        """Read everything that the batch may point at."""
        self._pointers = {key: list(found) for key, found in self._unit.threads.pointers(messages).items()}
        pointed = {pointer.case_id for found in self._pointers.values() for pointer in found}
        self._cases = self._unit.cases.get_many(pointed)
        for case_id, clocks in self._unit.clocks.of_cases(pointed).items():
            self._running[case_id] = {clock.kind: clock for clock in clocks if clock.stopped_at is None}
        self._look_up_answered(messages)

    def _look_up_answered(self, messages: Sequence[Message]) -> None:
        """Read the replies of ours that messages name as what they answer."""
        names = {
            name
            for message in messages
            if any(pointer.via is Via.ANSWER_TO_US for pointer in self._pointers.get(message.id, ()))
            for name in message.answers
        }
        if not names:
            return
        named = self._unit.threads.replies_named(names)
        replies = self._unit.replies.get_many(set(named.values()))
        self._answered = {name: replies[reply_id] for name, reply_id in named.items() if reply_id in replies}

    def file(self, message: Message, verdict: Verdict) -> None:
        """Put one message where it belongs."""
        if _belongs_to_nobody(message, verdict):
            self._park(message, verdict)
            return
        self._w.people.setdefault(message.author, message.author_name)
        decision = decide_thread(message.author, self._pointing(message))
        if isinstance(decision, Join):
            self._join(message, verdict, decision)
        else:
            self._open(message, verdict, decision)

    def file_released(self, message: Message, verdict: Verdict) -> None:
        """File a message that was parked until a person said that a customer wrote it."""
        self._released.add(message.id)
        self.file(message, verdict)

    def write(self) -> None:
        """Write the batch."""
        unit, w = self._unit, self._w
        # What is asked comes before what is written: answers wait for all that was sent ahead of them.
        all_marks = {mark for of_case in w.marks.values() for mark in of_case}
        holders = unit.links.holders(all_marks, since=self._now - _SAME_MATTER_WITHIN)
        self._suggest_same_matter(holders)
        common = {mark for mark, of_cases in holders.items() if len(of_cases) >= HOLDERS_AT_MOST}
        placed = unit.log.place(w.records)
        # What changes rows that were there is asked about as well: whether it found them.
        unit.cases.save(list(w.changed.values()))
        for case_id, kind, at in w.stopped:
            unit.clocks.stop(case_id, [kind], at=at)
        unit.clocks.start([clock for clock in w.clocks if clock.case_id not in w.opened])
        unit.contacts.ensure(w.people, at=self._now)
        unit.cases.add(list(w.opened.values()))
        # Early: it takes the database longest, and us hardly anything to write down.
        unit.links.mark({case_id: marks - common for case_id, marks in w.marks.items()}, at=self._now)
        unit.clocks.start_first([clock for clock in w.clocks if clock.case_id in w.opened])
        unit.messages.add(w.judged)
        for judged in w.released:
            unit.messages.assign(judged)
        unit.links.suggest(w.links)
        unit.tasks.raise_(w.tasks)
        unit.intake.park(w.parked)
        unit.audit.append(w.happenings)
        unit.log.write(placed)
        # Last: it moves cases on that were written above.
        for reply_id, says in w.shown.items():
            arrived_after_all(unit, unit.replies.get(reply_id), says=says, pack=self._pack, at=self._now)

    def outcomes(self) -> Counter[str]:
        """Count what was filed, by its kind; what opened no case counts as parked."""
        filed = (*self._w.judged, *self._w.released)
        return Counter("parked" if one.case_id is None else one.verdict.kind.value for one in filed)

    def _pointing(self, message: Message) -> list[Pointer]:
        found = list(self._pointers.get(message.id, ()))
        for away, name in enumerate(message.answers):
            named = self._named_here.get((name, Via.ANSWER_TO_MESSAGE), ())
            found += [replace(pointer, away=away) for pointer in named]
        if message.conversation:
            found += self._named_here.get((message.conversation, Via.CONVERSATION), ())
        return found

    def _open(self, message: Message, verdict: Verdict, decision: Open) -> None:
        if verdict.kind is not Kind.COMPLAINT and _says_more_than_was_judged(message):
            verdict = replace(verdict, needs_person=True, severity=verdict.severity or Severity.LOW)
        standing = judge_thread(None, verdict)
        case = Case(
            id=case_reference(message.id),
            contact_id=message.author.contact_id,
            channel=message.channel,
            kind=standing.kind,
            severity=standing.severity,
            needs_person=standing.needs_person,
            state=CaseState.RECEIVED,
            subject=_short(message.subject or message.own_words),
            opened_at=message.received_at,
            last_message_at=message.received_at,
            complaint_since=message.received_at if standing.became_complaint else None,
        )
        self._cases[case.id] = case
        self._w.opened[case.id] = case
        self._start_clocks(case, verdict, at=message.received_at)
        for pointer in decision.follow_up_of:
            self._w.links.append(
                Link(
                    case_id=case.id,
                    other_case_id=pointer.case_id,
                    kind=LinkKind.POSSIBLE_FOLLOW_UP,
                    reasons=(f"it points there ({pointer.via.value}), but somebody else wrote it",),
                    suggested_at=self._now,
                )
            )
        self._tell("case.opened", f"case:{case.id}", kind=case.kind.value, message=message.id)
        self._keep(message, verdict, case, via="", opened=True, became_complaint=standing.became_complaint)

    def _join(self, message: Message, verdict: Verdict, decision: Join) -> None:
        before = self._cases[decision.case_id]
        standing = judge_thread(before, verdict)
        case = replace(
            before,
            kind=standing.kind,
            severity=standing.severity,
            needs_person=standing.needs_person,
            state=next_state(before.state, CaseEvent.CUSTOMER_WROTE),
            last_message_at=max(before.last_message_at, message.received_at),
            complaint_since=message.received_at if standing.became_complaint else before.complaint_since,
            # What triage raised is triage's word again.
            kind_set_by=before.kind_set_by if standing.kind is before.kind else "",
            severity_set_by=before.severity_set_by if standing.severity is before.severity else "",
            messages=before.messages + 1,
            unanswered=before.unanswered + 1,
        )
        self._cases[case.id] = case
        if case.id in self._w.opened:
            self._w.opened[case.id] = case
        else:
            case = self._change(before, case)
        self._restart_clocks(before, case, standing, message, verdict)
        self._note_what_it_answers(message)
        self._tell("case.joined", f"case:{case.id}", via=decision.via.value, message=message.id)
        if standing.became_complaint:
            self._tell("case.became_complaint", f"case:{case.id}", message=message.id)
        self._keep(
            message,
            verdict,
            case,
            via=decision.via.value,
            opened=False,
            became_complaint=standing.became_complaint,
        )

    def _keep(
        self, message: Message, verdict: Verdict, case: Case, *, via: str, opened: bool, became_complaint: bool
    ) -> None:
        filed = self._w.released if message.id in self._released else self._w.judged
        filed.append(
            JudgedMessage(
                message=message,
                verdict=verdict,
                case_id=case.id,
                joined_via=via,
                number=case.messages,
                words=self._words[message.id],
            )
        )
        self._w.marks[case.id] |= self._marks[message.id]
        for name in message.names:
            self._named_here[name, Via.ANSWER_TO_MESSAGE].append(
                Pointer(case_id=case.id, via=Via.ANSWER_TO_MESSAGE, known=message.author)
            )
        if message.conversation:
            self._named_here[message.conversation, Via.CONVERSATION].append(
                Pointer(case_id=case.id, via=Via.CONVERSATION, known=message.author)
            )
        self._tell_verdict(message, verdict)
        self._w.records.append(
            NewRecord(
                topic=Topic.TRIAGED,
                key=message.author.ordering_key,
                id=message.id,
                type=TRIAGED,
                at=self._now,
                body=encode_triaged(
                    Triaged(message_id=message.id, case_id=case.id, opened=opened, became_complaint=became_complaint)
                ),
                headers=cloud_headers(
                    message.id,
                    TRIAGED,
                    source="/triage",
                    at=self._now,
                    channel=message.channel,
                    raw=message.raw_sha256,
                    trace=self._traces.get(message.id, ""),
                ),
            )
        )

    def _note_what_it_answers(self, message: Message) -> None:
        """Whoever answers a reply has it: that settles what nobody knew, and the address works."""
        for name in message.answers:
            reply = self._answered.get(name)
            if reply is None or not same_person(message.author, reply.addressee, Via.ANSWER_TO_US):
                continue
            self._unit.deliveries.unblock(reply.addressee.value)
            if reply.state in _UNSURE:
                self._w.shown[reply.id] = "the customer has answered it"

    def _is_our_copy(self, message: Message) -> bool:
        """Whether it is a mail of ours, word for word, under the name that only it bears.

        That mail has gone, then, and so it has where a server put words of its own around ours.
        """
        if message.automatic is None or message.automatic.reason != _OWN_LOOP:
            return False
        reply_id = next(iter(self._unit.threads.replies_named(message.names).values()), None)
        if reply_id is None:
            return False
        reply = self._unit.replies.get(reply_id)
        came, went = (" ".join(text.split()) for text in (message.text, reply.text))
        if went in came and reply.state in _UNSURE:
            self._w.shown[reply.id] = "our copy of it came back"
        return came == went

    def _park(self, message: Message, verdict: Verdict) -> None:
        automatic = message.automatic
        self._w.judged.append(JudgedMessage(message=message, verdict=verdict, case_id=None))
        if self._is_our_copy(message):
            self._tell("message.own", f"message:{message.id}")
            return
        reason = automatic.reason if automatic else f"judged_{verdict.kind}"
        says = automatic.says if automatic else f"triage holds it to be {verdict.kind} ({verdict.confidence:.0%} sure)"
        self._w.parked.append(
            Parked(
                id=parked_id("triage", "message", message.id),
                stage="triage",
                source=f"message:{message.channel}",
                item=message.native_id[:600],
                channel=message.channel,
                reason=reason,
                says=says,
                raw_sha256=message.raw_sha256,
                message_id=message.id,
                parked_at=self._now,
            )
        )
        self._tell_verdict(message, verdict)
        self._tell("message.parked", f"message:{message.id}", reason=reason)
        if automatic is not None and automatic.is_bounce and automatic.bounced_message_id:
            self._bounced(automatic.bounced_message_id, says, permanent=automatic.is_permanent)

    def _bounced(self, name: str, says: str, *, permanent: bool) -> None:
        reply_id = self._unit.threads.reply_named(name)
        if reply_id is None:
            return
        reply = self._unit.replies.get(reply_id)
        came_to = CameTo.CAME_BACK if permanent else CameTo.DELAYED
        self._unit.deliveries.note([delivery_of(reply, came_to, at=self._now, says=says)])
        if permanent and reply.addressee.address is not None:
            self._unit.deliveries.block(
                Unreachable(address=reply.addressee.address, since=self._now, reply_id=reply.id, says=says)
            )
        if permanent and reply.state in {ReplyState.SENT, ReplyState.UNKNOWN}:
            self._unit.replies.save(
                reply.moved(ReplyState.FAILED, outcome=f"came back: {says}"), was=reply.state, at=self._now
            )
            settled(self._unit, reply, by="amends", at=self._now)
            if reply.purpose is not Purpose.ACKNOWLEDGEMENT:
                self._owe_again(reply.case_id)
        # Who has dealt with a delay is told when it comes back for good.
        about, became = (reply.id, "came back") if permanent else (f"{reply.id} delayed", "is delayed")
        self._w.tasks.append(
            Task(
                id=task_id(reply.case_id, TaskKind.REACH_ANOTHER_WAY, about),
                case_id=reply.case_id,
                kind=TaskKind.REACH_ANOTHER_WAY,
                reason=f"our {reply.purpose.value} {became}: {says}",
                raised_at=self._now,
                reply_id=reply.id,
            )
        )
        self._tell("reply.bounced", f"reply:{reply.id}", permanent=permanent)

    def _owe_again(self, case_id: str) -> None:
        """Put a case whose answer came back in hand again: what the answer settled is owed as before."""
        before = self._cases.get(case_id) or self._unit.cases.get(case_id)
        case = replace(before.moved(CaseEvent.ANSWER_CAME_BACK), unanswered=max(1, before.unanswered))
        if case.state is before.state:
            return
        self._change(before, case)
        newest = {clock.kind: clock for clock in self._unit.clocks.of_cases([case_id]).get(case_id, ())}
        for kind in (ClockKind.RESPONSE, ClockKind.UPDATE):
            if kind in newest:
                self._running[case_id][kind] = again = replace(newest[kind], stopped_at=None)
                self._w.clocks.append(again)

    def _change(self, before: Case, case: Case) -> Case:
        """Have a stored case written as `case`, one version on however often this batch changes it."""
        stored = self._w.changed.get(case.id)
        case = replace(case, version=stored.version if stored else before.version + 1)
        self._cases[case.id] = self._w.changed[case.id] = case
        return case

    def _start_clocks(self, case: Case, verdict: Verdict, *, at: datetime) -> None:
        for clock in self._clocks(case, verdict, at=at):
            self._running[case.id][clock.kind] = clock
            self._w.clocks.append(clock)

    def _restart_clocks(self, before: Case, case: Case, standing: Standing, message: Message, verdict: Verdict) -> None:
        """Start what a later message starts.

        A question that became a complaint is counted from this message, and so is a
        case whose severity rose if that makes it due sooner. What was answered or closed
        is owed again when its customer writes more than thanks, be it after thanks or
        after somebody took a closed case. A rights request in any message opens its own clock.
        """
        running = self._running[case.id]
        if standing.became_complaint and ClockKind.RESPONSE in running:
            # The question's answer is no longer due: the complaint's is, counted from its acknowledgement.
            self._stop_clock(case.id, running.pop(ClockKind.RESPONSE), at=message.received_at)
        doubtful_now = case.is_handled_as_complaint and not before.is_handled_as_complaint
        nothing_is_owed = before.state is CaseState.IN_HAND and running.keys() <= {ClockKind.RIGHTS_REQUEST}
        reopened = (case.state is not before.state or nothing_is_owed) and verdict.kind is not Kind.PRAISE
        worse = (case.severity or Severity.LOW) > (before.severity or Severity.LOW)
        for clock in self._clocks(case, verdict, at=message.received_at):
            old = running.get(clock.kind)
            # Doubt asks for no second acknowledgement: the first one runs still, or has reached the customer.
            doubted = doubtful_now and clock.kind is not ClockKind.ACKNOWLEDGEMENT
            turned = (standing.became_complaint or doubted) and clock.kind is not ClockKind.RIGHTS_REQUEST
            sooner = worse and old is not None and clock.due_at < old.due_at
            missing = old is None and (reopened or clock.kind is ClockKind.RIGHTS_REQUEST)
            if not (turned or sooner or missing):
                continue
            if old is not None:
                self._stop_clock(case.id, old, at=message.received_at)
            running[clock.kind] = clock
            self._w.clocks.append(clock)

    def _stop_clock(self, case_id: str, clock: Clock, *, at: datetime) -> None:
        """Stop a clock, whether it is stored or was to be written with this batch."""
        self._w.clocks = [one for one in self._w.clocks if one is not clock]
        self._w.stopped.append((case_id, clock.kind, at))

    def _clocks(self, case: Case, verdict: Verdict, *, at: datetime) -> list[Clock]:
        return self._pack.start(
            Anchor.RECEIPT,
            case_id=case.id,
            # Nobody has said that it is no complaint, so the duties of one apply.
            kind=Kind.COMPLAINT if case.is_handled_as_complaint else case.kind,
            severity=case.severity,
            flags={flag.name for flag in verdict.flags},
            at=at,
        )

    def _suggest_same_matter(self, holders: Mapping[str, Collection[str]]) -> None:
        """Suggest links by marks. A later case points at an earlier one; cases of one batch see each other too.

        `holders` says which cases had each mark before.
        """
        found: dict[tuple[str, str], set[str]] = defaultdict(set)
        here: dict[str, list[str]] = defaultdict(list)
        for case_id in self._w.opened:
            for mark in self._w.marks[case_id]:
                for other in (*holders.get(mark, ()), *here[mark][:HOLDERS_AT_MOST]):
                    found[case_id, other].add(mark)
                here[mark].append(case_id)
        # Most share a mark that says nothing by itself: those are not looked at further.
        found = {both: shared for both, shared in found.items() if reasons_to_link(shared, hours_apart=0)}
        linked = {frozenset((link.case_id, link.other_case_id)) for link in self._w.links}
        earlier = self._unit.cases.get_many({other for _, other in found if other not in self._cases})
        suggested: Counter[str] = Counter()
        # The strongest first, and in one order, whatever order the marks were looked at in.
        for (case_id, other), shared in sorted(found.items(), key=lambda one: (-len(one[1]), one[0])):
            if suggested[case_id] >= _SUGGESTED_AT_MOST:
                continue
            one, two = self._cases[case_id], self._cases.get(other) or earlier.get(other)
            if two is None or frozenset((case_id, other)) in linked or not _may_be_one_matter(one, two):
                continue
            hours = abs((one.opened_at - two.opened_at).total_seconds()) / 3600
            reasons = reasons_to_link(shared, hours_apart=hours)
            if reasons:
                suggested[case_id] += 1
                self._w.links.append(
                    Link(
                        case_id=case_id,
                        other_case_id=other,
                        kind=LinkKind.SAME_MATTER,
                        reasons=reasons,
                        suggested_at=self._now,
                    )
                )
                self._tell("link.suggested", f"case:{case_id}", other=other)

    def _tell_verdict(self, message: Message, verdict: Verdict) -> None:
        self._tell(
            "message.judged",
            f"message:{message.id}",
            kind=verdict.kind.value,
            confidence=round(verdict.confidence, 4),
            severity=verdict.severity.word if verdict.severity else None,
            needs_person=verdict.needs_person,
            rules=" ".join(dict.fromkeys(flag.rule for flag in verdict.flags)),
            model=verdict.model,
        )

    def _tell(self, action: str, subject: str, **facts: str | int | float | bool | None) -> None:
        self._w.happenings.append(
            Happening(at=self._now, actor="amends:triage", action=action, subject=subject, facts=facts)
        )


def _belongs_to_nobody(message: Message, verdict: Verdict) -> bool:
    """Whether a message opens no case: machines' mail and spam, and of lists' mail whatever asks nothing of us."""
    if verdict.needs_person:
        return False
    asks_something = verdict.kind in {Kind.COMPLAINT, Kind.ENQUIRY}
    return not verdict.kind.is_from_a_customer or (message.automatic is not None and not asks_something)


def _says_more_than_was_judged(message: Message) -> bool:
    """Whether a message's words are few and what it has to say is in a file, or in a mail that it passes on.

    "Please see attached": the letter may be a complaint, and nobody has read it.
    """
    words = len(message.own_words.split())
    has_file = any(words < _HARDLY_ANY or not one.content_type.startswith("image/") for one in message.attachments)
    passes_on = _PASSED_ON.match(message.subject) is not None and len(message.text) > len(message.own_words)
    return words < _FEW_WORDS and (has_file or passes_on)


def _may_be_one_matter(one: Case, two: Case) -> bool:
    """Praise and questions come twice without harm; a complaint that comes twice would be answered twice."""
    return one.is_handled_as_complaint or two.is_handled_as_complaint


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _SUBJECT_CHARS else line[: _SUBJECT_CHARS - 1].rstrip() + "…"
