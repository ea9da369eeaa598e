"""The components of the triage pipeline; importing this package makes them known to spaCy."""

from triage.components.encoder import KINDS, Encoder
from triage.components.flags import FlagFinder, flags_of
from triage.components.passages import Passages, keep_text, others_words, text_of

__all__ = [
    "KINDS",
    "Encoder",
    "FlagFinder",
    "Passages",
    "flags_of",
    "keep_text",
    "others_words",
    "text_of",
]
