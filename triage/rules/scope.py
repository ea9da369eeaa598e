"""Whether a claim is really made: negation, hypothesis, questions, jokes, fiction, old times.

The rules, in order; each looks at the sentence of the match, most only at its clause
(what lies between commas, semicolons and words such as *but*, *because*, *when*).

1. Joke: "lol", "haha", "only joking", a laughing face in the sentence or right after it.
2. Fiction and hearsay: "in the film", "the leaflet says", "I read that".
3. Negation: *not*, *never*, *nobody*, *without*, *-n't* up to six words before the match
   in its clause ("no", "without" up to three). "not only", "no wonder", "not happy that",
   "can't believe that" negate nothing that follows. Also "... was ruled out" after it.
4. Hypothesis: *if*, *what if*, *imagine*, *in case*, *unless*, *whether* before the match in
   its clause, and in the clause before where the match itself stands with *would* or
   *could*. "If you look at the photos" is none; "if you had come, she would not have been
   burned" tells that she was.
5. Mood (events only): *could*, *might*, *would*, *will* up to three words before the match;
   *like* and *as if* before it; a question that begins with a verb ("Is it dangerous?").
   For a danger only a question about things at large ("Do your cookers leak gas?",
   "What counts as a leak?").
6. Advice (threats only): "would I be able to sue", "how do I", "what does the ombudsman do"; and what
   would have been: "If you had lost it I'd be on to the ombudsman".
7. Old times (rules marked recent): "years ago", "as a child", "in 1987".
"""

from __future__ import annotations

import re

from triage.rules.rule import Claim

