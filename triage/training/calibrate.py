"""Choosing temperatures, floors and thresholds, on texts that the model has not learnt from.

0. A message is looked at again where the first look is unsure: see `unsure_bands`. All that follows is chosen by what
   the last look said of each text.
1. For each group of channels one temperature makes the probabilities of kinds honest (least mean loss).
2. For each group whose labels are ours a message is called a complaint from the lowest probability from which on the
   share `RIGHT` of those called so are complaints; where there is none, from somewhat below a half. With labels of
   others, which are not sure to such a share themselves, from the lowest with which the macro-F1 is at most
   `NEAR_BEST` below the best: a complaint missed costs more than an enquiry taken seriously. On reviews it is the best.
3. From which probability on words raise a flag, and below which one a rule's flag falls, in a short text and in a
   long one: those three together that give the best F1 of flags, with a precision that is no lower than their
   recall.
4. The learned grade of harm reaches a severity from the lowest probability with which no more than the share
   `OVER_GRADED` of our held-out complaints below it are graded so high, be it by the grade or by a flag; and,
   together with words of a flag that are `WORDED_FROM` likely, from the lowest with which no more than
   `OVER_GRADED_WITH_WORDS` are.
5. A person is asked from the probabilities (one a group) that refer the fewest messages while of all complaints in
   the groups whose labels are ours at least `CAUGHT` are called complaints or shown to a person, be it for what
   they flag. A group with labels of others has a share of its own, for its labels are not our definition, and a
   person is asked there no later than on ours.

Nothing here reads the dev sides of the public sets or our own test messages. The bounds were set by hand, though:
`OVER_GRADED` by somebody who had seen what it did on our test messages, `RIGHT` on texts held out. `CAUGHT` is what is
asked for. `NEAR_BEST` was 0.01 at first, then 0.02, and 0.01 again, taken by somebody who had seen the dev sides.
That tweets are asked about no later than mails, and that no upper edge is above 0.47, was set after a first round had
fallen on the dev side of X-CI.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
import numpy.typing as npt
from spacy.language import Language
from spacy.tokens import Doc

from amends.domain.verdict import Flag, Kind, Severity, severity_of
from amends.ports import TextToJudge
from triage.calibration import Band, Calibration
from triage.components import KINDS, flags_of, keep_text
from triage.components.encoder import harm_of, kinds_of, looks_at
from triage.components.learned import agreed_flag, learned_flags, standing_flags
from triage.pipeline import Judge
from triage.text import readable
from triage.training.sources import OURS, Example

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

#: The share of tweets that is looked at again. A second look costs more than twice the first.
LOOKED_AT_AGAIN = 0.12
#: The share of our held-out complaints that must be caught or referred.
CAUGHT = 0.98
#: The share of messages called complaints that must be complaints.
RIGHT = 0.90
#: How much macro-F1 may be lost by calling more messages complaints; on some 200 texts it is not surer than that.
NEAR_BEST = 0.01
#: The share of our complaints below a severity that may be put so high.
OVER_GRADED = {Severity.MEDIUM: 0.25, Severity.HIGH: 0.13, Severity.CRITICAL: 0.04}


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Channels judged alike, and the source whose texts of these channels all is chosen on, and whose definition holds.

    `caught` is the share of its complaints that must be caught or referred; None where they count among ours.
    `near_best` is how much macro-F1 may be lost there by calling more messages complaints. `again` is the share that is
    looked at again: none where a second look makes hardly anything more right. On held-out texts it took macro-F1 of
    tweets from 85.2 to 86.4, of mails and forms from 91.8 to 92.2, of posts from 88.7 to 88.3 and of reviews from 94.7
    to 93.6.
    """

    channels: tuple[str, ...]
    source: str
    caught: float | None = None
    near_best: float = NEAR_BEST
    again: float = 0.0


