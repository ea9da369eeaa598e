"""Training: what it learns from is read as it is meant, what it exports is what it fitted, what it chooses holds."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import spacy
from spacy.tokens import Doc

from amends.domain.verdict import Flag, FlagName, Kind, Severity
from amends.ports import TextToJudge
from tests.support.places import shared_data
from triage.calibration import Band, Calibration
from triage.components import KINDS, Encoder, keep_text
from triage.components.encoder import (
    MOST_WINDOWS,
    SHARED_PIECES,
    WINDOW_PIECES,
    Span,
    harm_of,
    looks_at,
    readable_by_the_encoder,
    spans_of,
    surest_of,
    windows_of,
)
from triage.components.learned import agreed_flag, likeliest_first, sentences_of, standing_flags
from triage.components.looks import Look, Words
from triage.components.tokens import blank_pipeline
from triage.pipeline import Judge, load_judge
from triage.training.sources import DEFINED_BY, DEFINITIONS, OURS, PUBLIC, Example, kind_of, own_example, read_rows

jax = pytest.importorskip("jax", reason="the extra `train` is not installed")

from triage.training.batches import UNKNOWN, Window, batches, windows  # noqa: E402
from triage.training.calibrate import (  # noqa: E402
    CAUGHT,
    GROUPS,
    LOOKED_AT_AGAIN,
    NEAR_BEST,
    RIGHT,
    chosen_by,
    harm_chosen_by,
    unsure_bands,
)
from triage.training.distil import Lessons, distil, pieces_of, told_by  # noqa: E402
from triage.training.export import Arithmetic, graph_of, words_of  # noqa: E402
from triage.training.fit import Settings, average, fit, scores  # noqa: E402
from triage.training.network import HEAD_SIZE, HEADS, SILENT, answers, dropped, encode  # noqa: E402
from triage.training.store import read_params, write_params  # noqa: E402
from triage.training.thin import thinner  # noqa: E402
from triage.training.vocabulary import tokenizer_of  # noqa: E402

_WIDTH, _WIDE, _LAYERS = 96, 192, 2
_OF_TEXTS = ("kind", "harm")
_PIECES = [
    "[PAD]",
    "[UNK]",
    "[CLS]",
    "[SEP]",
    *"abcdefghijklmnopqrstuvwxyz.'",
    *(f"##{one}" for one in "abcdefghilmnorstu"),
]
_PIECES += ["the", "boiler", "broke", "my", "son", "was", "burned", "thank", "you", "when", "do", "open"]


def small_params(seed: int = 1) -> dict[str, Any]:
    """Make random weights of the encoder's shape."""
    rng = np.random.default_rng(seed)

    def normal(*shape: int) -> Any:
        return rng.normal(0, 0.2, shape).astype(np.float32)

    def norm(*shape: int) -> list[Any]:
        return [1 + normal(*shape), normal(*shape)]

    return {
        "words": normal(len(_PIECES), _WIDTH),
        "places": normal(256, _WIDTH),
        "norm": norm(_WIDTH),
        "layers": {
            "qkv": [normal(_LAYERS, _WIDTH, 3 * _WIDTH), normal(_LAYERS, 3 * _WIDTH)],
            "out": [normal(_LAYERS, _WIDTH, _WIDTH), normal(_LAYERS, _WIDTH)],
            "norm": norm(_LAYERS, _WIDTH),
            "wide": [normal(_LAYERS, _WIDTH, _WIDE), normal(_LAYERS, _WIDE)],
            "narrow": [normal(_LAYERS, _WIDE, _WIDTH), normal(_LAYERS, _WIDTH)],
            "last": norm(_LAYERS, _WIDTH),
        },
        "heads": {name: [normal(_WIDTH, outputs), normal(outputs)] for name, outputs in HEADS.items()},
    }


def silent_spans() -> list[Any]:
    """Make a head for flags that raises none before it has learnt."""
    return [np.zeros((_WIDTH, len(FlagName)), np.float32), np.full(len(FlagName), -4.0, np.float32)]


def give(
    encoder: Encoder, params: Any, heads: Any, tokenizer: Any, *, arithmetic: Arithmetic = Arithmetic.STORED
) -> None:
    """Give an encoder one look."""
    encoder.set_model(
        words=Words(graph=words_of(params)), looks=[look_of(params, heads, arithmetic)], tokenizer=tokenizer
    )


def look_of(params: Any, heads: Any, arithmetic: Arithmetic = Arithmetic.STORED) -> Look:
    return Look(graph=graph_of(params, arithmetic), heads=heads)


