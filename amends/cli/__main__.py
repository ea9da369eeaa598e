"""`python -m amends.cli` is `amends`."""

from __future__ import annotations

from amends.cli.app import main

main()
