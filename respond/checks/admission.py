"""Words that admit legal liability, told apart from an apology, an explanation and an offer.

"We are sorry this happened" may always be said: in England and Wales an apology or an
offer of redress is not of itself an admission of negligence or of breach of statutory
duty (Compensation Act 2006, s. 2). "We were negligent" goes further, and whether to say
it is for somebody with the authority to admit liability.

1. Only what we say of ourselves counts, not what the customer is said to say ("you feel
   that we were negligent"), nor what is denied ("we do not accept liability") or left
   open ("whether we were at fault").
2. What stands before the last comma, semicolon or "but" of its sentence shields nothing.
3. Agreeing afterwards ("… and you are right") takes the shield away, and so does denying
   a denial ("we cannot deny that it was our fault").
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from amends.domain.check import Check, CheckName, Level
from respond.checks.phrases import any_of, one_of

_SOME = r"(?:\w+ ){0,3}?"
_WE_ARE = rf"(?:(?:we|I|our \w+) (?:are|were|was|have been|had been)|we're|we've been|I'm|I've been) {_SOME}"
_THEIRS = one_of("your the this that her his their any all")
_HARM = (
    rf"{_THEIRS} (?:\w+ )?{one_of('loss losses injury injuries damage damages harm accident fire illness death fall')}"
)
#: "We take responsibility for putting this right" promises something and admits nothing.
_PROMISED = one_of(
    r"putting making getting sorting finding seeing looking keeping telling resolv\w+ answer\w+ contact\w+"
)

#: What is admitted, by which words. The keys are the rules' names.
_ADMISSIONS: dict[str, tuple[str, re.Pattern[str]]] = {
    "negligence": (
        "negligence",
        any_of(
            rf"{_WE_ARE}(?:negligent|reckless|careless)",
            r"our (?:own )?(?:gross )?negligence",
            r"negligence on our part",
            r"we (?:acted|behaved) (?:negligently|recklessly|unlawfully|illegally)",
        ),
    ),
    "fault": (
        "fault",
        any_of(
            r"our (?:own )?fault",
            rf"{_WE_ARE}(?:at fault|to blame|in the wrong)",
            r"(?:fault|blame) (?:is|was|lies|lay|rests) (?:\w+ )?(?:ours|with us)",
            r"we blame ourselves",
        ),
    ),
    "liability": (
        "liability",
        any_of(
            rf"(?:we|I) {_SOME}{one_of('accept accepted admit admitted acknowledge concede take assume bear')} "
            rf"(?:\w+ ){{0,2}}?(?:liability|culpability|blame|fault|responsibility(?! (?:for|to|of) {_PROMISED}))",
            rf"{_WE_ARE}(?:liable|legally responsible|responsible for {_HARM})",
            r"(?:the|our) (?:liability|legal responsibility) is (?:accepted|admitted|not disputed|not denied)",
            r"liability (?:is|was) (?:accepted|admitted|ours)",
        ),
    ),
    "breach": (
        "a breach of duty or contract",
        any_of(
            r"we (?:have |had |'ve )?(?:\w+ly )?(?:breached|violated|contravened|infringed)",
            rf"{_WE_ARE}in breach",
            r"our breach",
            r"we broke (?:the |our )?(?:consumer )?(?:law|rules|contract|regulations?)",
            rf"we (?:have )?failed (?:in|to {one_of('meet fulfil perform')}) our {one_of('legal statutory duty')}",
            r"breach of (?:our|the|this) (?:\w+ )?(?:duty|contract|obligations?) (?:by us|on our part)",
        ),
    ),
    "cause": (
        "having caused harm",
        any_of(
            rf"we (?:have )?caused (?:\w+ )?{_HARM}",
            rf"our (?:\w+(?:'s)? )?{one_of('mistake error failure actions? product staff driver engineer')}s? (?:\w+ )?"
            rf"(?:caused|led to|resulted in) {_HARM}",
        ),
    ),
    "wrongdoing": (
        "wrongdoing",
        any_of(
            r"we (?:have )?(?:discriminated against|defrauded|deceived|lied to|misled|mis-?sold|harassed)",
            r"we (?:already )?(?:knew|were aware)(?: \w+){0,6} (?:unsafe|dangerous|faulty|defective)",
        ),
    ),
}
_MISTAKE = any_of(
    r"we (?:have )?made (?:a|an|this) (?:\w+ )?(?:mistake|error)",
    r"we (?:have )?got (?:this|that|it) wrong",
    r"our (?:mistake|error)",
)

#: Every pattern above holds one of these: without any there is nothing to look for.
_STEMS = re.compile(
    "negligen|reckless|careless|unlawful|illegal|fault|blame|wrong|liab|culpab|responsib|breach|violat|contraven"
    "|infring|broke|fail|caused|led to|resulted|discriminat|defraud|deceiv|lied|misled|sold|harass|unsafe|dangerous"
    "|defective|mistake|error",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"[.!?\n;:,\u2013\u2014]|\bbut\b|\bhowever\b", re.IGNORECASE)
_SENTENCE = re.compile(r"[.!?\n]")
_DENIAL = any_of("not", "never", "no", "nor", "neither", "without", "cannot", r"\w+n't")
_SHIELD = any_of(
    r"whether|if|unless|den(?:y|ies|ied)|disput(?:e|es|ed)|reject|alleg(?:e|es|ed|ing|ation)",
    rf"you (?:\w+ )?{one_of('say said feel felt believe believed think thought tell told state stated claim claimed')}",
    rf"you (?:\w+ )?{one_of('consider suggest suggested ask asked write wrote')}",
    rf"your (?:\w+ )?{one_of('view complaint claim belief opinion concern message letter post')}",
)
_DENIED_DENIAL = any_of(
    rf"(?:not|cannot|never|\w+n't) (?:\w+ )?{one_of('deny dispute reject contest doubt')}",
    r"no (?:doubt|question|denying|dispute)|not only",
)
_AGREED = any_of(r"you(?: are|'re|'ve been| were) (?:\w+ )?(?:right|correct)", r"we (?:\w+ )?agree", "rightly")
#: How many characters away a word can still shield an admission.
_REACH = 300

_ACT = (
    "An apology or an offer of redress is not of itself an admission (Compensation Act 2006, s. 2, England and Wales)"
)


def check_admission(text: str) -> Iterator[Check]:
    """Block words that admit liability, and warn of those that come near it."""
    if _STEMS.search(text) is None:
        return
    taken = bytearray(len(text))
    for rule, (of_what, pattern) in _ADMISSIONS.items():
        for match in _unshielded(pattern, text, taken):
            yield Check(
                name=CheckName.ADMISSION,
                level=Level.BLOCK,
                rule=rule,
                says=f"This admits {of_what}. {_ACT}; these words go further. An insurer may have to be told first.",
                remedy="Say that you are sorry, what happened and what you will do; or ask who may admit liability.",
                quote=match[0],
                start=match.start(),
                end=match.end(),
            )
    for match in _unshielded(_MISTAKE, text, taken):
        yield Check(
            name=CheckName.ADMISSION,
            level=Level.WARN,
            rule="mistake",
            says=f"This owns up to a mistake, which is honest and near to an admission. {_ACT}.",
            remedy="Keep it if the investigation found it, and say it as a fact: what happened, when.",
            quote=match[0],
            start=match.start(),
            end=match.end(),
        )


def admits(text: str) -> bool:
    """Whether any words of the text admit liability or come near it."""
    return next(check_admission(text), None) is not None


def _overlaps(taken: list[tuple[int, int]], start: int, end: int) -> bool:
    return any(start < other_end and other_start < end for other_start, other_end in taken)


def _unshielded(pattern: re.Pattern[str], text: str, taken: bytearray) -> Iterator[re.Match[str]]:
    """Give what a pattern finds, unless its words are shielded or another rule has taken them."""
    for match in pattern.finditer(text):
        start, end = match.span()
        if not any(taken[start:end]) and not _is_shielded(text, start, end):
            taken[start:end] = b"\x01" * (end - start)
            yield match


def _is_shielded(text: str, start: int, end: int) -> bool:
    earliest = max(0, start - _REACH)
    clause_start = max((match.end() for match in _CLAUSE.finditer(text, earliest, start)), default=earliest)
    before = text[clause_start:start]
    after = text[end : end + _REACH]
    rest = after[: found.start()] if (found := _SENTENCE.search(after)) else after
    if _DENIED_DENIAL.search(text[clause_start:end]) or _AGREED.search(rest):
        return False
    # "We do not accept liability": the denial stands inside the words that were found.
    return bool(_SHIELD.search(before) or _DENIAL.search(before) or _DENIAL.search(text[start:end]))
