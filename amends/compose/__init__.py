"""The only wiring: which adapter stands behind which port.

Everything else takes what it needs as arguments. Nothing here decides anything.
spaCy, the web framework and kafka-python take a second to import; they are imported where
they are asked for, so that a command that needs none of them does not wait for them.

A `House` is built from the bottom up: `foundations` (database, log, blobs, pack, judge),
`networks` (our accounts), `replies` and `intake`, `stages`, `pages`.
"""

from amends.compose.commands import COMMANDS
from amends.compose.foundations import Reading, utc_now
from amends.compose.house import House
from amends.compose.names import KEPT_FOR_GOOD, SERVICES, STAGES, TOPIC_OF

__all__ = ["COMMANDS", "KEPT_FOR_GOOD", "SERVICES", "STAGES", "TOPIC_OF", "House", "Reading", "utc_now"]
