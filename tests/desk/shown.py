"""Every page of the desk as somebody sees it: `test_every_page.py` looks at each. A new page is added here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from amends.casework import accounts
from amends.casework.cases import close, take
from amends.casework.hold import hold, release
from amends.casework.notes import note
from amends.casework.review import approve
from amends.desk.links import new_link
from amends.domain.channel import Channel
from amends.domain.channel_alert import AlertKind
from amends.domain.delivery import Unreachable
from amends.domain.reply import Form, Reply, ReplyState
from amends.ports import Delivered
from tests.desk.busy import make_busy
from tests.desk.file_of_a_case import AtTheDesk
from tests.desk.house import PASSWORD, DeskHouse
from tests.desk.queue_cases import a_morning
from tests.desk.reviewing import GOOD, Reviewing
from tests.desk.watched import give_up, raise_alert
from tests.support.builders import a_dead_letter, a_message, a_parked, a_task, an_outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A page, for somebody with these roles (none: nobody is signed in). `address` makes what the page needs."""

    name: str
    roles: tuple[str, ...] = ()
    address: str | Callable[[DeskHouse], str]


def _accounts(house: DeskHouse) -> str:
    house.account("handler", name="hana.okafor", password=PASSWORD)
    house.account("reviewer", "manager", name="somebody.with.a.very.long.name.that.does.not.fit.anywhere")
    return "/accounts"


def _account(house: DeskHouse) -> str:
    house.account("handler", name="hana.okafor", password=PASSWORD)
    return "/accounts/hana.okafor"


def _link(house: DeskHouse) -> str:
    house.account("handler", name="hana.okafor")
    with house.database.unit() as unit:
        link = new_link(unit, "hana.okafor", desk_url="", by="tests", at=house.clock())
        unit.commit()
    return link


def _own_account(house: DeskHouse) -> str:
    house.account("handler", password=PASSWORD)
    return "/account"


def _with_second_factor(house: DeskHouse) -> str:
    house.account("handler", password=PASSWORD)
    with house.database.unit() as unit:
        accounts.set_second_factor(unit, "handler", "sealed", step=1, by="handler", at=house.clock())
        unit.commit()
    return "/account"


def _queue(house: DeskHouse) -> str:
    a_morning(house.database)
    return "/desk/queue"


def _queue_held(house: DeskHouse) -> str:
    with house.database.unit() as unit:
        hold(unit, "A post with a customer's address went out", by="rita", at=house.clock())
        unit.commit()
    return _queue(house)


def _case(house: DeskHouse) -> str:
    desk = AtTheDesk(house=house)
    case = desk.case()
    desk.draft(case)
    desk.other(case)
    desk.task(case)
    desk.writes(case, "It still has not come, and this_is_one_very_long_word_" + "x" * 200)
    with house.database.unit() as unit:
        note(unit, case.id, "She rang, and sounded tired.", by="hana", at=house.clock())
        take(unit, case.id, by="hana", at=house.clock())
        unit.commit()
    return f"/desk/case/{case.id}"


def _case_on_x(house: DeskHouse) -> str:
    post = a_message("@northmoor my kettle broke after two days.", channel=Channel.X, author="77001", name="Odd Kettle")
    return f"/desk/case/{AtTheDesk(house=house).case(post).id}"


def _closed_case(house: DeskHouse) -> str:
    case = AtTheDesk(house=house).case()
    with house.database.unit() as unit:
        close(unit, an_outcome(case.id))
        unit.commit()
    return f"/desk/case/{case.id}"


def _original(house: DeskHouse) -> str:
    desk = AtTheDesk(house=house)
    case = desk.case(html="<h1>My kettle</h1><p>See <a href='https://example.org/a'>this</a>.</p>")
    with house.database.reading() as unit:
        message = unit.messages.last_filed(case.id).message
    return f"/desk/case/{case.id}/message/{message.id}?html=yes"


def _approve(house: DeskHouse, reply: Reply) -> None:
    with house.database.unit() as unit:
        approve(unit, reply.id, by="uma", at=house.clock(), holds=timedelta(hours=1))
        unit.commit()


