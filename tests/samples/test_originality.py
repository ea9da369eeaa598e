"""No two messages share a sentence, unless one says that it repeats the other."""

from itertools import combinations

from tests.samples.reading import expected, own_words, sentences, texts, without_marks

EXPECTED = expected()
TEXTS = texts()


def test_no_sentence_of_eight_words_is_in_two_messages() -> None:
    declared = {frozenset((entry.file, other)) for entry in EXPECTED for other in entry.repeats}
    said = {ref: sentences(own_words(text)) for ref, text in TEXTS.items()}
    shared = [
        (one, other, sorted(said[one] & said[other]))
        for one, other in combinations(said, 2)
        if said[one] & said[other] and frozenset((one, other)) not in declared
    ]
    assert shared == []


def test_what_says_that_it_repeats_another_message_does() -> None:
    idle = [
        (entry.file, other)
        for entry in EXPECTED
        for other in entry.repeats
        if not sentences(without_marks(TEXTS[entry.file])) & sentences(without_marks(TEXTS[other]))
    ]
    assert idle == []


def test_the_test_itself_sees_a_shared_sentence() -> None:
    line = "The cat from next door has eaten the whole of my parcel again"
    assert sentences(f"Hello. {line}!\n\nBye") & sentences(own_words(f"> Quoted.\n{line}.")) == {line.lower()}
