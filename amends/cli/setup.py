"""`amends setup`: makes what an installation needs and says what it made."""

from __future__ import annotations

from amends.cli.opening import DataDir, open_house
from amends.cli.output import say
from amends.compose import House
from amends.errors import Misconfigured
from storage.engine import open_engine
from storage.migrate import pending


def setup(data_dir: DataDir = None) -> None:
    """Make the data folder, the secret, the database and the topics, or bring them to this version; say what was made.

    It may be run again at any time. Where the broker forbids making topics, those that are
    missing are listed with what they have to be like, and the exit code is 1.
    """
    house = open_house(data_dir, may_be_new=True)
    _folders(house)
    _database(house)
    _topics(house)
    # What else a service opens when it starts: a wrong setting is better refused now.
    _ = house.pack, house.own_addresses, house.sender
    say(f"ready: {house.settings.data_dir.resolve()}")


def _folders(house: House) -> None:
    folder, secret = house.settings.data_dir, house.settings.data_dir / "secret"
    was_there, had_secret = folder.is_dir(), secret.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as why:
        raise Misconfigured(
            f"the data folder {folder} cannot be made: {why.strerror}; choose another with AMENDS_DATA_DIR"
        ) from why
    _ = house.secret
    if not was_there:
        say(f"made the folder {folder.resolve()}")
    if not had_secret and secret.exists():
        say(f"made the secret {secret.resolve()}; keep a copy of it, apart from the rest and under lock")
    say(f"raw messages: {house.blobs.root}")


def _database(house: House) -> None:
    engine = open_engine(house.settings.database)
    try:
        missing = pending(engine)
    finally:
        engine.dispose()
    _ = house.database
    say(f"database: ran {', '.join(missing)}" if missing else "database: it has the tables of this version")


def _topics(house: House) -> None:
    if house.kafka is None:
        return
    plans = house.topic_plans
    try:
        made = house.topics.ensure(plans)
    except Misconfigured:
        faults = house.topics.faults(plans)
        for plan in plans.values():
            name = house.kafka.topic(plan.name)
            if any(name in fault.split() for fault in faults):
                wanted = ", ".join(f"{setting}={value}" for setting, value in plan.configs().items())
                say(f"missing: topic {name} with {plan.partitions} partitions, {wanted}")
        raise
    say(f"topics: made {', '.join(made)}" if made else "topics: they are there")
