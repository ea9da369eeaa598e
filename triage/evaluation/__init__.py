"""How good triage is, on labelled messages: figures with intervals, floors that must not be fallen below."""
