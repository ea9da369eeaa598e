"""Chasing in plain words: told before, tried again, a date that came and went."""

from __future__ import annotations

from amends.domain.verdict import FlagName
from triage.rules.rule import Claim, Rule

_MONTHS = "january|february|march|april|may|june|july|august|september|october|november|december"
_DAYS = "monday|tuesday|wednesday|thursday|friday|saturday|sunday"
#: What tells that something lies in the past, after "I rang you ...".
_WHEN = (
    f"on {_DAYS.replace('|', '|on ')}|on the|in {_MONTHS.replace('|', '|in ')}|last|yesterday|this morning|days ago|"
    "weeks ago|a week ago|a fortnight ago|a month ago|months ago|back in|before|earlier|at the time|the other day"
)
_MEANS = "letter|letters|email|emails|mail|complaint|note|report|message|messages|call|calls|form|query"

RULES = (
    Rule(
        name="repeat_contact.told_before",
        flag=FlagName.REPEAT_CONTACT,
        says="The writer has told or asked the organisation about this before.",
        claim=Claim.EVENT,
        phrases=(
            "(have|had) [raised] (this|it|the matter|the problem) (with|to|on|at|in)",
            "(we|i) (have|had) [been] (asking|ringing|writing|complaining|reporting|waiting for an answer) (you|"
            "about|for|since|to)?",
            "lost [count] of (the|how|my|times)",
            "(i|we|ive) (have|had|already)? [told] (the|a|your) (girl|lad|man|lady|woman|chap|office|depot|branch|"
            "shop|agency|receptionist|"
            "driver|caretaker|warden|fitter)",
            "last time (i|we) [phoned|rang|called|wrote|complained|asked|spoke|emailed]",
            "[been] (on to|onto|on at|at|on the phone to|on the phone with|in touch with|through all this|through "
            "this|over all this) (with|you|your|before|already|since)?",
            "(i|we|ive) (have|had)? (already|also)? [spoke|spoken|talked] (to|with) _3 (last|on|yesterday|in|this "
            "morning|before|weeks|days|at the|who|there)",
            "[spoke|talked] to (a|an|someone|somebody|your|one) _2 (last|on|yesterday|in|this morning|before|who|"
            "there)",
            "(you|they) (have)? (had|got|received) (@number|all|several) (of)? (my|our)? (e)? [letters|emails|mails|"
            "calls|messages|photos|photographs|reminders] (from me|from us|now|already|of mine)?",
            "(someone|somebody|man|engineer|they|he|she|plumber|lad|fitter|surveyor|inspector) [came] (out|round)? "
            "(in|on|last|and|twice|before|@day) _6 (went|left|gone|looked|shook|tutted|measured|never|nothing|took)",
            "(my|our) _2 [correspondence]",
            "yet [again] (i|we|you|your|no|the|nobody|it|another|my|our)?",
            "here (i|we) (am|are|go) [again]",
            "(have|having|had|tired of|sick of|keep|fed up) (to|with|of)? [repeat|repeating] (myself|ourselves|it|"
            "this|everything|the same)",
            "(i|we|still|been|having to|have to|constantly|forever) (am|are)? (still|now)? [chasing] (you|this|it|"
            "up|for|your|the|my|after|since)?",
            "(i|we|ive|i've) (have|had|did|already|even)? [told|warned|notified] (you|your @staff|your office|your "
            "lot|your man) (this|that|about|it|before|already|so|last|in|on|all|twice|when|weeks|at|he|she|i|we|the|"
            "my|to)",
            "(i|we|ive|as i|as we) (have|had|did)? (already)? [said|explained|described] (all)? (this|so|as much|it "
            "all|"
            "all that) (to|before|already|last|in|on|all|a|twice|when|at|the|over|over)?",
            "(i|we|ive|i've|my @kin) (have|had)? (first|already|also|then|duly|even)? [rang|phoned|telephoned|wrote|"
            "written|emailed|complained|reported|messaged|texted|rung] (you|them|in|up|back|to you|it|this|about it|"
            f"about this|to|your @staff|your office|customer services)? _3 ({_WHEN})",
            "(when|after|since|once|although|though) (i|we) (have|had|first|last|finally)? (first|last|already)? [rang|"
            "phoned|telephoned|emailed|wrote|complained|queried|chased|messaged|rung|reported] (you|them|in|up|to|"
            "about|"
            "your|the|it|this|and|on|was|he|she)?",
            "(lady|man|woman|girl|lad|chap|person|colleague|somebody|someone|bloke|gentleman|agent|adviser|assistant) "
            "(on|at|from) (the|your) _1 [phone|telephone|helpline|webchat|switchboard]",
            "(your) [telephone|phone|webchat|helpline|chat] (assistant|agent|adviser|advisor|man|lady|people|staff|"
            "operator|girl|lad)",
            f"what (i|we) (have|had)? (already)? [wrote|reported|described|explained] (to|on|in|last|before|{_MONTHS})",
            f"(of|read|despite|answer|answered|after) (my|our) (last|first|previous|earlier|other|second|third|"
            f"recent|many|two|three|four)? [{_MEANS}] (of|dated|on|from|in|to you|about|which|and|the|is|are|was|were|"
            "you)?",
            f"(my|our) [letter|letters|email|emails|mail|complaint|complaints] (of|dated) (the|#digits|last|{_MONTHS}|"
            f"{_DAYS})",
            "(it|this|that|which|fault|leak|problem|damage|hole|lamp|smell|matter) (was|were|had been|has been|have "
            f"been) (first|already|last|duly)? [reported|logged|flagged|notified|raised|mentioned] _3 ({_WHEN})",
            "(i|we|have|i've|we've) _1 [pleaded|begged|implored] (with|you|your|to|them|for)",
            "(i|we|ive|i've) (have|had)? (already)? [sent|posted|supplied|provided|uploaded|submitted] (you|in|off)? "
            f"(the|my|this|all|proof|photographs|photos|it|them|a photo|a photograph|copies) _5 ({_WHEN}|already|twice|"
            "every month|every week|since)",
            "(i|we) (have|had|already|did)? [sent|gave|supplied] you (the|my|a|his|her|our) _1 (certificate|proof|"
            "photographs|photos|evidence|receipt|documents|paperwork|reading|readings)",
            "[submitted|filed|lodged|logged|raised] (this|it|that|the form|a complaint|my complaint|a claim) _2 (on "
            "the|"
            "twice|already|before|last|back in|again|weeks|a month|a fortnight|with you)",
        ),
        unless=(
            r"email (?:account|address|provider|client)|wrote (?:this|my)|spam|thank(?:s| you)|sorted (?:it|me|us)|"
            r"(?:nice|lovely|kind) (?:lady|man|person)|and (?:it was|you) "
            r"(?:fixed|sorted|mended|came)|all is well|very helpful|first time|"
            r"if (?:i|we) (?:have|had)? ?(?:told|rang|wrote)|told you (?:so|what|how (?:much|happy))|(?:glad|"
            r"pleased) (?:i|"
            r"we) told|cheque|birthday"
        ),
        fires=(
            "I told your office about the gutter before the storms.",
            "We rang you on Thursday and were told to wait.",
            "When I phoned, the answer was that the computer cannot be wrong.",
            "The broken lamp was reported in April.",
            "Please look at my letter of 3 June, which nobody seems to have opened.",
        ),
        silent=(
            "I have not told your office yet, this is my first message.",
            "I rang you on Friday and it was sorted within the hour, thank you.",
            "When should I send my form?",
        ),
    ),
    Rule(
        name="repeat_contact.count_told",
        flag=FlagName.REPEAT_CONTACT,
        says="The writer counts tries, letters, visits, numbers or answers.",
        claim=Claim.EVENT,
        phrases=(
            "(same|a second|another) (man|engineer|plumber|fitter|lad|team) [came|come|turned] (out|up|back|round)? "
            "(twice|again|three times|and)",
            "@nth (man|engineer|one|lad|person|van|plumber|team|courier|fitter|box|replacement) (you|they|who|that|"
            "to) (have)? [sent|come|came|been|had|turned]",
            "[branch|shop|office|store|depot|surgery|counter] (@number) times",
            "been (in|into|to|down to|round to) (the|your) [branch|shop|office|store|depot|surgery|counter] (twice|"
            "again|before|already|@number|last)",
            "how many (more)? [times] (do|must|have|does|will|should|am) (i|we|one|anyone)",
            "(i|we|ive|i've) [rang|wrote|emailed|phoned|complained|chased|asked] (you)? (in|on) (@day) (and|then)? "
            "(again|i|we)",
            "@nth (e)? [mail|mails|try|go|tries|reply|engineer|apology|form|winter|reading|photograph|notice]",
            "(is|its|it's|thats|that's|for|makes|now|t) (the|my|our|a|t)? @nth [time] (now|this|in|i|we|you|that|"
            "and|since)?",
            "(@number|#digits) (failed|wasted|separate|different|engineer|home|more)? [tries|attempts|goes|callouts|"
            "phonecalls|excuses|apologies|chats|emails|letters|calls] (now|so far|already|later|and|in|since|but|on)",
            "(@number|#digits) times (now)? (i've|ive|i have|we have|we've|have i|have we|i|we) _1 [rung|rang|called|"
            "phoned|asked|written|emailed|told|reported|complained|chased|been|tried]",
            "(@number|another) (further|more|other|new) [appointments|visits|engineers|calls|letters|emails|callouts|"
            "messages|promises]",
            "(two|three|four|five|several|different|both|another) (different|complaint|case|ticket|job|reference|ref|"
            "separate)? (reference|case|ticket|job)? [numbers|references] (and|but|from|later|for|now|so)?",
            "(@number) different [answers|stories|explanations|reasons|people|versions]",
            "(your|of your|these) (last|latest|previous|past)? (two|three|four|five|six|several|many) (last|previous|"
            "standard|identical|different)? [letters|emails|replies|responses|answers|texts|visits|engineers|"
            "apologies]",
            "(your) (last|latest|previous|earlier|first|second|final|so called|standard) (final)? [letter|reply|"
            "response|"
            "answer|email|visit|engineer|text]",
            f"your [visit|reply|answer|response] (of|in|on|dated|last|to my) (the|{_MONTHS}|{_DAYS}|last|week|month|"
            "letter|complaint|email|first|query|#digits)?",
            "[deadlock] (letter|notice)?",
            "(eight) [weeks] (is|are|have|were) (now)? (up|over|gone|passed)",
            "(despite|after|notwithstanding) (written|our|my|repeated|due|formal|several)? (written)? [notice|notices|"
            "reminders|warnings] (on|of|to|in|from|dated)?",
            "(@number|weeks|wks|days|months|fortnight|month|week) since (you|your @staff|they|he|she|your office) "
            "(last|"
            "first)? [said|told|promised|wrote|replied|answered|visited|came|called|confirmed]",
            "(bill|name|address|charge|order|meter|reading|invoice|amount|delivery) (is|was|still|comes)? (still|"
            "back)? "
            "(wrong|incorrect|estimated|missing|late) (yet)? [again]",
        ),
        unless=(
            r"first time|look(?:ing)? forward|thank(?:s| you) for|third (?:go|try) lucky|second (?:go|try|reading) of "
            r"(?:it|the)|phone numbers?|telephone numbers?|lottery|(?:book|change|need|order) (?:\w+ ){0,2}(?:further|"
            r"more|other|new) (?:appointments|visits)|no (?:further|more)"
        ),
        fires=(
            "Four tries now and the courier still cannot find the bell.",
            "this is the third e-mail asking for one simple thing",
            "Six times I have asked and six times I was put through to the wrong office.",
            "I was given three different answers by three people.",
            "Your last two letters contradict each other.",
            "Two more appointments, and nobody came to either.",
        ),
        silent=(
            "This is the first time I write, so be patient with me.",
            "I would like to book two more appointments.",
            "I look forward to your reply on Monday.",
        ),
    ),
    Rule(
        name="broken_promise.date_gone",
        flag=FlagName.BROKEN_PROMISE,
        says="A date or undertaking went by, told without set words.",
        claim=Claim.EVENT,
        phrases=(
            "(promised|swore|said|told|assured) (me|us|him|her)? [faithfully|blind]",
            "(@number|#digits|a) (working)? (weeks|days|months|week|month|fortnight|day) [late] (now|and|"
            "already|so|for|with|in)?",
            "[waited|sat|stayed] in (all|on|for|from|the whole) _4 (for|nothing|and)",
            "(was|is) he [heck|hell]",
            "[delivery|collection|appointment|completion|installation|repair|fitting|moving|start] (dates|slots|days|"
            "date|appointments|windows|slot|day) _2 (come and gone|came and went|gone by|passed|been and gone|went by|"
            "slipped|missed)",
            "(both|all three|all four|each|each one|every one) (of them|of those|of which)? (was|were|been|have been)? "
            "_2 (and)? _2 [missed|forgotten|broken]",
            "(none|neither|not one) (of them|of these|of those|of which)? (was|were|has been|have been|ever|has|"
            "had)? [kept|"
            "honoured|happened|materialised]",
            "(undertook|undertaken|vowed|pledged|swore) _6 (to) [credit|pay|repair|refund|call|send|come|mend|fix|"
            "write|"
            "replace|visit|reply|deliver]",
            "(where is|where's|wheres|what happened to|what became of|what about|no sign of) (the|my|our|that) _8 "
            "[said|"
            "promised|agreed|assured] _2 (would|was|were|you|me|us|to|for|by)",
            "(where is|where's|wheres|what happened to|what became of) (the|my|our|that) [promised] _3",
            "the (#digits|@number) (working)? [days|hours|weeks] (you|they|he|she) (said|promised|quoted|gave|"
            "asked) (me|"
            "for|us)? (are|have|were|came|went|passed|is|has)? (up|long|gone|over|and)?",
            "(@number|weeks|wks|days|months|fortnight|month|week|#digits) (weeks|days|wks|months)? since (you|they|he|"
            "she|your @staff|your office) (first|last)? [said|promised|told|assured|confirmed|swore]",
            "not a [soul|peep|whisper|sausage|squeak]",
            "(said|told|promised) _8 (that|which|and that|this) was _3 (days|weeks|months|hours|fortnight|week|"
            "month) [ago]",
        ),
        unless=(
            r"\bbill (?:was|is|came)|form came|not a soul (?:left|in|on|about|around|was)|didn'?t matter|"
            r"and (?:it|you|they|he|she) did|thank(?:s| you)|right on time|as (?:promised|agreed)[,.]? and|"
            r"(?:wasn'?t|not) "
            r"missed|happily|dates (?:for your diary|available)"
        ),
        fires=(
            "Three collection dates have come and gone and the skip is still there.",
            "You gave me the 4th and the 11th. Neither happened.",
            "It is five weeks since you promised the cheque.",
            "Where is the voucher that Colin said would come with the May bill?",
            "Two slots booked, both missed.",
        ),
        silent=(
            "You came on the 4th, as your man said he would, thank you.",
            "If neither date is kept I may cancel.",
            "You rang on the 5th as well, as you had said you would.",
            "The coach was three hours late into Oban.",
            "The bill was two days late this month.",
            "Which delivery dates do you offer?",
        ),
    ),
    Rule(
        name="broken_promise.long_ago",
        flag=FlagName.BROKEN_PROMISE,
        says="What somebody said would be done is counted in weeks or months since.",
        claim=Claim.EVENT,
        phrases=(
            "(that|this|it) (was|is) (now)? (over|nearly|almost|about|more than)? (@number|a|#digits|eleven|fourteen) "
            "(working)? (days|weeks|months|week|month|fortnight|hours|years) [ago]",
        ),
        needs=(
            r"\b(?:within|promis\w+|assur\w+|would (?:be|call|come|ring|send|get|have|write|phone)|you'd|he'd|"
            r"they'd|said "
            r"it will|will be (?:out|with|done)|undert\w+|by (?:monday|tuesday|wednesday|thursday|friday|saturday|"
            r"sunday))\b"
        ),
        unless=r"bought (?:it|this)|moved in",
        fires=(
            "He said a plumber would ring that afternoon. That was nine days ago.",
            "A cheque within five working days, you wrote; that was two months ago.",
            "Your lad promised a new bin. It is a month ago now, well, it was four weeks ago on Monday.",
        ),
        silent=(
            "I moved here from Leeds; that was six weeks ago.",
            "We met at the fair, it was two years ago.",
            "He never said that it was a week ago.",
        ),
    ),
    Rule(
        name="broken_promise.was_to_be",
        flag=FlagName.BROKEN_PROMISE,
        says="What was meant to happen by a time, or in a window given, has not.",
        claim=Claim.EVENT,
        phrases=(
            "(said|wrote|told|confirmed|promised|assured) _6 be [with] (me|us|him|her)",
            "(was|were) to (be|have been) [delivered|fitted|installed|collected|repaired|finished|completed|mended|"
            "returned|replaced|connected]",
            "(was|were) [booked|due|scheduled|arranged] (for|on|to)",
            "(you|they|he|she|council|landlord|manager) (had|have)? [agreed|promised] (in writing)? to (repaint|"
            "repair|fix|replace|pay|send|call|come|clean|mend|refund|remove|write|ring|return|collect|deliver)",
            "(was|were|is) [meant|supposed] to (be|take|have|last|come|arrive|start|finish|happen|ring)",
            "(gave|given|got|told|booked|offered) (me|us|him|her)? (a|the|an) _2 [window|slot] (of|between|from|and|"
            "for|on)",
        ),
        needs=(
            r"\b(?:we are (?:in|on) (?:week|month|day)|(?:week|month|day) (?:two|three|four|five|six|seven|eight|"
            r"\d+) now|"
            r"still|nobody|no one|never (?:came|rang|happened|arrived|did|turned)|no sign|nothing (?:came|happened)|"
            r"hasn'?t|"
            r"didn'?t (?:come|happen|arrive|ring|turn)|did not (?:come|happen|arrive)|not (?:here|come|arrived) yet|"
            r"have not|has not|it is now)\b"
        ),
        unless=r"how (?:is|was) it|if you still|what (?:is|was) it|meant to be (?:funny|a joke|kind)",
        fires=(
            "The fence was meant to take two days and we are in week four.",
            "I was given a window of eight till noon and nobody had knocked by tea.",
            "The swap was meant to happen in spring and still has not.",
        ),
        silent=(
            "It was meant to be a joke and still is.",
            "I was offered a slot on Tuesday, which suits me.",
            "What is it meant to be, a fox?",
        ),
    ),
)
