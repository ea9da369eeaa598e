"""Reads one folder of a mailbox, by UID, and forgets nothing.

1. The position is (UIDVALIDITY, the highest UID that was taken in). Whether somebody has read a mail
   says nothing. A mail is named after both numbers in the ledger.
2. Another UIDVALIDITY is another numbering: everything that the folder holds is fetched again, under
   new names, and what was taken in before is a duplicate by its own id.
3. At each connection the folder is compared with the ledger, below the position, too. What has no row
   yet is fetched; what has one, and still waits to be flagged or moved, is. The first connection of a
   process compares all; a later one only what came or changed since the folder was found in order,
   where the server counts changes (CONDSTORE).
4. The size is asked before anything is fetched. What is larger than allowed is parked with its header
   and stays where it is; a higher limit takes it in at the next connection. So it is with a mail that the
   server does not give.
5. A mail that was there when it was listed, and gone when it was fetched, is parked, too: somebody
   deleted or moved it, and a person should know.
"""

from __future__ import annotations

import logging
import time
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import TypeAlias

from amends.domain.channel import Channel
from amends.errors import Unavailable
from amends.ports import Fetched, Now
from ingest.mail.imap.mailbox import Handled, Mailbox
from ingest.mail.imap.session import Facts, ServerSaidNo, Session
from ingest.reading import Media

log = logging.getLogger(__name__)

#: So many bytes of mail are held at once, but for one mail that is larger by itself.
BATCH_BYTES = 32 * 1024 * 1024
#: Of a mail that is too large, so much of its header is kept.
_HEADER_BYTES = 256 * 1024
#: UIDs compared with the ledger together.
_COMPARED_AT_ONCE = 5_000
#: So often a mail may break the connection by itself before it is passed over.
_BREAKS_AT_MOST = 3

