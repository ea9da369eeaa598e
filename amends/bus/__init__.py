"""The log between the stages: one port, and an adapter for each technology."""
