"""The links on top of each page."""

from __future__ import annotations

from dataclasses import dataclass

from amends.desk.access import Permission
from amends.desk.sessions import Person


@dataclass(frozen=True, slots=True)
class Place:
    """A page that is reached from everywhere by whoever may."""

    label: str
    says: str
    path: str
    needs: Permission


PLACES: tuple[Place, ...] = (
    Place("Home", "Where to go", "/", Permission.SIGNED_IN),
    Place("Queue", "What to do next, and why it is first", "/desk/queue", Permission.READ_CASES),
    Place("To do", "What else only people can do, case by case", "/desk/tasks", Permission.READ_CASES),
    Place("Review", "Replies that wait for a second pair of eyes", "/desk/review", Permission.READ_REPLIES),
    Place(
        "Operations", "How the stages get on, and what needs a person", "/desk/operations", Permission.READ_OPERATIONS
    ),
    Place("Overview", "What is open and due, and how the last weeks went", "/desk/overview", Permission.READ_OVERVIEW),
    Place("Log a contact", "A call, a letter, somebody at the counter", "/desk/contact", Permission.WORK_CASES),
    Place("Accounts", "Who may use the desk, and for what", "/accounts", Permission.MANAGE_ACCOUNTS),
)


def places_for(person: Person | None) -> list[Place]:
    """Give the places that somebody may go to."""
    return [] if person is None else [place for place in PLACES if person.may(place.needs)]