#: Says which of these items of a source the ledger has, so that nothing is left to be fetched of them.
Known: TypeAlias = Callable[[str, Collection[str]], Collection[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """How far a folder was taken in: up to this UID of this numbering."""

    validity: int
    last: int

    @classmethod
    def read(cls, checkpoint: str) -> Position:
        """Read a checkpoint; "" stands before everything."""
        validity, _, last = checkpoint.partition("/")
        return cls(validity=int(validity or 0), last=int(last or 0))

    def __str__(self) -> str:
        """Write it as a checkpoint."""
        return f"{self.validity}/{self.last}"


class ImapConnector:
    """One folder of one mailbox. It connects when it is first asked, and again after `close`. Used by one thread."""

    def __init__(self, mailbox: Mailbox, folder: str, *, now: Now, known: Known) -> None:
        self._mailbox = mailbox
        self._folder = folder
        self._now = now
        self._known = known
        self._session: Session | None = None
        #: Below the position, and without a ledger row; None until the folder was compared.
        self._overlooked: deque[int] | None = None
        #: What the last batch gives without its bytes: it must stay in the mailbox.
        self._left: set[str] = set()
        #: How often a mail, asked for alone, broke the connection.
        self._breaks: Counter[int] = Counter()
        self._is_careful = False
        self._looked_at = 0.0
        #: The numbering and the state in which the folder was last found in order.
        self._in_order: tuple[int, int] | None = None
        #: Whether this connection left something for the next one to try again.
        self._leaves_work = False

    @property
    def source(self) -> str:
        """The source's name: mailbox and folder, whatever server they lie on."""
        return f"imap:{self._mailbox.name}/{self._folder}"

    def fetch(self, checkpoint: str, *, limit: int) -> tuple[list[Fetched], str]:
        """Fetch the next mails: at first those that were overlooked, then those after the checkpoint."""
        session = self._opened()
        self._looked_at = time.monotonic()
        position = Position.read(checkpoint)
        if position.validity != session.uid_validity:
            position = Position(validity=session.uid_validity, last=0)
        elif self._overlooked is None and 0 < session.uid_next <= position.last:
            raise Unavailable(
                f"mailbox {self._mailbox.name}: folder {self._folder} counts its mails anew without another "
                "UIDVALIDITY, so that their names would stand for others; give the mailbox another name in the "
                "settings, and all that it holds is compared with what was taken in"
            )
        if self._overlooked is None:
            self._overlooked = deque(self._compare(session, position))
        late = list(islice(self._overlooked, limit))
        uids = late or list(islice(session.uids(position.last + 1), limit))
        if not uids:
            if session.state and not self._leaves_work:
                # As it was selected: whatever came since then is looked at again.
                self._in_order = (session.uid_validity, session.state)
            return [], checkpoint
        batch, done = self._batch(session, uids)
        if late:
            for _ in range(done):
                self._overlooked.popleft()
            return batch, str(position)
        return batch, str(Position(validity=position.validity, last=uids[done - 1]))

    def holdings(self) -> Iterator[str]:
        """Name every mail that is there now."""
        session = self._opened()
        return (self._item(session, uid) for uid in session.uids(1))

    def settle(self, items: Sequence[str]) -> None:
        """Flag or move mails whose fate stands in the ledger, as the settings say. Safe to repeat."""
        session = self._opened()
        of_now = f"{session.uid_validity}/"
        uids = [int(item.rpartition("/")[2]) for item in items if item.startswith(of_now) and item not in self._left]
        self._put_away(session, uids)

    def wait(self, seconds: float) -> bool:
        """Wait for new mail; False after so many seconds without any sign of it."""
        session = self._opened()
        until = self._looked_at + (self._mailbox.idle_s if session.can_idle else self._mailbox.poll_s)
        pause_s = max(0.0, min(seconds, until - time.monotonic()))
        if session.can_idle:
            return session.wait(pause_s) or time.monotonic() >= until
        time.sleep(pause_s)
        return time.monotonic() >= until

    def close(self) -> None:
        """End the connection."""
        session, self._session, self._overlooked = self._session, None, None
        self._leaves_work = False
        if session is not None:
            session.close()

    def _opened(self) -> Session:
        if self._session is None:
            # What is not to change a mailbox is not given the right to.
            self._session = Session(self._mailbox, self._folder, read_only=self._mailbox.handled is Handled.LEAVE)
        return self._session

    def _item(self, session: Session, uid: int) -> str:
        return f"{session.uid_validity}/{uid}"

    def _compare(self, session: Session, position: Position) -> Iterator[int]:
        """Compare the folder up to the position with the ledger, and put away what is left over from before."""
        rest = self._to_compare(session, position)
        in_ledger: list[int] = []
        overlooked: list[int] = []
        while some := list(islice(rest, _COMPARED_AT_ONCE)):
            known = self._known(self.source, [self._item(session, uid) for uid in some])
            for uid in some:
                (in_ledger if self._item(session, uid) in known else overlooked).append(uid)
        if self._mailbox.handled is Handled.FLAG and in_ledger:
            waiting = set(session.uids(1, but_flagged=self._mailbox.flag))
            in_ledger = [uid for uid in in_ledger if uid in waiting]
        self._put_away(session, in_ledger)
        return iter(overlooked)

    def _to_compare(self, session: Session, position: Position) -> Iterator[int]:
        """List the mails up to the position of which it is not known that they are in order."""
        if session.state and self._in_order is not None and self._in_order[0] == session.uid_validity:
            try:
                return iter(session.changed(position.last, since=self._in_order[1]))
            except ServerSaidNo:
                self._in_order = None
        return (uid for uid in session.uids(1) if uid <= position.last)

    def _put_away(self, session: Session, uids: Sequence[int]) -> None:
        if not uids or self._mailbox.handled is Handled.LEAVE:
            return
        try:
            for start in range(0, len(uids), _COMPARED_AT_ONCE):
                some = uids[start : start + _COMPARED_AT_ONCE]
                if self._mailbox.handled is Handled.FLAG:
                    session.flag(some, self._mailbox.flag)
                else:
                    session.move(some, self._mailbox.move_to)
        except ServerSaidNo:
            self._leaves_work = True
            # The mails are taken in; only their place in the mailbox is not as it was asked for.
            log.warning(
                "handled mail stays as it is",
                extra={
                    "mailbox": self._mailbox.name,
                    "handled": self._mailbox.handled.value,
                    "remedy": "the folder takes no such flag, or the server cannot move: choose another `handled`",
                },
            )

    def _batch(self, session: Session, uids: Sequence[int]) -> tuple[list[Fetched], int]:
        """Fetch the first of these mails, as many as fit into memory; gives how many."""
        facts = self._facts(session, uids)
        most = self._mailbox.size_at_most
        chosen: list[int] = []
        size = 0
        for uid in uids:
            size += min(facts[uid].size_bytes, most) if uid in facts else 0
            if chosen and size > BATCH_BYTES:
                break
            chosen.append(uid)
        large = [uid for uid in chosen if uid in facts and facts[uid].size_bytes > most]
        mails = self._each([uid for uid in chosen if uid in facts and uid not in large], session, most)
        # A server may be wrong about the size: one byte more than allowed shows it.
        large += [uid for uid, raw in mails.items() if raw is not None and len(raw) > most]
        headers = session.headers(large, most=_HEADER_BYTES)
        at = self._now()
        self._left = set()
        batch = []
        for uid in chosen:
            if uid in large:
                media, raw = Media.MAIL_HEADER, headers.get(uid, b"")
            elif uid in facts and mails.get(uid, b"") is None:
                media, raw = Media.NOT_GIVEN, b""
            elif uid in mails:
                media, raw = Media.MAIL, mails[uid] or b""
            else:
                media, raw = Media.GONE, b""
            batch.append(self._fetched(session, uid, media, raw, facts.get(uid), at))
        return batch, len(chosen)

    def _facts(self, session: Session, uids: Sequence[int]) -> Mapping[int, Facts]:
        try:
            return session.facts(uids)
        except ServerSaidNo:
            # One of them is broken on the server: the others are not to wait for it.
            found: dict[int, Facts] = {}
            for uid in uids:
                try:
                    found |= session.facts([uid])
                except ServerSaidNo:
                    found[uid] = Facts(size_bytes=0, received_at=None)
            return found

    def _each(self, uids: Sequence[int], session: Session, most: int) -> dict[int, bytes | None]:
        """Fetch mails; None for one that the server does not give. One that is gone is left out."""
        found: dict[int, bytes | None] = {uid: None for uid in uids if self._breaks[uid] >= _BREAKS_AT_MOST}
        asked = [uid for uid in uids if uid not in found]
        if not self._is_careful:
            try:
                return found | session.mails(asked, most=most + 1)
            except ServerSaidNo:
                pass
            except Unavailable:
                # Next time each by itself: perhaps it was one of these.
                self._is_careful = True
                raise
        for uid in asked:
            try:
                found |= session.mails([uid], most=most + 1)
            except ServerSaidNo:
                found[uid] = None
            except Unavailable:
                self._breaks[uid] += 1
                raise
            else:
                del self._breaks[uid]
        self._is_careful = False
        return found

    def _fetched(
        self, session: Session, uid: int, media: str, raw: bytes, facts: Facts | None, at: datetime
    ) -> Fetched:
        item = self._item(session, uid)
        if media != Media.MAIL:
            self._left.add(item)
            self._leaves_work = True
        return Fetched(
            source=self.source,
            item=item,
            channel=Channel.EMAIL,
            account=self._mailbox.name,
            media=media,
            raw=raw,
            fetched_at=at,
            received_at=facts.received_at if facts is not None else None,
        )
