"""What stages, services and topics are called."""

from __future__ import annotations

from amends.bus.port import Topic

#: The stages, in the order of the journey.
STAGES = ("triage", "respond", "deliver")
#: What `amends run` knows: the watcher of sources, the relay to Kafka, the stages, the web form, the desk, and what
#: tells programs.
SERVICES = ("ingest", "relay", *STAGES, "form", "desk", "webhooks")
#: Which topic each of them reads.
TOPIC_OF = {"triage": Topic.MESSAGES, "respond": Topic.TRIAGED, "deliver": Topic.OUTBOX}
#: Topics that the broker never forgets: a rebuild begins with them.
KEPT_FOR_GOOD = frozenset({Topic.MESSAGES, Topic.HISTORY})
