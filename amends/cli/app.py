"""The `amends` command: its groups, and what a person reads when something is wrong."""

from __future__ import annotations

import io
import os
import sys

import typer

from amends.bus.brake import StageBroken
from amends.cli import (
    background,
    cases,
    casework,
    channels,
    checking,
    dead,
    demo,
    desk,
    form,
    intake,
    mail,
    parked,
    rebuild,
    review,
    setup,
    triage,
    webhooks,
)
from amends.cli.opening import OPENED
from amends.cli.output import complain
from amends.errors import AmendsError
from amends.logs import told

app = typer.Typer(
    name="amends",
    help="Takes in complaints on every channel, says how serious each is and why, gets the right reply out in time.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("demo")(demo.demo)
app.command("up")(background.up)
app.command("run")(background.run)
app.command("setup")(setup.setup)
app.add_typer(intake.app, name="ingest")
app.command("reconcile")(intake.reconcile_sources)
app.add_typer(triage.app, name="triage")
app.add_typer(mail.app, name="mail")
app.add_typer(channels.app, name="channels")
app.add_typer(form.app, name="form")
app.add_typer(cases.queue_app, name="queue")
app.add_typer(casework.case_app, name="case")
app.add_typer(cases.task_app, name="task")
app.add_typer(review.app, name="review")
app.add_typer(parked.app, name="parked")
app.add_typer(dead.app, name="dead")
app.add_typer(webhooks.app, name="webhook")
app.add_typer(desk.app, name="desk")
app.add_typer(checking.audit_app, name="audit")
app.command("doctor")(checking.doctor)
app.command("rebuild")(rebuild.rebuild_database)
app.command("digest")(rebuild.show_digest)
app.command("summary")(checking.show_summary)


def main() -> None:
    """Run a command. What went wrong is said in a sentence, with exit code 1."""
    _write_what_can_be_written()
    try:
        try:
            app()
        finally:
            OPENED.close()
            sys.stdout.flush()
    except StageBroken as why:
        complain(str(why))
        sys.exit(background.STOPPED_ITSELF)
    except AmendsError as why:
        complain(str(why))
        sys.exit(1)
    except BrokenPipeError:
        # Whoever read our output has had enough; the interpreter must not try to write the rest at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
    except UnicodeEncodeError:
        complain("what was given holds bytes that are no text; write it in UTF-8")
        sys.exit(1)
    except OSError as why:
        complain(f"{why.strerror or type(why).__name__}{f': {why.filename}' if why.filename else ''}")
        sys.exit(1)
    except Exception as why:
        # A fault of ours. Its words may quote a customer, so only its kind and place are told.
        complain(f"this should not happen and is a fault of Amends: please report it with these words: {told(why)}")
        sys.exit(1)


def _write_what_can_be_written() -> None:
    """Write a question mark for a letter that the output's encoding has not, and nothing where there is no output."""
    sys.stdin = sys.stdin or open(os.devnull, encoding="utf-8")  # noqa: SIM115, PTH123 - it stays open to the end
    sys.stdout = sys.stdout or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123
    sys.stderr = sys.stderr or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