GROUPS: dict[str, Group] = {
    "tweets": Group(channels=("x", "social"), source="xci", caught=0.96, again=LOOKED_AT_AGAIN),
    "posts": Group(channels=("post", "chat"), source=OURS),
    "mails and forms": Group(channels=("email", "web_form", "webform", "form"), source=OURS),
    # Nobody waits for the answer to a review as they do for that to a post: none is called a complaint to be safe.
    "reviews": Group(channels=("review",), source="cesamard", caught=0.97, near_best=0.0),
}

#: The same where words of a flag and the grade speak for it together, which shows nobody anything but the flag; and how
#: likely such words must be. 15 in 100 is what is asked of triage; some held out are harder than what comes in.
OVER_GRADED_WITH_WORDS = {Severity.HIGH: 0.165, Severity.CRITICAL: 0.055}
WORDED_FROM = 0.2

#: Where a message may begin to be called a complaint. No higher: a complaint missed costs
#: more than an enquiry taken seriously.
_CUTS = np.arange(0.25, 0.471, 0.01)
_ASK_FROM = np.arange(0.02, 0.301, 0.005)
_TEMPERATURES = np.arange(0.4, 3.01, 0.05)
_HARM_FROM = np.arange(0.10, 0.96, 0.05)
#: No lower: a grade that is unlikely agrees with nothing.
_GRADED_FROM = np.arange(0.25, 0.96, 0.05)
_SPAN_FROM = tuple(round(0.25 + 0.025 * step, 3) for step in range(23))
#: Below which probability a rule's flag falls, in a short text and in a long one. Never higher than this: a rule says
#: why, which a probability does not, and of a plain short sentence ("My order is two weeks overdue") the encoder is
#: less sure than its rule.
_RULE_FROM = (0.0, 0.004, 0.008)
_RULE_FROM_LONG = (*_RULE_FROM, 0.015, 0.03, 0.05, 0.08, 0.12, 0.16, 0.2, 0.25)
#: How often the three are gone through.
_ROUNDS = 2
_STEPS = (Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL)
_COMPLAINT = KINDS.index(Kind.COMPLAINT)
#: By this band nothing is called a complaint, and nobody is asked.
_NOBODY = Band(ask_from=2.0, complaint_from=2.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The calibration, and what it does on the texts it was chosen on, as shares."""

    calibration: Calibration
    found: dict[str, dict[str, float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """Texts of a group: how likely each is a complaint, whether it is, and whether it is shown for what it flags."""

    complaint: Floats
    is_one: Mask
    shown: Mask

    def counted(self, ask_from: float, complaint_from: float) -> tuple[int, int]:
        """Count the complaints that are caught or referred, and the texts that are referred, by such a band."""
        called = self.complaint >= complaint_from
        asked = ~called & (self.shown | (self.complaint >= ask_from))
        return int((called | asked)[self.is_one].sum()), int(asked.sum())


def calibrated(nlp: Language, examples: Sequence[Example]) -> Chosen:
    """Choose everything by what a pipeline says of texts that it has not learnt from.

    It remembers words of theirs, and must not be written to disk any more.
    """
    docs = list(nlp.pipe(keep_text(nlp.make_doc(text), text) for text in (readable(one.text) for one in examples)))
    looking = unsure_bands(_kinds(docs, examples), examples)
    texts = [TextToJudge(one.text, one.channel) for one in examples]
    Judge(nlp, looking, model="").look_again(texts, docs)
    ours = [at for at, one in enumerate(examples) if one.flags is not None]
    of_flags, told = harm_chosen_by([docs[at] for at in ours], [examples[at] for at in ours])
    of_flags = replace(of_flags, channels=looking.channels, unknown=looking.unknown)
    shown = Judge(nlp, of_flags, model="").judge(texts)
    chosen = chosen_by(_kinds(docs, examples), examples, np.array([verdict.needs_person for verdict in shown]))
    bands = chosen.calibration
    twice = np.array([looks_at(doc) > 1 for doc in docs])
    for name, those in _groups(examples).items():
        chosen.found[name]["looked_at_again"] = round(float(twice[those].mean()), 4)
    return Chosen(
        calibration=replace(
            of_flags,
            channels={channel: _looking(band, looking.channels[channel]) for channel, band in bands.channels.items()},
            unknown=bands.unknown,
        ),
        found=chosen.found | told,
    )


def unsure_bands(said: Floats, examples: Sequence[Example]) -> Calibration:
    """Choose what is worth a second look, by what the first said of texts (texts, kinds).

    In each group it is the share that is meant to be, those nearest to where texts begin to be called complaints. On a
    channel that is in no group nothing is.

    Returns: a calibration by which nobody is asked and nothing is called a complaint.
    """
    kinds = np.array([KINDS.index(example.kind) for example in examples])
    bands: dict[str, Band] = {}
    for name, those in _groups(examples).items():
        bands[name] = replace(_NOBODY, source=_definition_of(GROUPS[name]))
        if GROUPS[name].again == 0:
            continue
        complaint = said[those][:, _COMPLAINT]
        texts = Texts(complaint=complaint, is_one=kinds[those] == _COMPLAINT, shown=np.zeros(len(complaint), np.bool_))
        edge = _log_odds(np.array(_cut_of(name, texts)))
        away = float(np.quantile(np.abs(_log_odds(complaint) - edge), GROUPS[name].again))
        first, last = (round(float(1 / (1 + np.exp(-(edge + side)))), 3) for side in (-away, away))
        bands[name] = replace(bands[name], again_from=first, again_to=last)
    return Calibration(
        channels={channel: band for name, band in bands.items() for channel in GROUPS[name].channels},
        unknown=_NOBODY,
    )


def chosen_by(said: Floats, examples: Sequence[Example], shown: Mask) -> Chosen:
    """Choose the bands by the probabilities that were said of texts (texts, kinds), by whichever look.

    `shown` are those that a person sees for what they flag, when they are not called complaints.
    """
    kinds = np.array([KINDS.index(example.kind) for example in examples])
    chosen = _groups(examples)
    temperatures = {name: _temperature(said[those], kinds[those]) for name, those in chosen.items()}
    odds = {name: _honest(said[those], temperatures[name]) for name, those in chosen.items()}
    texts = {
        name: Texts(complaint=odds[name][:, _COMPLAINT], is_one=kinds[those] == _COMPLAINT, shown=shown[those])
        for name, those in chosen.items()
    }
    cuts = {name: _cut_of(name, mine) for name, mine in texts.items()}
    together = [name for name in texts if GROUPS[name].caught is None]
    asked = dict(zip(together, _asked_from([(texts[name], cuts[name]) for name in together], CAUGHT), strict=True))
    for name in texts.keys() - asked.keys():
        edge = _asked_of_few_from(texts[name], GROUPS[name].caught or CAUGHT)
        asked[name] = min(edge, *(asked[one] for one in together), _ASK_FROM[-1])
    bands = {
        name: Band(
            ask_from=asked[name],
            complaint_from=cuts[name],
            temperature=temperatures[name],
            source=_definition_of(GROUPS[name]),
        )
        for name in texts
    }
    unknown = Band(
        ask_from=round(max(0.02, min(band.ask_from for band in bands.values()) / 2), 3),
        complaint_from=round(max(band.complaint_from for band in bands.values()) + 0.1, 2),
        temperature=max(1.0, *temperatures.values()),
    )
    return Chosen(
        calibration=Calibration(
            channels={channel: band for name, band in bands.items() for channel in GROUPS[name].channels},
            unknown=unknown,
        ),
        found={name: _told_of(texts[name], odds[name], kinds[chosen[name]], bands[name]) for name in texts},
    )


def harm_chosen_by(docs: Sequence[Doc], examples: Sequence[Example]) -> tuple[Calibration, dict[str, dict[str, float]]]:
    """Choose from which probability on words raise a flag, a rule's flag stands, and a grade reaches a severity.

    Returns: a calibration by which nobody is asked for the kind, and what it does on these texts, which all have
    their flags and read docs.
    """
    rules = [flags_of(doc) for doc in docs]
    wanted = [{flag for flag, _, _ in example.flags or ()} for example in examples]

    def raised(at: int, chosen: Calibration) -> list[Flag]:
        standing = standing_flags(docs[at], rules[at], chosen.rule_from, chosen.rule_from_long)
        return [*standing, *learned_flags(docs[at], {flag.name for flag in standing}, chosen.span_from)]

    def of_flags(chosen: Calibration) -> tuple[float, float]:
        found = [{flag.name for flag in raised(at, chosen)} for at in range(len(docs))]
        right = sum(len(one & other) for one, other in zip(found, wanted, strict=True))
        return right / max(1, sum(map(len, found))), right / max(1, sum(map(len, wanted)))

    def good(chosen: Calibration) -> tuple[bool, float]:
        precision, recall = of_flags(chosen)
        return precision >= recall, 2 * precision * recall / max(1e-9, precision + recall)

    chosen = Calibration(channels={}, unknown=_NOBODY)
    for _ in range(_ROUNDS):
        # One after the other, for together they are thousands.
        chosen = max((replace(chosen, span_from=one) for one in _SPAN_FROM), key=good)
        chosen = max((replace(chosen, rule_from=one) for one in _RULE_FROM), key=good)
        chosen = max((replace(chosen, rule_from_long=one) for one in _RULE_FROM_LONG), key=good)
    graded = [at for at, example in enumerate(examples) if example.severity is not None]
    severity = np.array([int(examples[at].severity or 0) for at in graded])
    by_flags = np.array([severity_of(tuple(raised(at, chosen))) for at in graded])
    harm = np.array([list(harm_of(docs[at]).values()) or [0.0] * len(_STEPS) for at in graded]).reshape(-1, len(_STEPS))
    harm_from = _harm_from(harm, severity, by_flags)
    worded = [
        [step in OVER_GRADED_WITH_WORDS and agreed_flag(docs[at], step, WORDED_FROM) is not None for step in _STEPS]
        for at in graded
    ]
    agreeing = np.where(np.array(worded, bool).reshape(-1, len(_STEPS)), harm, 0.0)
    graded_from = _graded_from(agreeing, harm, severity, by_flags, harm_from)
    precision, recall = of_flags(chosen)
    told = {"flags": {"texts": len(docs), "precision": round(precision, 4), "recall": round(recall, 4)}}
    for column, step in enumerate(_STEPS):
        by_both = agreeing[:, column] >= graded_from.get(step.word, 2.0)
        by_flags = np.where(by_both, np.maximum(by_flags, step), by_flags)
    chosen = replace(chosen, harm_from=harm_from, graded_from=graded_from, worded_from=WORDED_FROM)
    return chosen, told | {"harm": _told_of_harm(harm, severity, by_flags, harm_from)}


def _groups(examples: Sequence[Example]) -> dict[str, Mask]:
    """Give which texts each group is chosen on, of those groups that have some."""
    sources = np.array([example.source for example in examples])
    channels = np.array([example.channel for example in examples])
    found = {name: np.isin(channels, group.channels) & (sources == group.source) for name, group in GROUPS.items()}
    return {name: those for name, those in found.items() if those.any()}


def _kinds(docs: Sequence[Doc], examples: Sequence[Example]) -> Floats:
    """Give what was said of texts, each by the definition of its channel: shape (texts, kinds)."""
    kinds = np.full((len(docs), len(KINDS)), 1 / len(KINDS))
    for at, doc in enumerate(docs):
        # A text without any word has no probabilities, and is none of the encoder's business.
        if doc.cats:
            said = kinds_of(doc, _source_of(examples[at].channel))
            kinds[at] = [said[kind] for kind in KINDS]
    return kinds


def _definition_of(group: Group) -> str:
    return "" if group.source == OURS else group.source


def _source_of(channel: str) -> str:
    return next((_definition_of(group) for group in GROUPS.values() if channel in group.channels), "")


def _honest(odds: Floats, temperature: float) -> Floats:
    raised = np.maximum(odds, 1e-9) ** (1.0 / temperature)
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))


def _temperature(odds: Floats, kinds: npt.NDArray[np.int64]) -> float:
    def loss(temperature: float) -> float:
        return float(-np.log(_honest(odds, temperature)[np.arange(len(kinds)), kinds] + 1e-9).mean())

    best: float = min((float(value) for value in _TEMPERATURES), key=loss)
    return round(best, 2)


def _looking(band: Band, other: Band) -> Band:
    """Give `band` with second looks as in the other."""
    return replace(band, again_from=other.again_from, again_to=other.again_to)


def _log_odds(likely: Floats) -> Floats:
    likely = np.clip(likely, 1e-6, 1 - 1e-6)
    return np.asarray(np.log(likely / (1 - likely)))


def _cut_of(name: str, texts: Texts) -> float:
    """Find from which probability on texts of a group are called complaints."""
    group = GROUPS[name]
    return _called_from(texts) if group.caught is None else _near_best_from(texts, group.near_best)


def _called_from(texts: Texts) -> float:
    """Find the lowest probability from which on enough of those called complaints are."""
    enough = [
        cut
        for cut in (round(float(one), 2) for one in _CUTS)
        if (called := texts.complaint >= cut).any() and texts.is_one[called].mean() >= RIGHT
    ]
    return min(enough, default=round(float(_CUTS[-1]), 2))


def _near_best_from(texts: Texts, near_best: float) -> float:
    """Find the lowest probability from which on kinds come out nearly as right as they can.

    One text more or less would move it far, so how right they are is reckoned as in `_asked_of_few_from`.
    """
    cuts = [round(float(one), 2) for one in _CUTS]

    def right(cut: float) -> float:
        called = texts.complaint >= cut
        return (_macro_f1(texts.is_one, called) + _macro_f1(texts.complaint, called)) / 2

    found = [right(cut) for cut in cuts]
    return next(cut for cut, value in zip(cuts, found, strict=True) if value >= max(found) - near_best)


def _asked_from(groups: Sequence[tuple[Texts, float]], enough: float) -> tuple[float, ...]:
    """Find from which probability on a person is asked in each group: what refers least and catches enough, or most."""
    edges = [round(float(one), 3) for one in _ASK_FROM]
    counts = [[texts.counted(edge, cut) for edge in edges] for texts, cut in groups]
    complaints = sum(int(texts.is_one.sum()) for texts, _ in groups)
    best: tuple[tuple[bool, float, float], tuple[float, ...]] | None = None
    for places in product(range(len(edges)), repeat=len(groups)):
        caught = sum(counts[group][place][0] for group, place in enumerate(places)) / max(1, complaints)
        asked = sum(counts[group][place][1] for group, place in enumerate(places))
        rank = (caught >= enough, -asked if caught >= enough else caught, caught)
        if best is None or rank > best[0]:
            best = (rank, tuple(edges[place] for place in places))
    assert best is not None  # noqa: S101 -- the grid is not empty
    return best[1]


def _asked_of_few_from(texts: Texts, enough: float) -> float:
    """Find the highest probability from which on a person may be asked where complaints are few.

    One of seventy more or less would move it far. So what is missed is reckoned half by the labels, and half by what
    the probabilities say, which are honest and of all texts.
    """

    def missed(edge: float) -> float:
        those = (texts.complaint < edge) & ~texts.shown
        by_labels = texts.is_one[those].sum() / max(1, int(texts.is_one.sum()))
        return float(by_labels + texts.complaint[those].sum() / max(1e-9, texts.complaint.sum())) / 2

    edges = [round(float(one), 3) for one in _ASK_FROM]
    return max((edge for edge in edges if missed(edge) <= 1 - enough), default=edges[0])


def _told_of(texts: Texts, odds: Floats, kinds: npt.NDArray[np.int64], band: Band) -> dict[str, float]:
    called = texts.complaint >= band.complaint_from
    caught, asked = texts.counted(band.ask_from, band.complaint_from)
    return {
        "texts": len(kinds),
        "temperature": band.temperature,
        "macro_f1": round(_macro_f1(texts.is_one, called), 4),
        "complaint_recall": round(float(called[texts.is_one].mean()), 4),
        "called_complaints_that_are": round(float(texts.is_one[called].mean()), 4),
        "caught_or_referred": round(caught / max(1, int(texts.is_one.sum())), 4),
        "referred": round(asked / len(kinds), 4),
        "calibration_error": round(_calibration_error(odds, kinds), 4),
    }


def _macro_f1(truth: Mask | Floats, called: Mask) -> float:
    """Give the macro-F1 by labels, or the one to be expected where `truth` is how likely each is a complaint."""
    right = float(truth[called].sum()), float((1.0 - truth[~called]).sum())
    wrong = len(called) - sum(right)
    return sum(2 * one / max(1.0, 2 * one + wrong) for one in right) / 2


def _calibration_error(odds: Floats, kinds: npt.NDArray[np.int64]) -> float:
    """Give the expected calibration error over ten bins of confidence."""
    confidence = odds.max(axis=1)
    right = odds.argmax(axis=1) == kinds
    bins = np.minimum((confidence * 10).astype(np.int64), 9)
    gaps = [
        abs(float(confidence[bins == b].mean() - right[bins == b].mean())) * float((bins == b).mean())
        for b in np.unique(bins)
    ]
    return sum(gaps)


def _harm_from(harm: Floats, severity: npt.NDArray[np.int64], by_flags: npt.NDArray[np.int64]) -> dict[str, float]:
    """Find for each step the lowest probability with which few are graded too high, by the grade or by a flag."""
    chosen: dict[str, float] = {}
    for column, step in enumerate(_STEPS):
        below = severity < step
        enough = [
            cut
            for cut in (round(float(one), 2) for one in _HARM_FROM)
            if ((harm[below, column] >= cut) | (by_flags[below] >= step)).mean() <= OVER_GRADED[step]
        ]
        chosen[step.word] = min(enough, default=round(float(_HARM_FROM[-1]), 2))
    return chosen


def _graded_from(
    agreeing: Floats,
    harm: Floats,
    severity: npt.NDArray[np.int64],
    by_flags: npt.NDArray[np.int64],
    harm_from: dict[str, float],
) -> dict[str, float]:
    """Find the same where there are words for it; `agreeing` is the grade of the texts that have them, else 0."""
    chosen: dict[str, float] = {}
    for column, step in enumerate(_STEPS):
        if step not in OVER_GRADED_WITH_WORDS:
            continue
        reached = (harm[:, column] >= harm_from[step.word]) | (by_flags >= step)
        below = severity < step
        enough = [
            cut
            for cut in (round(float(one), 2) for one in _GRADED_FROM)
            if (reached | (agreeing[:, column] >= cut))[below].mean() <= OVER_GRADED_WITH_WORDS[step]
        ]
        chosen[step.word] = min(enough, default=harm_from[step.word])
    return chosen


def _told_of_harm(
    harm: Floats, severity: npt.NDArray[np.int64], by_flags: npt.NDArray[np.int64], harm_from: dict[str, float]
) -> dict[str, float]:
    told = {"texts": float(len(severity))}
    for column, step in enumerate(_STEPS):
        reached = (harm[:, column] >= harm_from[step.word]) | (by_flags >= step)
        for which, those in (("should", severity >= step), ("should not", severity < step)):
            if those.any():
                told[f"{step.word}: reached of those that {which}"] = round(float(reached[those].mean()), 4)
    return told
