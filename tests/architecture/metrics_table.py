"""The tables in `docs/metrics.md`: `python -m tests.architecture.metrics_table --write`."""

from __future__ import annotations

import sys

from amends.compose import SERVICES
from amends.ops.health import BOUND_S
from amends.ops.metrics import LABELS, METRICS
from tests.architecture.generated import DOCS, check_or_write, table_of

DOCUMENT = DOCS / "metrics.md"


def metrics_table() -> str:
    """Write the table: a row for each metric, in the order of the code."""
    return table_of(
        ("metric", "type", "unit", "labels", "origin", "what it is"),
        lambda: [
            (
                f"`{metric.name}`",
                metric.type.value,
                metric.unit,
                ", ".join(f"`{label}`" for label in metric.labels),
                metric.origin.value,
                metric.says,
            )
            for metric in METRICS
        ],
    )


def labels_table() -> str:
    """Write the table: a row for each label."""
    return table_of(("label", "its values"), lambda: [(f"`{name}`", says) for name, says in LABELS.items()])


def ports_table() -> str:
    """Write the table: a row for each service, in the order of their ports."""
    return table_of(
        ("service", "port", "with `ops_port = 9100`", "bound of `/livez`"),
        lambda: [
            (f"`{name}`", f"`ops_port` + {place}", str(9100 + place), f"{BOUND_S[name] / 60:.0f} min")
            for place, name in enumerate(SERVICES)
        ],
    )


TABLES = {"ports": ports_table, "metrics": metrics_table, "labels": labels_table}


if __name__ == "__main__":
    sys.exit(max([check_or_write(DOCUMENT, name, table()) for name, table in TABLES.items()]))