def example(text: str, kind: Kind, **more: Any) -> Example:
    return Example(text=text, kind=kind, channel="email", source="ours", weight=1.0, fold=50, **more)


def four_examples() -> list[Example]:
    return [
        example("the boiler broke", Kind.COMPLAINT, severity=Severity.LOW, flags=()),
        example("my son was burned", Kind.COMPLAINT, severity=Severity.CRITICAL, flags=((FlagName.SAFETY, 7, 17),)),
        example("thank you", Kind.PRAISE, flags=()),
        example("when do you open", Kind.ENQUIRY, tone=2),
    ]


def test_what_is_left_out_is_made_up_for_by_the_rest() -> None:
    whole = jax.numpy.ones((200, 1000))

    left = np.asarray(dropped(whole, jax.random.key(1), 0.1))

    assert (left == 0.0).mean() == pytest.approx(26 / 256, abs=0.005)
    assert left.mean() == pytest.approx(1.0, abs=0.005)
    assert dropped(whole, None, 0.1) is whole


@pytest.mark.parametrize(
    ("arithmetic", "near"), [(Arithmetic.FLOAT, 0.03), (Arithmetic.STORED, 0.25), (Arithmetic.INTEGER, 0.3)]
)
def test_the_exported_graph_says_what_the_network_says(arithmetic: Arithmetic, near: float) -> None:
    params = small_params()
    ids = np.array([[2, 5, 9, 30, 40, 3], [2, 50, 3, 0, 0, 0]], np.int32)
    mask = ids > 0
    read = encode(params, jax.numpy.asarray(ids), jax.numpy.asarray(mask), key=None, dropout=0.0)
    said = answers(params, read, jax.numpy.asarray(mask), key=None, dropout=0.0)
    state = np.asarray(read)

    texts = [row[row > 0].tolist() for row in ids]
    look = Look(graph=graph_of(params, arithmetic, texts), heads={"kind": np.zeros((_WIDTH + 1, 1), np.float32)})
    total, peak, spans = look.run(Words(graph=words_of(params)).seen(ids), mask.astype(np.int32))
    weights, bias = params["heads"]["peak"]
    peaks = np.where(mask[:, :, None], state @ weights + bias, SILENT).max(axis=1)

    assert total == pytest.approx((state * mask[:, :, None]).sum(axis=1), abs=near * 8)
    assert peak == pytest.approx(peaks, abs=near * 8)
    assert spans[mask] == pytest.approx(np.asarray(said["spans"])[mask], abs=near * 8)


def test_a_fit_is_repeatable_learns_and_survives_its_file(tmp_path: Path) -> None:
    tokenizer = tokenizer_of(_PIECES)
    examples = four_examples()
    cut = windows(examples, tokenizer)
    settings = Settings(epochs=25, rate=2e-3, head_rate=5e-3, dropout=0.0, warm_up=0.0)

    first, second = (
        fit(small_params(), examples, cut, tokenizer, settings, seed=3, say=lambda _line: None) for _ in range(2)
    )

    assert jax.tree.all(jax.tree.map(np.array_equal, first, second))
    assert scores(first, examples, cut, tokenizer)["kind"].argmax(axis=1).tolist() == [0, 0, 2, 1]
    write_params(tmp_path / "fitted.npz", average([first, second]))
    assert jax.tree.all(jax.tree.map(np.allclose, read_params(tmp_path / "fitted.npz"), first))


def texts_to_thin_on() -> list[tuple[Any, Any]]:
    ids = np.random.default_rng(5).integers(2, len(_PIECES), (40, 16)).astype(np.int32)
    return [(ids, np.arange(16)[None, :] < np.arange(4, 44)[:, None] % 13 + 3)]


