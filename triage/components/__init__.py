"""The components of the triage pipeline; importing this package makes them known to spaCy."""

from triage.components.flags import FlagFinder, flags_of
from triage.components.kind import KINDS, KindClassifier
from triage.components.passages import Passages, others_words

__all__ = ["KINDS", "FlagFinder", "KindClassifier", "Passages", "flags_of", "others_words"]
