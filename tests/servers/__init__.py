"""Real servers for tests, benchmarks and developers: Apache Kafka and PostgreSQL, on loopback and free ports.

`python -m tests.servers` starts both, says how to reach them and ends them with itself.
"""
