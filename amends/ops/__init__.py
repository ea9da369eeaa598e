"""What a service is watched by: figures, health and traces. The only home of prometheus_client and OpenTelemetry."""