def _reviewing(house: DeskHouse) -> Reviewing:
    reviewing = Reviewing(house=house)
    house.clock.advance(minutes=-30)
    reviewing.reply()
    reviewing.reply("Your order of 3 May is on its way to 12 Elm Street, IBAN DE89370400440532013000, sorry!" * 4)
    reviewing.reply(GOOD, wrote="@Northmoor " + "Not one word from you. " * 12, author="Somebody With A Very Long Name")
    reviewing.reply(GOOD, form=Form.DIRECT_MESSAGE, authors=("amends", "reviewer"))
    house.clock.advance(minutes=30)
    return reviewing


def _review(house: DeskHouse) -> str:
    _reviewing(house)
    return "/desk/review"


def _review_held(house: DeskHouse) -> str:
    _approve(house, _reviewing(house).reply())
    with house.database.unit() as unit:
        hold(unit, "Our post of this morning was wrong, and people are angry", by="rita", at=house.clock())
        unit.commit()
    return "/desk/review?public=yes"


def _reply_in_review(house: DeskHouse) -> str:
    reviewing = _reviewing(house)
    reply = reviewing.reply()
    reviewing.reply()
    return f"/desk/review/{reply.id}"


def _blocked_reply(house: DeskHouse) -> str:
    reply = Reviewing(house=house).reply("Your order is on its way to 12 Elm Street. " + "We are sorry. " * 20)
    return f"/desk/review/{reply.id}"


def _approved_reply(house: DeskHouse) -> str:
    reviewing = Reviewing(house=house)
    reply = reviewing.reply()
    _approve(house, reply)
    with house.database.unit() as unit:
        hold(unit, "A crisis", by="rita", at=house.clock())
        unit.commit()
    reviewing.deliver()
    return f"/desk/review/{reply.id}"


def _review_history(house: DeskHouse) -> str:
    reviewing = _reviewing(house)
    reply, unknown = reviewing.reply(), reviewing.reply()
    _approve(house, reply)
    reviewing.deliver()
    house.clock.advance(minutes=3)
    reviewing.customer_writes(reply, "That is no help at all, and you know it.")
    reviewing.sender.says = Delivered.UNKNOWN
    _approve(house, unknown)
    reviewing.deliver()
    with house.database.unit() as unit:
        hold(unit, "A post went wrong", by="rita", at=house.clock())
        release(unit, "It was taken down", by="rita", at=house.clock())
        unit.commit()
    return "/desk/review/history"


def _operations(house: DeskHouse) -> str:
    _review_history(house)
    _parked(house)
    _dead_letters(house)
    with house.database.unit() as unit:
        [undecided] = unit.replies.in_state(ReplyState.UNKNOWN)
        says = "550 5.1.1 <gone.away.with.a.long.name@customers.example>: no such user here"
        address = "gone.away.with.a.long.name@customers.example"
        unit.deliveries.block(Unreachable(address=address, since=house.clock(), reply_id=undecided.id, says=says))
        unit.commit()
    raise_alert(house)
    raise_alert(house, AlertKind.SURGE)
    give_up(house)
    return "/desk/operations"


def _tasks(house: DeskHouse) -> str:
    case = AtTheDesk(house=house).case()
    says = "our reply came back: 550 5.1.1 <gone.away.with.a.long.name@customers.example>: no such user here"
    with house.database.unit() as unit:
        unit.tasks.raise_([replace(a_task(case.id, about=str(number)), reason=says) for number in range(3)])
        unit.commit()
    return "/desk/tasks"


def _parked(house: DeskHouse) -> str:
    digest = house.parts.blobs.put(b"From: <script>alert(1)</script>\r\n\x00\x1b[31m not a mail " + b"x" * 25_000)
    found = [replace(a_parked(f"{number}.eml"), raw_sha256=digest) for number in range(3)]
    found += [replace(a_parked(f"bounce-{number}.eml", stage="triage"), reason="bounce") for number in range(4)]
    with house.database.unit() as unit:
        unit.intake.park(found)
        unit.commit()
    return "/desk/operations/parked?reason=bounce"


