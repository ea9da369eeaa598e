"""What a repository must not tell: where it was made, from which index, and with what."""

from __future__ import annotations

import hashlib
import re

import pytest

from tests.architecture.documents import tracked_files
from tests.support.places import REPOSITORY

_HOME = re.compile(rb"(?<![\w.])/(?:work|root|home|Users)/[\w.-]")
_INDEX = re.compile(rb"https?://[^\s/\"'>]*(?:pypi|pythonhosted)|--(?:extra-)?index-url[= ]\S", re.IGNORECASE)
#: Files of words and weights, whose bytes mean nothing when they are read as text.
_NOT_TEXT = {".npy", ".npz", ".onnx", ".png", ".ico", ".woff2"}
#: The pieces of words that the encoders know: first names are among them.
_VOCABULARIES = {"triage/model/amends_encoder/tokenizer.json"}
#: Names of programs that have no place here, as digests, so that they do not stand here either.
_STRANGERS = {
    "3ea125d0bff386e6",
    "60965168ce762e94",
    "7d3194f79e645c42",
    "c70eca6b0f88f44d",
    "c857d09db23e6822",
}


@pytest.fixture(scope="module")
def words() -> dict[str, bytes]:
    return {
        str(path.relative_to(REPOSITORY)): path.read_bytes() for path in tracked_files() if path.suffix not in _NOT_TEXT
    }


def test_no_file_names_a_folder_of_the_machine_it_was_written_on(words: dict[str, bytes]) -> None:
    assert {path: found.group() for path, text in words.items() if (found := _HOME.search(text))} == {}


def test_no_file_names_an_index_of_packages(words: dict[str, bytes]) -> None:
    assert {path: found.group() for path, text in words.items() if (found := _INDEX.search(text))} == {}


def test_no_file_names_a_program_that_is_no_part_of_it(words: dict[str, bytes]) -> None:
    found = {
        (path, word.decode())
        for path, text in words.items()
        if path not in _VOCABULARIES
        for word in set(re.findall(rb"[a-z]{4,}", text.lower()))
        if hashlib.sha256(word).hexdigest()[:16] in _STRANGERS
    }

    assert found == set()


def test_the_digests_of_those_programs_are_looked_up_as_words_are() -> None:
    assert all(re.fullmatch(r"[0-9a-f]{16}", digest) for digest in _STRANGERS)
