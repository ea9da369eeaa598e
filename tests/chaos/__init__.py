"""Everything is killed without warning, again and again, and each message still has one effect.

`python -m tests.chaos --messages 20000 --kills 200` does it on Apache Kafka and PostgreSQL, with the broker and
the database restarted in the middle; the journeys do it on either pair in small.
"""
