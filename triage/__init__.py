"""Triage: reads each message, says what kind it is and how serious, and quotes its reasons."""
