"""Checks everything that an installation needs, and says the remedy beside each fault. It changes nothing."""

from amends.doctor.examination import CHECKS, examine
from amends.doctor.finding import Finding

__all__ = ["CHECKS", "Finding", "examine"]