def _parked_message(house: DeskHouse) -> str:
    _parked(house)
    return f"/desk/operations/parked/{a_parked('0.eml').id}"


def _dead_letters(house: DeskHouse) -> str:
    letters = [a_dead_letter(f"r{number}", body=b'{"text": "' + b"words " * 40 + b'"}') for number in range(3)]
    letters += [a_dead_letter("r9", stage="respond", reason="bad_record")]
    with house.database.unit() as unit:
        unit.dead.add(letters)
        unit.commit()
    return "/desk/operations/dead?stage=triage&reason=stage_failed"


def _many_dead_letters(house: DeskHouse) -> str:
    with house.database.unit() as unit:
        unit.dead.add([a_dead_letter(f"r{number}") for number in range(60)])
        unit.commit()
    return "/desk/operations/dead"


def _dead_letter(house: DeskHouse) -> str:
    _dead_letters(house)
    return f"/desk/operations/dead/{a_dead_letter('r1').id}"


def _busy_overview(house: DeskHouse) -> str:
    make_busy(house)
    return "/desk/overview?channel=email"


SHOWN: tuple[Shown, ...] = (
    # Signing in, accounts, looks
    Shown(name="sign-in", address="/sign-in"),
    Shown(name="password link", address=_link),
    Shown(name="home", roles=("admin",), address="/"),
    Shown(name="home of a handler", roles=("handler",), address="/"),
    Shown(name="own account", roles=("handler",), address=_own_account),
    Shown(name="own account with a second factor", roles=("handler",), address=_with_second_factor),
    Shown(name="second factor", roles=("handler",), address="/account/second-factor"),
    Shown(name="accounts", roles=("admin",), address=_accounts),
    Shown(name="an account", roles=("admin",), address=_account),
    Shown(name="components", roles=("handler",), address="/desk/style"),
    Shown(name="nothing there", roles=("handler",), address="/nothing"),
    Shown(name="not allowed", roles=("handler",), address="/accounts"),
    # The queue
    Shown(name="the queue", roles=("handler",), address=_queue),
    Shown(name="the queue while posting is held", roles=("handler", "reviewer"), address=_queue_held),
    Shown(name="nothing in the queue", roles=("handler",), address="/desk/queue"),
    # The case
    Shown(name="a case", roles=("handler",), address=_case),
    Shown(name="a case without a draft, on X", roles=("handler",), address=_case_on_x),
    Shown(name="a case as an auditor sees it", roles=("auditor",), address=_case),
    Shown(name="a closed case", roles=("handler",), address=_closed_case),
    Shown(name="a message as it came", roles=("handler",), address=_original),
    Shown(name="log a contact", roles=("handler",), address="/desk/contact"),
    Shown(name="to do", roles=("handler",), address=_tasks),
    Shown(name="nothing to do", roles=("handler",), address="/desk/tasks"),
    # Review
    Shown(name="review", roles=("reviewer",), address=_review),
    Shown(name="nothing to review", roles=("reviewer",), address="/desk/review"),
    Shown(name="review with filters, held", roles=("reviewer",), address=_review_held),
    Shown(name="a reply in review", roles=("reviewer",), address=_reply_in_review),
    Shown(name="a reply that a check blocks", roles=("reviewer",), address=_blocked_reply),
    Shown(name="a reply that was approved", roles=("reviewer",), address=_approved_reply),
    Shown(name="what became of replies", roles=("reviewer",), address=_review_history),
    # Operators
    Shown(name="operations", roles=("operator",), address=_operations),
    Shown(name="operations where all is quiet", roles=("operator",), address="/desk/operations"),
    Shown(name="parked", roles=("operator",), address=_parked),
    Shown(name="a parked message", roles=("operator",), address=_parked_message),
    Shown(name="dead letters", roles=("operator",), address=_dead_letters),
    Shown(name="many dead letters", roles=("operator",), address=_many_dead_letters),
    Shown(name="a dead letter", roles=("operator",), address=_dead_letter),
    # Overview
    Shown(name="overview", roles=("manager",), address="/desk/overview"),
    Shown(name="overview of a busy office", roles=("manager",), address=_busy_overview),
)