_JOKE = re.compile(
    r"\b(?:lol|lmao|lmfao|rofl|ha(?:ha)+h?|he(?:he)+|jk|just kidding|only (?:joking|kidding)|just joking|joking aside|"
    r"figuratively|metaphorically|so to speak)\b|[\U0001F602\U0001F923\U0001F606\U0001F639\U0001F605]"
)
_HEARSAY = re.compile(
    r"\bin (?:the|a|this|that|your|his|her) (?:\w+ )?(?:film|movie|book|novel|story|episode|game|series|play|"
    r"documentary|"
    r"chapter|song|drill|exercise|simulation|training)\b"
    r"|\b(?:i|we) (?:read|saw|heard) (?:that|about|on the news|in the (?:news|paper))\b"
    r"|\b(?:the definition|definition|example|meaning) of\b"
)
_SAYS = re.compile(
    r"\b(?:leaflet|poster|label|sign|manual|instructions?|booklet|advert|website|article|policy|terms|notice|guide|"
    r"brochure|headline|faq|film|movie|book|novel|play) (?:says?|said|states?|stated|warns?|warned|mentions?|"
    r"explains?|reads?|about|"
    r"on|tells|covers)\b"
)
_NEGATION = re.compile(
    r"\b(?:(?P<near>no(?! (?:sign|evidence|indication|suggestion|proof|chance|truth|question|wish|intention|plans?|"
    r"desire|reason|need)\b)|without|nothing|"
    r"none|zero|free of|free from|instead of|rather than|avoid|avoids|avoided|avoiding|"
    r"prevent|prevents|prevented|denies|denied|deny)"
    r"|no (?:sign|evidence|indication|suggestion|proof|chance|truth|question|wish|intention|plans?|desire|reason|"
    r"need)|not|never|nobody|no one|noone|neither|"
    r"nor|hardly|cannot|"
    r"(?:do|does|did|is|are|was|were|has|have|had|wo|would|ca|could|should|must|might|need|ai|sha)n'?t|"
    r"(?:would|did|is|was|could|should|do|wid)nae)\b"
)
_NO_NEGATION = re.compile(
    r"(?:not (?:hesitate|(?:a|one|two|three|even|long|ten|five) (?:\w+ )?(?:weeks?|months?|days?|hours?|minutes?|"
    r"after)|(?:\w+ )?(?:afraid|bluffing|joking|kidding|exaggerating|informed|told|aware|expect|appreciate|"
    r"tolerate)|only|just|merely|simply|to mention|(?:\w+ )?(?:happy|pleased|acceptable|good|right|ok|okay|"
    r"surprised|"
    r"impressed|"
    r"fair|satisfied|funny|normal|ideal|great|safe|on|enough|the first|once|until))"
    r"|no (?:longer|wonder|doubt|idea|excuse|surprise|apology|apologies|response|reply|answer|explanation|"
    r"compensation|help|"
    r"action|concern|warning|refund|offer|support|sympathy|sooner)"
    r"|without (?:any |a |so much as a )?(?:warning|reason|notice|provocation|explanation|permission|consent|"
    r"asking|telling)|no (?:apparent |good )?reason|no place for|never (?:in my|been so|felt so|been more|told|"
    r"informed)|nothing (?:but|was done|has been done|is being done|happened)|never (?:again|mind|before)"
    r"|(?:do|does|did|wo|would|ca|could|should|has|have)n'?t (?:\w+ )?(?:hesitate|expect|appreciate|tolerate|"
    r"accept|ignore|make me|have to (?:be|put)|(?:think|believe) (?:you|they|anyone) (?:understand|realise|realize|"
    r"care|know|get))|(?:cannot|can'?t|couldn'?t|don'?t|didn'?t|doesn'?t|won'?t) (?:\w+ )?(?:believe|understand|"
    r"care|see why|know "
    r"why|know how|seem|"
    r"stop|forget|wait|help|stand|stress|deny|sleep|only|just|even (?:care|apologise|apologize|reply|respond|ask))"
    r"|(?:isn'?t|wasn'?t) (?:acceptable|good|right|ok|fair|funny|it (?:bad|awful)|the first|only|just)"
    r"|nobody (?:cares?|cared|listens?|listened|replied|responded|helped|came|answered|apologi[sz]ed|told|warned)"
    r"|no one (?:cares?|cared|listens?|listened|replied|responded|helped|came|answered|apologi[sz]ed|told|warned))\b"
)
_DENIED_AFTER = re.compile(
    r"\s+(?:not|never)\b(?! (?:only|just|once|to mention))|[^.!?;]{0,30}\b(?:false alarm|not true|untrue|averted|"
    r"ruled out|did ?n'?t happen|was avoided|were avoided|never happened|"
    r"was prevented|turned out to be nothing|is not an? (?:issue|problem|concern)|was not (?:an? )?(?:issue|problem|"
    r"caused)|"
    r"is unlikely|alarm test|drill)\b"
)
_CLAUSE_BREAK = re.compile(
    r"[,;:()]|\s[-\u2013\u2014]\s|\b(?:but|however|although|though|because|since|when|after|while|as (?=(?:i|we|he|"
    r"she|they|it|my|our|your|the|there|this)\b)|which|who|until|"
    r"yet|then|"
    r"so|where|whereas|plus|and)\b"
    r"|(?<!think )(?<!believe )(?<!suppose )(?<!if )(?<!that )\b(?=(?:i|we)(?: will| shall|'ll| am| are|'m|'ve|"
    r" have| had| can| could| smell| "
    r"intend)\b)"
    r"|(?<!think )(?<!believe )(?<!suppose )(?<!if )(?<!that )(?<!say )(?<!said )(?<!saying )(?<!mean )(?<!claim "
    r")(?<!sure )(?<!feel )\b"
    r"(?=(?:im|ive|you'll|youll|there is|there's|theres|there was|my (?:solicitor|mp|lawyer|councillor|mum|mam|"
    r"mother|dad|father|son|daughter|wife|husband|nan|gran|account|card|house|flat|next)|the (?:ceiling|house|"
    r"whole|next|ombudsman)|expect an?)\b)"
)
_THAT = re.compile(r"(?P<verb>\w+)?\s*\bthat\b")
_OPINION = frozenset(
    [
        "sign",
        "evidence",
        "indication",
        "suggestion",
        "proof",
        "chance",
        "truth",
        "question",
        "think",
        "believe",
        "say",
        "saying",
        "said",
        "mean",
        "suggest",
        "suggesting",
        "claim",
        "claiming",
        "feel",
        "true",
        "case",
        "sure",
    ]
)
_IF = re.compile(
    r"\b(?:what if|even if|as if|as though|only if|if|in case|unless|suppos(?:e|ing)|imagine|imagining|"
    r"hypothetical(?:ly)?|"
    r"whether|in the event|assuming|would it be|should (?:it|there|you|we|the)|wonder(?:ed|ing)? (?:what|how))\b"
)
_NO_IF = re.compile(
    r"if (?:you|i|we|they|anyone|anybody|only you|only they) (?:look|check|see|read|remember|recall|review|listen|"
    r"had|have|"
    r"want|care|bothered|(?:could|would|can|please))"
)
_MODAL = re.compile(r"\b(?:would|could|might|may|can|will|should|'ll|'d|potentially|possibly|shall|going to)\b")
_COUNTERFACTUAL = re.compile(r"\b(?:would|could)(?: not|n'?t) (?:have|be)\b")
_HAD = re.compile(
    r"\b(?:if \w+(?: \w+)? had|if (?:only )?\w+ had|had (?:you|they|he|she|it|your|the|someone|somebody))\b"
)
_MOOD = re.compile(
    r"\b(?:would|could|might|(?<!in )(?<!of )(?<!last )(?<!since )(?<!by )(?<!\d )(?<!st )(?<!th )may|can|will|"
    r"should|shall|potentially|possibly|going to|likely to|want to|wants to|ready to|"
    r"about to|used to|need to|try to|hoping to|'ll)(?:\W+(?!and\b|or\b)\w+){0,2}\W*$"
)
_PERFECT = re.compile(r"\b(?:could|might|would|should) (?:easily |well |also )?(?:have|'ve)(?: been)?\W*$")
_LIKE = re.compile(
    r"\b(?:(?:feels?|felt|feeling|is|was|are|were|'s|looks?|sounds?|acts?|just|more) like(?! (?:i|i'm|im|i've|ive|"
    r"i'd|we|we've|you|you've|they|they've|he|she|someone|somebody|there|there's|theres|my|our|her|his|your) )|"
    r"as if|as though)\b"
)
_QUESTION = re.compile(
    r"^[\s\"'(>*-]*(?:(?:hi|hello|hey|please|so|and|also|@\w+|dear \w+),?\s+)*"
    r"(?:is|are|does|do|can|could|would|will|has|have|did|was|were|should|may|am) (?!i not|you not|this acceptable|"
    r"that acceptable|it acceptable|"
    r"it (?:right|normal|ok|okay|fair|reasonable|legal|really)|you (?:know|aware|realise|realize|understand|see|care|"
    r"think|really|"
    r"even|honestly|seriously|people)|you guys)"
)
#: What stands after it is told, and not asked: "can you explain why", "could somebody come, my mum is".
_GIVEN = re.compile(
    r"\b(?:why|how (?:come|it is|it came|on earth|could|can it)|because|since|as (?=(?:i|we|my|our|he|she|they)\b))\b"
    r"|\b(?:can|could|would|will) (?:you|someone|somebody|anyone|anybody) (?:please |kindly |just )?(?:\w+ ){0,3}?"
    r"(?:call|ring|come|help|send|contact|look|explain|tell|sort|fix|reply|advise|get)\b[^?]{0,60}[,;:]"
    r"|\b(?:am i|are we) (?:supposed|meant|expected|just) to\b|\bwould you believe\b"
)
_ENQUIRY = re.compile(
    r"[\s\"'(>*-]*(?:(?:hi|hello|hey|please|so|and|also|@\w+|dear \w+),?\s+)*"
    r"(?:(?:do|does|are|have|has|can|will|would) (?:you|your|all|any|these|those) "
    r"(?!(?:know|aware|realise|realize|understand|see|care|think|really|even|honestly|seriously|people|guys)\b)"
    r"|what (?:counts|constitutes|happens|is an?|does|would|if)\b|how (?:do|can|would|should) (?:i|we|one|you)\b)"
)
_ADVICE = re.compile(
    r"\b(?:is|are) there\b|\bdo you (?:have|know)\b|"
    r"\b(?:would|could|can|am|may|might|are|is) (?:i|we|one|someone|people|customers|a customer|anyone|it) (?!not\b)|"
    r"\bhow (?:do|can|would|could|"
    r"does|to|should|often|long|many)\b|\bwhat (?:is|are|does|do|happens|would|role)\b|\bwho (?:is|are|regulates)\b|"
    r"\bwhich\b[^.?!]{0,40}\?|\bwonder(?:ing|ed)?\b|"
    r"\bis it possible\b|\bjust curious\b|\bout of (?:interest|curiosity)\b|\bhypothetically\b|\bimagine\b|\bwhat if\b|"
    r"\b(?:essay|dissertation|thesis|research|study|studying|coursework)\b"
)
_WOULD_HAVE = re.compile(
    r"\bif\b[^.;?!]{1,80}?(?:\bhad\b|'d\b|\bever did\b)[^.;?!]{0,120}?(?:'d\b|\bwould\b)(?! ?(?:not|n'?t)\b)"
)
_LONG_AGO = re.compile(
    r"\b(?:years|decades) ago\b|\bas a (?:child|kid|boy|girl|teenager)\b|\bwhen i was (?:a child|a kid|little|young|"
    r"small|\w+ years old)\b|"
    r"\bin (?:19\d\d|200\d)\b|\bchildhood\b|\blong ago\b"
)
#: The whole sentence is of long ago; "it was fitted two years ago and caught fire last night" is not.
_CHILDHOOD = re.compile(
    r"\bas a (?:child|kid|boy|girl|teenager)\b|\bwhen i was (?:a child|a kid|little|young|small|\w+ years old)\b|"
    r"\bchildhood\b|\blong ago\b|^\W*(?:\w+ ){0,3}years ago|^\W*in (?:19\d\d|200\d)\b,? (?:i|we|my|your)\b"
)
_NOW = re.compile(
    r"\b(?:last night|yesterday|today|tonight|this (?:morning|afternoon|evening|week|weekend|month)|just now|still|"
    r"ever since|has been|have been|"
    r"last (?:week|month|monday|tuesday|wednesday|thursday|friday|saturday|sunday))\b"
)
#: "not funny": no joke.
_NO_JOKE = re.compile(
    r"\b(?:not|isn'?t|ain'?t|no|so|very) (?:\w+ )?(?:funny|joking|kidding|joke|laughing)\b|\bso much for\b"
)
#: Asked for effect: "must I really go to the papers?", "I wonder what the papers would make of it".
_RHETORICAL = re.compile(
    r"\b(?:do|must) (?:i|we) really (?:have|need) to\b|\bmust (?:i|we)\b|"
    r"\bwonder what\b[^.?!]{0,40}\bwould (?:make|say|think)\b|\bwhat would\b[^.?!]{0,40}\b(?:say|make of|think)\b"
)
#: "if I don't hear from you": what is denied there is the condition, not the threat.
_SUPPOSED = re.compile(r"\b(?:if|unless|until|till)\b[^.?!]{0,60}?\b(?:not|nobody|no one|never|n't|\w+n'?t)\b")


