"""The unit of work on a SQL database."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, NestedTransaction

from storage.accounts import SqlAccountStore
from storage.ahead import SENDS_AHEAD, see_what_was_sent
from storage.api_tokens import SqlAnswerStore, SqlTokenStore
from storage.attachments import SqlAttachmentStore
from storage.audit import SqlAuditTrail
from storage.cases import SqlCaseStore
from storage.channels import SqlChannelStore
from storage.clocks import SqlClockStore
from storage.contacts import SqlContactStore
from storage.dead import SqlDeadLetterStore
from storage.deliveries import SqlDeliveryStore
from storage.engine import told_plainly
from storage.history import InForce, SqlHistory
from storage.holds import SqlHoldStore
from storage.intake import SqlIntakeStore
from storage.links import SqlLinkStore
from storage.log_table import LogTable
from storage.messages import SqlMessageStore
from storage.notes import SqlNoteStore
from storage.numbers import Numbers
from storage.places import Places
from storage.replies import SqlReplyStore
from storage.tasks import SqlTaskStore
from storage.threads import SqlThreadStore
from storage.webhooks import SqlCallStore, SqlTargetStore
from storage.work import SqlWorkStore


class SqlUnitOfWork:
    """One transaction and the stores that write in it."""

    def __init__(self, connection: Connection, *, partitions: Mapping[str, int], in_force: InForce) -> None:
        self._connection = connection
        self.numbers = Numbers(connection)
        self.places = Places(connection)
        self.threads = SqlThreadStore(connection, self.numbers)
        self.messages = SqlMessageStore(connection, self.threads, self.places, self.numbers)
        self.attachments = SqlAttachmentStore(connection)
        self.contacts = SqlContactStore(connection)
        self.channels = SqlChannelStore(connection)
        self.cases = SqlCaseStore(connection, self.places)
        self.clocks = SqlClockStore(connection, self.places)
        self.replies = SqlReplyStore(connection)
        self.deliveries = SqlDeliveryStore(connection)
        self.holds = SqlHoldStore(connection)
        self.links = SqlLinkStore(connection)
        self.tasks = SqlTaskStore(connection)
        self.work = SqlWorkStore(connection)
        self.notes = SqlNoteStore(connection)
        self.accounts = SqlAccountStore(connection)
        self.intake = SqlIntakeStore(connection)
        self.dead = SqlDeadLetterStore(connection)
        self.tokens = SqlTokenStore(connection)
        self.answers = SqlAnswerStore(connection)
        self.targets = SqlTargetStore(connection)
        self.calls = SqlCallStore(connection)
        self.audit = SqlAuditTrail(connection, self.numbers)
        self.log = LogTable(connection, partitions=partitions)
        self.history = SqlHistory(self.log, in_force)

    def commit(self) -> None:
        """Make everything durable and visible, as one."""
        with told_plainly():
            self.places.renew()
            self._connection.commit()

    def savepoint(self) -> NestedTransaction:
        """Begin a part that can be undone by itself."""
        self.numbers.ask_each_time()
        return self._connection.begin_nested()


class Database:
    """Opens units of work on one engine."""

    def __init__(
        self, engine: Engine, *, partitions: Mapping[str, int], in_force: Callable[[], Mapping[str, object]] = dict
    ) -> None:
        """Use `engine`; `partitions` says how many partitions each topic of the log has.

        `in_force` gives the settings that results depend on, for the history.
        """
        self.engine = engine
        self._partitions = partitions
        self._in_force = InForce(in_force)

    @contextmanager
    def unit(self) -> Iterator[SqlUnitOfWork]:
        """Begin a unit of work that writes. Leaving it without `commit()` rolls back.

        Raises:
            Unavailable: the database is down, or another writer held it too long.
        """
        with self._transaction(writes=True) as unit:
            yield unit

    @contextmanager
    def batch(self) -> Iterator[SqlUnitOfWork]:
        """Begin a unit of work that writes much: the same, but what an insert fails of may be told after it.

        It is told by what comes next, at the latest when the unit is left: all of it fails together, then.
        """
        with self._transaction(writes=True, sends_ahead=True) as unit:
            yield unit

    @contextmanager
    def reading(self) -> Iterator[SqlUnitOfWork]:
        """Begin a unit of work that only reads: it waits for no writer, and sees one moment throughout."""
        with self._transaction(writes=False) as unit:
            yield unit

    @contextmanager
    def shipping(self) -> Iterator[SqlUnitOfWork]:
        """Begin a unit of work that touches nothing but how far the relay has come: it waits for no writer."""
        with self._transaction(writes=None) as unit:
            yield unit

    @contextmanager
    def aside(self) -> Iterator[SqlUnitOfWork]:
        """Begin a unit of work that touches nothing that is derived, as sessions are not: it waits for no stage.

        On SQLite its first statement has to be the one that writes.
        """
        with self._transaction(writes=None) as unit:
            yield unit

    @contextmanager
    def viewing(self) -> Iterator[Connection]:
        """Begin to read for people, straight from the tables.

        Raises:
            Unavailable: the database cannot be read now.
        """
        with told_plainly(), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def looking(self) -> Iterator[Connection]:
        """Look at the tables themselves, all of them as of one moment."""
        with told_plainly(), self.engine.connect().execution_options(amends_writes=False) as connection:
            connection.begin()
            yield connection

    @contextmanager
    def _transaction(self, *, writes: bool | None, sends_ahead: bool = False) -> Iterator[SqlUnitOfWork]:
        options = {SENDS_AHEAD: sends_ahead} | ({} if writes is None else {"amends_writes": writes})
        with told_plainly(), self.engine.connect().execution_options(**options) as connection:
            connection.begin()
            unit = SqlUnitOfWork(connection, partitions=self._partitions, in_force=self._in_force)
            if sends_ahead:
                unit.numbers.ask()
            yield unit
            see_what_was_sent(connection)