def test_what_a_thinner_encoder_loses_is_what_was_missed_least() -> None:
    whole = small_params()
    # A head and a neuron that say nothing in any layer, and neurons that say the same as their neighbours.
    whole["layers"]["out"][0][:, :HEAD_SIZE] = 0
    whole["layers"]["narrow"][0][:, 3] = 0
    for one in whole["layers"]["wide"]:
        one[..., 6] = one[..., 7]
    [(ids, mask)] = texts_to_thin_on()

    def last(params: Any) -> Any:
        return np.asarray(encode(params, jax.numpy.asarray(ids), jax.numpy.asarray(mask), key=None, dropout=0.0))[mask]

    heads = _WIDTH // HEAD_SIZE
    spared = thinner(whole, [(ids, mask)], heads=heads - 1, neurons=_WIDE - 2)
    less = thinner(whole, [(ids, mask)], heads=heads - 1, neurons=_WIDE // 4)

    assert spared["layers"]["qkv"][0].shape == (_LAYERS, _WIDTH, 3 * _WIDTH - 3 * HEAD_SIZE)
    assert spared["layers"]["wide"][0].shape == (_LAYERS, _WIDTH, _WIDE - 2)
    assert np.array_equal(
        spared["layers"]["qkv"][0],
        whole["layers"]["qkv"][0].reshape(_LAYERS, _WIDTH, 3, -1)[..., HEAD_SIZE:].reshape(_LAYERS, _WIDTH, -1),
    )
    away = [float(np.mean((last(one) - last(whole)) ** 2) / np.var(last(whole))) for one in (spared, less)]
    assert away[0] < 0.01 < away[1]


def test_pieces_are_cut_short_or_joined_with_their_like() -> None:
    long = [Window(example=0, ids=list(range(100)), spans=[(0, 1, 2)])]
    short = [Window(example=at, ids=[1000 + 10 * at + word for word in range(10)], spans=()) for at in (1, 2, 3)]

    made = pieces_of([*long, *short], lambda window: str(window.example == 0), np.random.default_rng(1))

    assert [piece.example for piece in made] == [0, 1, 2, 3]
    assert {piece.spans for piece in made} == {()}, "whose words they were is not known any more"
    assert 25 <= len(made[0].ids) <= 80
    assert set(made[0].ids) <= set(long[0].ids)
    assert all(set(piece.ids) <= {word for window in short for word in window.ids} for piece in made[1:])
    assert all(set(piece.ids) & set(window.ids) for piece, window in zip(made[1:], short, strict=True))


def test_a_thinner_encoder_is_taught_to_say_what_the_whole_one_says() -> None:
    tokenizer = tokenizer_of(_PIECES)
    examples = four_examples()
    cut = windows(examples, tokenizer)
    settings = Settings(epochs=25, rate=2e-3, head_rate=5e-3, dropout=0.0, warm_up=0.0)
    whole = fit(small_params(), examples, cut, tokenizer, settings, seed=3, say=lambda _line: None)
    thin = thinner(whole, texts_to_thin_on(), heads=1, neurons=_WIDE // 8)
    taught = told_by(whole, cut, tokenizer)

    def away(params: Any) -> float:
        return float(
            np.mean(
                [
                    np.mean((new.end - was.end) ** 2)
                    for new, was in zip(told_by(params, cut, tokenizer), taught, strict=True)
                ]
            )
        )

    first, second = (
        distil(
            whole,
            thin,
            examples,
            taught,
            tokenizer,
            Lessons(steps=60, rate=3e-3),
            labelled=lambda window: window is not cut[3],
            seed=1,
            say=lambda _line: None,
        )
        for _ in range(2)
    )

    assert jax.tree.all(jax.tree.map(np.array_equal, first, second))
    assert away(first) < away(thin) / 3
    assert np.array_equal(first["words"], whole["words"])
    assert scores(first, examples, cut, tokenizer)["kind"].argmax(axis=1).tolist() == [0, 0, 2, 1]


def test_a_batch_holds_each_text_once_with_what_its_source_says() -> None:
    tokenizer = tokenizer_of(_PIECES)
    examples = [
        example("my son was burned", Kind.COMPLAINT, severity=Severity.HIGH, flags=((FlagName.SAFETY, 7, 17),)),
        replace(example("thank you", Kind.PRAISE, tone=3), source="cesamard"),
        replace(example("my card", Kind.ENQUIRY), source="banking77"),
        replace(example("your bank", Kind.COMPLAINT), source="fincorp"),
    ]

    [batch] = batches(examples, windows(examples, tokenizer), tokenizer, None)

    assert batch.weight.tolist()[:5] == [1.0, 1.0, 1.0, 1.0, 0.0]
    follows = [[DEFINITIONS[at] for at in row.nonzero()[0]] for row in batch.source[:4]]
    assert follows == [[], ["cesamard"], [], ["xci"]], "ours, and chat with a bank, follow our own definition"
    assert batch.harm[:2].tolist() == [[1, 1, 0], [UNKNOWN] * 3]
    assert batch.tone[:2].tolist() == [[UNKNOWN] * 3, [1, 1, 0]]
    words = [tokenizer.id_to_token(int(one)) for one in batch.ids[0, batch.spans[0, :, 0] == 1]]
    assert words == ["was", "burned"]
    assert (batch.spans[1] == UNKNOWN).all()


def test_windows_leave_no_piece_out_and_overlap() -> None:
    for pieces in (1, WINDOW_PIECES, WINDOW_PIECES + 1, 3000):
        found = windows_of(pieces)
        assert found[0][0] == 0
        assert found[-1][1] == pieces
        assert all(later[0] == earlier[1] - SHARED_PIECES for earlier, later in pairwise(found))


def test_of_a_text_beyond_all_bounds_the_beginning_and_the_end_are_read() -> None:
    found = windows_of(100_000)

    assert len(found) == MOST_WINDOWS
    assert (found[0][0], found[-1][1]) == (0, 100_000)


def test_handles_and_marks_of_omission_are_read_alike_and_the_length_is_kept() -> None:
    text = "@BrackenEnergy are you there... mail me@example.org\u2026"

    assert readable_by_the_encoder(text) == "@user          are you there    mail me@example.org "


def test_bands_are_chosen_so_that_enough_complaints_are_caught_or_referred() -> None:
    rng = np.random.default_rng(5)
    kinds = np.array([0] * 300 + [1] * 300)
    raw = rng.normal(0, 1, (600, len(KINDS)))
    raw[np.arange(600), kinds] += 2.5
    odds = np.exp(raw) / np.exp(raw).sum(axis=1, keepdims=True)
    examples = [
        example(f"t{at}", KINDS[kind], severity=Severity.LOW if kind == 0 else None) for at, kind in enumerate(kinds)
    ]

    chosen = chosen_by(odds, examples, np.zeros(600, bool))
    all_but_a_few_shown = chosen_by(odds, examples, np.arange(600) < 295)

    told = chosen.found["mails and forms"]
    assert told["caught_or_referred"] >= CAUGHT
    assert told["called_complaints_that_are"] >= RIGHT
    band, unknown = chosen.calibration.channels["email"], chosen.calibration.unknown
    assert unknown.ask_from < band.ask_from < band.complaint_from < unknown.complaint_from
    assert all_but_a_few_shown.calibration.channels["email"].ask_from > band.ask_from, (
        "what is shown anyway costs nothing"
    )


def test_by_the_labels_of_others_a_complaint_begins_as_low_as_kinds_still_come_out_nearly_as_right() -> None:
    # Complaints from 0.45 on, the others spread up to 0.4: the best cut is wrong of none, a lower one of a few.
    odds = np.full((200, len(KINDS)), 0.0)
    odds[:100, 0] = np.linspace(0.45, 0.9, 100)
    odds[100:, 0] = np.linspace(0.0, 0.4, 100)
    odds[:, 1] = 1 - odds[:, 0]
    examples = [
        replace(example(f"t{at}", Kind.COMPLAINT if at < 100 else Kind.ENQUIRY), source="xci", channel="social")
        for at in range(200)
    ]

    band = chosen_by(odds, examples, np.zeros(200, bool)).calibration.channels["x"]

    assert band.source == "xci"
    honest = odds[:, 0] ** (1 / band.temperature)
    honest /= honest + odds[:, 1] ** (1 / band.temperature)
    called_wrongly = (honest[100:] >= band.complaint_from).mean()
    assert 0 < called_wrongly <= 2 * NEAR_BEST + 0.01


def test_no_definition_is_learnt_that_no_channel_is_judged_by() -> None:
    assert {*DEFINITIONS, OURS} == {group.source for group in GROUPS.values()}
    assert DEFINED_BY.keys() <= set(PUBLIC)


def test_a_grade_and_words_count_from_where_few_are_graded_too_high() -> None:
    nlp = blank_pipeline()
    docs, examples = [], []
    for at in range(200):
        is_high, likely = at % 2 == 0, (at % 100) / 100
        text = "the boiler broke"
        doc = keep_text(nlp.make_doc(text), text)
        # Grades that tell high from low, but for five low ones; words that do so from 0.5 on.
        odds = 0.6 if is_high or at in (1, 3, 5, 7, 9) else 0.2
        doc.user_data["amends_harm"] = {Severity.MEDIUM: odds, Severity.HIGH: odds, Severity.CRITICAL: 0.05}
        if likely >= 0.5 or not is_high:
            span = Span(flag=FlagName.MEDIA, start=4, end=10, probability=likely if is_high else 0.35)
            doc.user_data["amends_spans"] = [span]
        docs.append(doc)
        flags = ((FlagName.MEDIA, 4, 10),) if is_high and likely >= 0.5 else ()
        severity = Severity.HIGH if is_high else Severity.LOW
        examples.append(example(text, Kind.COMPLAINT, severity=severity, flags=flags))

    chosen, found = harm_chosen_by(docs, examples)

    assert 0.35 < chosen.span_from <= 0.5
    assert 0.2 < chosen.harm_from["high"] <= 0.6
    assert found["flags"] == {"texts": 200, "precision": 1.0, "recall": 1.0}
    assert found["harm"]["high: reached of those that should"] == 1.0
    assert found["harm"]["high: reached of those that should not"] == 0.05


def test_a_flag_of_a_rule_falls_where_the_encoder_is_sure_and_a_critical_one_never() -> None:
    text = "the boiler broke and nobody has come yet"
    doc = keep_text(blank_pipeline().make_doc(text), text)
    flags = tuple(
        Flag(name=name, quote="broke", start=11, end=16, rule=f"r.{name.value}", severity=severity)
        for name, severity in (
            (FlagName.SAFETY, Severity.CRITICAL),
            (FlagName.MEDIA, Severity.HIGH),
            (FlagName.FRAUD, Severity.HIGH),
        )
    )
    assert standing_flags(doc, flags, 0.01) == flags, "what was not read rules nothing out"

    doc.user_data["amends_likely"] = {FlagName.SAFETY: 0.001, FlagName.MEDIA: 0.001, FlagName.FRAUD: 0.01}

    assert [flag.name for flag in standing_flags(doc, flags, 0.01)] == [FlagName.SAFETY, FlagName.FRAUD]
    assert [flag.name for flag in standing_flags(doc, flags, 0.01, 0.02)] == [FlagName.SAFETY, FlagName.FRAUD]

    few = keep_text(doc, "the boiler broke and nobody came")
    assert standing_flags(few, flags, 0.01) == flags, "of few words the encoder knows nothing that a rule did not see"

    letter = keep_text(doc, text + ", it said" * 11)

    assert [flag.name for flag in standing_flags(letter, flags, 0.01, 0.02)] == [FlagName.SAFETY]


def test_of_a_long_text_the_sentences_that_hold_a_grave_flag_are_tried_first() -> None:
    text = "It rained. The bus burned. We walked. My hand hurts."
    doc = keep_text(blank_pipeline().make_doc(text), text)
    doc.user_data["amends_surest"] = [
        Span(flag=FlagName.SAFETY, start=19, end=25, probability=0.2),
        Span(flag=FlagName.SELF_HARM, start=46, end=51, probability=0.6),
        Span(flag=FlagName.MEDIA, start=3, end=9, probability=0.9),
    ]

    found = likeliest_first(doc, sentences_of(text), Severity.CRITICAL)

    assert [text[start:end].strip() for start, end in found] == [
        "My hand hurts.", "The bus burned.", "It rained.", "We walked.",
    ]  # fmt: skip


def test_a_message_of_ours_is_read_with_its_subject_and_where_its_flags_stand() -> None:
    row = {
        "subject": "Kettle", "text": "It burned me.", "channel": "form", "kind": "complaint", "severity": "critical",
        "flags": [{"flag": "safety", "quote": "burned me"}],
    }  # fmt: skip

    read = own_example(row)

    [(flag, start, end)] = read.flags or ()
    assert (flag, read.text[start:end], read.severity) == (FlagName.SAFETY, "burned me", Severity.CRITICAL)


def test_a_pipeline_with_an_encoder_raises_flags_by_words_that_no_rule_knows(tmp_path: Path) -> None:
    pieces = [*_PIECES, "blorked", "not", "if", "is", "late", "bus"]
    tokenizer = tokenizer_of(pieces)
    told = ((FlagName.SAFETY, 7, 18),)
    examples = [
        example("my son was blorked", Kind.COMPLAINT, severity=Severity.CRITICAL, flags=told),
        example("the bus is late", Kind.COMPLAINT, severity=Severity.LOW, flags=()),
        example("thank you", Kind.PRAISE, flags=()),
        example("when do you open", Kind.ENQUIRY, flags=()),
    ]
    params = small_params()
    params["heads"]["spans"] = silent_spans()
    params["words"] = np.random.default_rng(2).normal(0, 0.2, (len(pieces), _WIDTH)).astype(np.float32)
    settings = Settings(epochs=60, rate=2e-3, head_rate=1e-2, dropout=0.0, warm_up=0.0, still=0)
    fitted = fit(params, examples, windows(examples, tokenizer), tokenizer, settings, seed=3, say=lambda _line: None)
    nlp = blank_pipeline(version="test")
    for name in ("amends_passages", "amends_encoder", "amends_flags"):
        nlp.add_pipe(name)
    encoder = nlp.get_pipe("amends_encoder")
    assert isinstance(encoder, Encoder)
    heads = {
        name: np.concatenate([fitted["heads"][name][0], fitted["heads"][name][1][None]]) for name in ("kind", "harm")
    }
    give(encoder, fitted, heads, tokenizer)
    band = Band(ask_from=0.2, complaint_from=0.4)
    calibration = Calibration(channels={}, unknown=band, harm_from={"critical": 0.9})
    nlp.to_disk(tmp_path)
    calibration.write(tmp_path)

    burned, late, supposed = load_judge(tmp_path).judge(
        [
            TextToJudge("my son was blorked", "email"),
            TextToJudge("the bus is late", "email"),
            TextToJudge("what if my son was blorked", "email"),
        ]
    )

    [flag] = burned.flags
    assert (flag.name, flag.rule, flag.severity) == (FlagName.SAFETY, "learned.safety", Severity.CRITICAL)
    assert "blorked" in flag.quote
    assert burned.severity is Severity.CRITICAL
    assert (late.kind, late.flags) == (Kind.COMPLAINT, ())
    assert [flag for flag in supposed.flags if flag.rule == "learned.safety"] == []


def test_what_only_a_public_set_calls_a_complaint_moves_our_own_definition_nowhere() -> None:
    tokenizer = tokenizer_of(_PIECES)
    examples = [
        example("the boiler broke", Kind.COMPLAINT),
        example("when do you open", Kind.ENQUIRY),
        replace(example("when do you open", Kind.COMPLAINT), source="xci"),
    ]
    cut = windows(examples, tokenizer)
    settings = Settings(epochs=40, rate=1e-3, head_rate=2e-2, dropout=0.0, warm_up=0.0)

    fitted = fit(small_params(), examples, cut, tokenizer, settings, seed=3, say=lambda _line: None)

    assert scores(fitted, examples, cut, tokenizer)["kind"].argmax(axis=1).tolist() == [0, 1, 0]


def test_a_channel_is_judged_by_the_definition_that_its_band_names() -> None:
    nlp = blank_pipeline(version="test")
    encoder: Any = nlp.add_pipe("amends_encoder", config={})
    heads = {"kind": np.zeros((_WIDTH + 1, len(KINDS)), np.float32), "harm": np.zeros((_WIDTH + 1, 3), np.float32)}
    heads["kind"][-1, 1] = 5.0
    heads["kind by xci"] = np.zeros((_WIDTH + 1, len(KINDS)), np.float32)
    heads["kind by xci"][-1, 0] = 9.0
    params = small_params()
    params["heads"]["peak"] = [np.zeros_like(one) for one in params["heads"]["peak"]]
    give(encoder, params, heads, tokenizer_of(_PIECES))
    ours = Band(ask_from=0.4, complaint_from=0.5)
    judge = Judge(nlp, Calibration(channels={"x": replace(ours, source="xci")}, unknown=ours), model="test")

    on_x, by_mail = judge.judge([TextToJudge("when do you open", channel) for channel in ("x", "email")])

    assert (on_x.kind, by_mail.kind) == (Kind.COMPLAINT, Kind.ENQUIRY)


def sure_heads(kind: float, harm: tuple[float, float, float] = (-9.0, -9.0, -9.0)) -> dict[str, Any]:
    """Make heads that take any text for a complaint with these log-odds against an enquiry, and grade it so."""
    heads = {"kind": np.zeros((_WIDTH + 1, len(KINDS)), np.float32), "harm": np.zeros((_WIDTH + 1, 3), np.float32)}
    heads["kind"][-1] = [kind, 0.0, *[-20.0] * (len(KINDS) - 2)]
    heads["harm"][-1] = harm
    return heads


def two_looks(first: dict[str, Any], second: dict[str, Any]) -> Any:
    """Make a pipeline whose encoder says first the one and then the other, of any text."""
    nlp = blank_pipeline(version="test")
    encoder: Any = nlp.add_pipe("amends_encoder")
    params = small_params()
    params["heads"]["spans"] = silent_spans()
    params["heads"]["peak"] = [np.zeros_like(one) for one in params["heads"]["peak"]]
    looks = [look_of(params, heads) for heads in (first, second)]
    encoder.set_model(words=Words(graph=words_of(params)), looks=looks, tokenizer=tokenizer_of(_PIECES))
    return nlp


def test_what_the_first_look_is_unsure_of_is_looked_at_again_and_what_it_is_sure_of_is_not(tmp_path: Path) -> None:
    two_looks(sure_heads(-0.1), sure_heads(5.0)).to_disk(tmp_path)
    nlp = spacy.load(tmp_path)
    band = Band(ask_from=0.9, complaint_from=0.9)
    calibration = Calibration(
        channels={
            "x": replace(band, again_from=0.4, again_to=0.6),
            "email": replace(band, again_from=0.5, again_to=0.6),
        },
        unknown=band,
    )
    text = "when do you open"

    unsure, surer, automatic = Judge(nlp, calibration, model="test").judge(
        [TextToJudge(text, "x"), TextToJudge(text, "email"), TextToJudge(text, "x", automatic=True)]
    )

    assert (unsure.kind, round(unsure.confidence, 2)) == (Kind.COMPLAINT, 0.99)
    assert (surer.kind, round(surer.confidence, 2)) == (Kind.ENQUIRY, 0.52)
    assert automatic.kind is Kind.MACHINE


def test_a_second_look_leaves_nothing_of_the_first() -> None:
    nlp = two_looks(sure_heads(3.0, (4.0, 3.0, 3.0)), sure_heads(-3.0))
    [doc] = nlp.pipe([keep_text(nlp.make_doc("my son was burned"), "my son was burned")])
    doc.user_data["amends_spans"] = [Span(flag=FlagName.SAFETY, start=0, end=2, probability=0.9)]
    assert looks_at(doc) == 1
    assert len(surest_of(doc)) == len(FlagName)

    nlp.get_pipe("amends_encoder").look_again([doc])

    assert looks_at(doc) == 2
    assert doc.cats[Kind.COMPLAINT] < 0.1
    assert max(harm_of(doc).values()) < 0.1
    assert (spans_of(doc), surest_of(doc)) == ([], [])


def test_an_encoder_without_weights_or_of_another_version_says_so(tmp_path: Path) -> None:
    nlp = blank_pipeline(version="test")
    encoder: Any = nlp.add_pipe("amends_encoder")
    with pytest.raises(ValueError, match="no weights yet"):
        encoder.to_disk(tmp_path / "none")
    two_looks(sure_heads(0.0), sure_heads(0.0)).to_disk(tmp_path / "two")
    about = tmp_path / "two" / "amends_encoder" / "encoder.json"
    told = json.loads(about.read_text())
    del told["looks"]
    about.write_text(json.dumps(told))

    with pytest.raises(ValueError, match="another version of Amends; train again: make model"):
        spacy.load(tmp_path / "two")


def test_the_texts_nearest_to_where_complaints_begin_are_worth_a_second_look() -> None:
    rng = np.random.default_rng(2)
    complaint = np.clip(np.concatenate([rng.normal(0.75, 0.2, 300), rng.normal(0.2, 0.2, 300)]), 0.001, 0.999)
    said = np.zeros((600, len(KINDS)))
    said[:, 0], said[:, 1] = complaint, 1 - complaint
    ours = [example(f"t{at}", Kind.COMPLAINT if at < 300 else Kind.ENQUIRY) for at in range(600)]
    tweets = [replace(one, source="xci", channel="social") for one in ours]

    found = unsure_bands(np.concatenate([said, said]), [*ours, *tweets])

    again = np.array([found.is_worth_another_look("x", float(one)) for one in complaint])
    assert again.mean() == pytest.approx(LOOKED_AT_AGAIN, abs=0.02)
    is_one = np.arange(600) < 300
    assert 0.25 < is_one[again].mean() < 0.75, "they are of both kinds"
    assert is_one[complaint >= found.channels["x"].again_to].mean() > 0.85, "those above them are mostly complaints"
    assert is_one[complaint < found.channels["x"].again_from].mean() < 0.15
    assert not any(found.is_worth_another_look("email", float(one)) for one in complaint), "no mail is more right by it"
    assert not found.is_doubtful("x", 0.99), "nobody is asked by it"


def test_words_and_grade_raise_together_what_neither_would_alone() -> None:
    def read(text: str, likely: float, start: int, *, spans: bool = False) -> Doc:
        doc = keep_text(blank_pipeline().make_doc(text), text)
        surest = Span(flag=FlagName.FRAUD, start=start, end=start + 4, probability=likely)
        doc.user_data["amends_surest"] = [surest, replace(surest, flag=FlagName.MEDIA, probability=likely / 2)]
        if spans:
            doc.user_data["amends_spans"] = [replace(surest, end=start + 15)]
        return doc

    text = "It rained. He took my card and left. Bye."
    told = agreed_flag(read(text, 0.3, 14), Severity.HIGH, 0.2)
    by_its_span = agreed_flag(read(text, 0.3, 14, spans=True), Severity.HIGH, 0.2)

    assert told is not None
    assert (told.name, told.quote, told.rule) == (FlagName.FRAUD, "He took my card and left.", "learned.fraud")
    assert text[told.start : told.end] == told.quote
    assert by_its_span is not None
    assert by_its_span.quote == text[14:29]
    assert agreed_flag(read(text, 0.1, 14), Severity.HIGH, 0.2) is None, "hardly likely"
    assert agreed_flag(read(text, 0.3, 14), Severity.CRITICAL, 0.2) is None, "of another severity"
    assert agreed_flag(read("What if he took my card?", 0.3, 11), Severity.HIGH, 0.2) is None, "supposed"


def test_a_grade_that_stands_alone_asks_a_person_and_quotes_what_drove_it() -> None:
    nlp = blank_pipeline(version="test")
    nlp.add_pipe("amends_encoder", config={})
    judge = Judge(nlp, Calibration(channels={}, unknown=Band(ask_from=0.4, complaint_from=0.4)), model="test")
    encoder: Any = nlp.get_pipe("amends_encoder")
    rng = np.random.default_rng(0)
    heads = {"kind": np.zeros((_WIDTH + 1, len(KINDS)), np.float32), "harm": np.zeros((_WIDTH + 1, 3), np.float32)}
    # Surely a complaint, surely high, surely not critical, whatever it says.
    heads["kind"][-1, 0] = 9.0
    heads["harm"][-1] = 3.0, 2.0, -9.0
    heads["harm"][:-1, 1] = rng.normal(0, 0.05, _WIDTH)
    params = small_params()
    params["heads"]["spans"] = silent_spans()
    params["heads"]["peak"] = [np.zeros_like(one) for one in params["heads"]["peak"]]
    give(encoder, params, heads, tokenizer_of(_PIECES))

    [verdict] = judge.judge([TextToJudge("the boiler broke. thank you! when do you open?", "email")])

    assert (verdict.kind, verdict.severity, verdict.needs_person) == (Kind.COMPLAINT, Severity.HIGH, True)
    [driving] = [flag for flag in verdict.flags if flag.rule == "learned.high_grade"]
    assert driving.quote.strip() in ("the boiler broke.", "thank you!", "when do you open?")


def test_the_gravest_piece_of_a_long_text_is_heard_whatever_stands_around_it() -> None:
    nlp = blank_pipeline(version="test")
    encoder: Any = nlp.add_pipe("amends_encoder")
    heads = {"kind": np.zeros((_WIDTH + 1, len(KINDS)), np.float32), "harm": np.zeros((_WIDTH + 1, 3), np.float32)}
    params = small_params()
    params["heads"]["spans"] = silent_spans()
    tokenizer = tokenizer_of(_PIECES)
    give(encoder, params, heads, tokenizer, arithmetic=Arithmetic.FLOAT)
    text = "the boiler broke " * 120 + "my son was burned"

    [doc] = encoder.pipe([keep_text(nlp.make_doc(text), text)])

    ids = tokenizer.encode(text).ids
    peaks = []
    for first, end in windows_of(len(ids)):
        window = jax.numpy.asarray([[2, *ids[first:end], 3]])
        state = encode(params, window, window >= 0, key=None, dropout=0.0)
        weights, bias = params["heads"]["peak"]
        peaks.append(np.asarray(state[0] @ weights + bias).max(axis=0))
    assert len(peaks) == 2
    peak = np.max(peaks, axis=0)
    odds = np.exp(peak[: len(KINDS)])
    harm = np.minimum.accumulate(1 / (1 + np.exp(-peak[len(KINDS) :])))
    assert list(doc.cats.values()) == pytest.approx(odds / odds.sum(), abs=0.02)
    assert list(harm_of(doc).values()) == pytest.approx(harm, abs=0.02)


def test_hard_ham_is_read_as_what_machines_send() -> None:
    assert kind_of({"topic": "hard-ham-1", "intent": "other"}) is Kind.MACHINE
    assert kind_of({"topic": "easy-ham-1", "intent": "other"}) is Kind.OTHER
    assert kind_of({"intent": None}) is None


def test_the_shipped_tokenizer_is_the_one_of_the_code(judge: Judge) -> None:
    text = "I don't know, my 84-year-old's kettle... £1,200.50 (see below)!!! @user #fail 😂😂"

    assert [token.text for token in judge.nlp.make_doc(text)] == [
        token.text for token in blank_pipeline().make_doc(text)
    ]


@pytest.mark.shared_data
def test_quotes_on_the_dev_files_equal_their_spans(judge: Judge) -> None:
    checked = 0
    for path in sorted((shared_data() / "triage").glob("*.dev.jsonl")):
        # A sixth will do: all of them take minutes.
        rows = list(read_rows(path))[::6]
        for row, verdict in zip(rows, judge.judge([TextToJudge(r["text"], r["channel"]) for r in rows]), strict=True):
            for flag in verdict.flags:
                assert row["text"][flag.start : flag.end] == flag.quote
                checked += 1

    assert checked > 50
