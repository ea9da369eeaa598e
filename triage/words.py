"""How much spaCy remembers of the words it has met: the first ones for good, later ones for some thousand texts.

To cut a word off and look it up costs spaCy several times as much the first time. What it remembers would grow for
ever, so it is given back from time to time (`Language.memory_zone`); but within such a zone spaCy caches nothing of how
it cut. So the words that come first, which are the common ones, are met outside of any.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

from spacy.language import Language
from spacy.tokens import Doc

#: So many words are remembered for good: some megabytes.
REMEMBERED = 20_000
#: So many texts are read before the words that came later are given back.
TEXTS_AT_MOST = 2048


class Words:
    """The words that a pipeline remembers. One of these at a time cuts for it: zones do not nest.

    The pipeline must not be written to disk any more, for it may hold words of messages.
    """

    def __init__(self, nlp: Language, *, remembered: int = REMEMBERED, at_most: int = TEXTS_AT_MOST) -> None:
        self._nlp = nlp
        self._remembered = remembered
        self._at_most = at_most
        self._zone: AbstractContextManager[Any] | None = None
        self._texts = 0
        tokenizer: Any = nlp.tokenizer
        tokenizer.max_cache_size = remembered

    def begin(self, texts: int) -> None:
        """Make ready for so many texts together. Docs that were made before are of no use after it."""
        if self._texts + texts > self._at_most:
            zone, self._zone, self._texts = self._zone, None, 0
            if zone is not None:
                zone.__exit__(None, None, None)
        self._texts += texts

    def cut(self, text: str) -> Doc:
        """Cut a text into words."""
        if self._zone is None and len(self._nlp.vocab) >= self._remembered:
            self._zone = self._nlp.memory_zone()
            self._zone.__enter__()
        return self._nlp.make_doc(text)