def is_claimed(text: str, sentence: tuple[int, int], match: tuple[int, int], claim: Claim, *, recent: bool) -> bool:
    """Say whether the match at `match` in the sentence at `sentence` of lower-case `text` is a claim really made."""
    if claim is Claim.WORDS:
        return True
    start, end = sentence
    before = text[start : match[0]]
    clause = before[_clause_start(before) :]
    if claim is not Claim.REQUEST:
        if _JOKE.search(text, start, min(len(text), end + 14)) and not _NO_JOKE.search(text, start, end):
            return False
        if _HEARSAY.search(text, start, end) or _SAYS.search(text, match[0] - len(clause), match[1]):
            return False
    denied_in = _SUPPOSED.sub("", clause) if claim is Claim.THREAT else clause
    if _is_denied(before, denied_in) or _DENIED_AFTER.match(text, match[1], end):
        return False
    if claim is Claim.REQUEST:
        return True
    if claim is Claim.THREAT:
        unreal = _WOULD_HAVE.search(text, start, end)
        if unreal and unreal.start() < match[0] and not _CLAUSE_BREAK.search(text, unreal.end(), match[0]):
            return False
        if _RHETORICAL.search(text, start, end):
            return True
        return not (
            _ADVICE.search(before) or (_ADVICE.search(text, start, end) and text[end - 1 : end + 1].find("?") >= 0)
        )
    words = text[match[0] : match[1]]
    if _is_supposed(before, clause, words):
        return False
    if recent and not _NOW.search(text, start, end):
        after = _CLAUSE_BREAK.search(text, match[1], end)
        stop = after.start() if after else end
        if _LONG_AGO.search(text, match[0] - len(clause), stop) or _CHILDHOOD.search(text[start:end]):
            return False
    if _LIKE.search(clause):
        return False
    is_asked = "?" in text[match[1] : end + 1] and not _GIVEN.search(text, start, match[0])
    if is_asked and _ENQUIRY.match(clause):
        return False
    if claim is Claim.EVENT:
        if _MOOD.search(clause) and not _PERFECT.search(clause):
            return False
        if is_asked and _QUESTION.search(text[start:end]):
            return False
    return True


def _clause_start(before: str) -> int:
    start = 0
    for found in _CLAUSE_BREAK.finditer(before):
        start = found.end()
    for found in _THAT.finditer(before, start):
        if (found["verb"] or "") not in _OPINION:
            start = found.end()
    return start


def _is_denied(before: str, clause: str) -> bool:
    for cue in _NEGATION.finditer(clause):
        if _NO_NEGATION.match(clause, cue.start()):
            continue
        words = len(clause[cue.end() :].split())
        if words <= (2 if cue["near"] else 5):
            return not (_COUNTERFACTUAL.search(clause) and _HAD.search(before))
    return False


def _is_supposed(before: str, clause: str, words: str) -> bool:
    for cue in _IF.finditer(before):
        if _NO_IF.match(before, cue.start()):
            continue
        if cue.end() > len(before) - len(clause):
            return True
        rest = before[cue.end() :]
        if _MODAL.search(clause) or _MODAL.search(words) or "," not in rest:
            # Still inside the supposition, or its consequence.
            if _CLAUSE_BREAK.search(rest) and not _MODAL.search(clause) and not _MODAL.search(words):
                continue
            return not (_COUNTERFACTUAL.search(clause + words) and _HAD.search(before))
    return False
