"""The log on Apache Kafka, for many machines. The only home of kafka-python."""
