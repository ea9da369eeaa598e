"""A crowd of invented people who all write at once, by mail and by form, some of them again and again."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.journeys.letters import a_letter

_THINGS = ("kettle", "lamp", "blanket", "radio", "bicycle pump", "toaster", "rucksack", "garden chair", "printer")
_TROUBLES = (
    "stopped working after two days",
    "came with a part missing",
    "is not the colour that I ordered",
    "never came although you said it had been sent",
    "was charged to my card twice",
)
_FEELINGS = ("I am very disappointed.", "This is poor service.", "I am not happy with this at all.", "I am fed up.")
_WISHES = ("Please send me another one.", "I want my money back.", "Please put this right.", "What will you do?")
_CHASES = (
    "I have not heard from you.",
    "I wrote to you last week.",
    "Nobody has called me back.",
    "I am still waiting.",
)


@dataclass(slots=True)
class Crowd:
    """What was written into a folder, and what has to become of it."""

    folder: Path
    #: The Message-IDs of each thread, a thread for each person who writes mails.
    threads: list[list[str]] = field(default_factory=list)
    #: The ids of the forms; each is a matter of its own.
    forms: list[str] = field(default_factory=list)
    #: Mails that lie in two mailboxes.
    copies: int = 0
    #: Files that are no mails.
    unreadable: int = 0
    #: Mails written by machines.
    machines: int = 0

    @property
    def messages(self) -> int:
        """How many messages there are, copies not counted."""
        return sum(len(thread) for thread in self.threads) + len(self.forms) + self.machines

    @property
    def items(self) -> int:
        """How many things the folder holds."""
        return self.messages + self.copies + self.unreadable


def write_crowd(folder: Path, *, messages: int, seed: int) -> Crowd:
    """Write a crowd of about this many messages. The same seed writes the same crowd, but for the dates."""
    chance = random.Random(seed)  # noqa: S311 - seeded on purpose
    crowd, begin = Crowd(folder), datetime.now(UTC) - timedelta(days=2)
    folder.mkdir(parents=True)
    forms = []
    person = 0
    while crowd.messages < messages:
        person += 1
        if chance.random() < 0.15:
            crowd.forms.append(f"form-{seed}-{person}")
            forms.append(_form(crowd.forms[-1], person, chance, begin))
        elif chance.random() < 0.03:
            crowd.machines += 1
            (folder / f"machine-{person:05d}.eml").write_bytes(_absence(person, begin))
        else:
            _write_thread(crowd, person, chance, begin)
        if chance.random() < 0.01:
            crowd.unreadable += 1
            (folder / f"picture-{person:05d}.eml").write_bytes(chance.randbytes(200).replace(b":", b"."))
    (folder / "forms.jsonl").write_text("".join(f"{json.dumps(form)}\n" for form in forms), "utf-8")
    return crowd


def _write_thread(crowd: Crowd, person: int, chance: random.Random, begin: datetime) -> None:
    thing, names = chance.choice(_THINGS), list[str]()
    for number in range(chance.choice((1, 1, 2, 3, 5))):
        name = f"letter-{person}-{number}@people.example"
        letter = a_letter(
            _words(thing, chance, again=number > 0),
            name=f"Person {_spelled(person)}",
            address=f"person{person}@people.example",
            subject=f"{'Re: ' if number else ''}My {thing}",
            message_id=name,
            answers=f"<{chance.choice(names)}>" if names else "",
            sent_at=begin + timedelta(minutes=person % 600, hours=number),
        )
        (crowd.folder / f"person-{person:05d}-{number}.eml").write_bytes(letter)
        names.append(name)
        if chance.random() < 0.03:
            crowd.copies += 1
            (crowd.folder / f"person-{person:05d}-{number}-copy.eml").write_bytes(letter)
    crowd.threads.append(names)


def _words(thing: str, chance: random.Random, *, again: bool) -> str:
    said = [f"The {thing} that I bought from you {chance.choice(_TROUBLES)}.", chance.choice(_FEELINGS)]
    if again:
        said.insert(0, chance.choice(_CHASES))
    return " ".join([*said, chance.choice(_WISHES)])


def _form(name: str, person: int, chance: random.Random, begin: datetime) -> dict[str, str]:
    thing = chance.choice(_THINGS)
    return {
        "form": "website",
        "submission_id": name,
        "submitted_at": (begin + timedelta(minutes=person % 600)).isoformat(),
        "name": f"Person {_spelled(person)}",
        "email": f"form{person}@people.example",
        "subject": f"My {thing}",
        "text": _words(thing, chance, again=False),
    }


def _absence(person: int, begin: datetime) -> bytes:
    return a_letter(
        "I am away until Monday and read your mail then.",
        name=f"Person {_spelled(person)}",
        address=f"away{person}@people.example",
        subject="Automatic reply: away",
        message_id=f"away-{person}@people.example",
        sent_at=begin,
        headers={"Auto-Submitted": "auto-replied"},
    )


def _spelled(number: int) -> str:
    """Write a number in letters: names do not hold digits."""
    return "".join("abcdefghij"[int(digit)] for digit in str(number)).capitalize()
