"""Training the classifier: run `python -m triage.training`."""
