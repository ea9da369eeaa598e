"""Measures the pipeline on Apache Kafka and PostgreSQL, against the consumer that one would write in an afternoon.

Not shipped. `python -m bench.kafka` starts a broker and a database of its own, both as
durable as an installation's, measures everything in one run and writes its block of
`docs/performance.md`.
"""
