"""How the matter has been handled so far: repeated contact, broken promises, many affected."""

from __future__ import annotations

from amends.domain.verdict import FlagName
from triage.rules.rule import Claim, Rule

RULES = (
    Rule(
        name="repeat_contact.counted",
        flag=FlagName.REPEAT_CONTACT,
        says="The writer counts how often they have already been in touch or visited about this.",
        claim=Claim.EVENT,
        phrases=(
            "@nth [tweet|dm|email|letter|complaint|chaser|message|phonecall|reminder|outage]",
            "(cut|hung|disconnected) (me|us|off|up)? (off|on me|up)? _2 (@number|#digits) [times]",
            "(reply|answer|message|response) (@number|#digits) [times]",
            "(each|every) time (i|we) [ring|call|phone|ask|email|complain|write|chase|contact|enquire|visit]",
            "(i|we) [call|ring|email|ask|write|phone] _2 (@number|#digits) times",
            "by [recorded] delivery",
            "[sent|resent|filled] (the|this|my)? form _4 (again|twice|resent|before|already)",
            "(been|gone|went|came|come|going|returned) (back|in|there|round|to you|to the branch|to the shop)? "
            "(@number|#digits) [times]",
            "(have|had|i've|we've|as) (already|now)? [explained|pointed|told|mentioned|raised|queried|said|sent] _6 "
            "(twice|three times|four times|five times|several times|many times|already|before|repeatedly|again and "
            "again|#digits times)",
            "[asked|told|reported|explained] _9 (@number|#digits) times",
            "[trying|tried|attempting] to (cancel|contact|get|reach|speak|sort|resolve|return|book|change|claim|call|"
            "ring|log|register) _6 (since|for weeks|for months|for days|for over|for the last|for ages|for a week|"
            "for a month|for @number|for #digits|all week|all day)",
            "[pointed] (this|it|that) out _4 (before|again|twice|already|last|in|and|to)",
            "(this is|now|for|is|my|it's|the|our|that's|a|on|your) (now)? (my|the|our|your|a|at least the)? (@nth) "
            "[time|complaint|email|letter|call|message|attempt|request|visit|phone|engineer|reminder|replacement|"
            "appointment|tweet|chat|occasion]",
            "[called|rang|phoned|telephoned|emailed|messaged|contacted|written|wrote|complained|chased|asked|"
            "reported|texted|tweeted|visited|spoken|spoke|rung|tried|queried|requested] _6 (@number|#digits) (times|"
            "occasions|calls|emails|people|different|agents|separate|advisers|departments|letters|messages|weeks "
            "running)",
            "[called|rang|phoned|telephoned|emailed|messaged|contacted|written|wrote|complained|chased|asked|"
            "reported|texted|tweeted|visited|rung|tried|queried|requested|chasing|ringing|calling|phoning|emailing] "
            "_4 (twice|thrice|repeatedly|again and again|numerous times|many times|multiple times|several times|"
            "countless times|over and over|daily|every day|every week|constantly|time and again|time after time|"
            "continually|on several occasions|on numerous occasions|on many occasions|loads of times)",
            "(repeatedly|repeated|twice|already|previously|constantly|continually|multiple times|numerous times) "
            "[called|rang|phoned|telephoned|emailed|messaged|contacted|written|wrote|complained|chased|asked|"
            "reported|texted|tweeted|visited|spoken|raised|rung|requested|flagged|logged|chasing|asking|calling]",
            "(made|sent|had|after|despite|spent|made over|written) _1 (@number|#digits) _2 [calls|"
            "emails|letters|messages|visits|complaints|reminders|phonecalls|tweets|chats|engineers|appointments|"
            "requests|attempts|tickets]",
            "(@number|#digits) (phone|telephone|unanswered|different|separate|long|previous|missed) [calls|emails|"
            "letters|messages|visits|complaints|reminders|people|agents|engineers|appointments|departments|requests|"
            "advisers]",
            "(despite|after) _2 (several|repeated|numerous|many|multiple|countless|previous|my|our|all my|@number) "
            "_2 [calls|emails|letters|messages|visits|complaints|reminders|phonecalls|requests|attempts|chasers]",
            "[repeated|countless|endless|numerous] _1 (calls|emails|letters|messages|visits|complaints|reminders|"
            "requests|attempts|contact|phone calls)",
            "(been) (passed|bounced|sent|transferred|pushed) (from|between|around|round) (pillar|one|department|"
            "departments|to|agent|person|different|person to|agents) _6 [post|another|departments|department|person|"
            "agents|people|houses]",
            "pillar to [post]",
            "(@number|#digits) (people|different people|agents|advisers|departments|engineers|technicians) _3 (now|"
            "so far|and still|already|have) [told|still|nothing|came|been|visited|said]",
        ),
        unless=r"first time|last time i (?:visited|came|stayed)|times (?:a|per) (?:day|week|month|year) (?:for fun|to "
        r"eat)|(?:visited|been|stayed|eaten|shopped|used) (?:\w+ ){0,4}(?:many|several|numerous|multiple|lots "
        r"of) times and (?:always|never had|love|it)|third time lucky",
        needs=r"",
        fires=(
            "This is the third time I have written.",
            "I have called five times about the leak.",
            "I have chased you repeatedly.",
            "After several emails I am no further.",
        ),
        silent=(
            "This is the first time I have written to you.",
            "You won't need to be called five times by me.",
            "Could I visit twice on one ticket?",
        ),
    ),
    Rule(
        name="repeat_contact.no_answer",
        flag=FlagName.REPEAT_CONTACT,
        says="An earlier message, call or visit about this went unanswered or settled nothing.",
        claim=Claim.EVENT,
        phrases=(
            "[reported] (this|it|that)? (to you|to the council)? (already|first)? (in|before|on|since|back in|last) "
            "(@day|the|xmas|christmas|spring|summer|autumn|winter|then)",
            "(was|been|were) (first|already|previously) [reported|raised|notified|flagged]",
            "[mended|fixed|repaired|replaced|serviced|patched] _8 (again|same problem|same fault|worse|still)",
            "(had|have had|received|got|getting|get|seen|hear) (absolutely)? [nothing|silence] (back|from|since|but|"
            "in return|"
            "from you|yet|further)",
            "(met|greeted) with (complete|total)? [silence]",
            "(no|without|not had|haven't had|never had|never received|not received|still|had no|haven't received|"
            "zero|nobody|awaiting|await|waiting for|waiting on|never got|haven't got|got no) _3 [reply|"
            "response|answer|acknowledgement|acknowledgment|callback|feedback|resolution] (to|from|yet|at all|since|"
            "after|whatsoever|for|in|still|ever|either|even|despite|about|on)?",
            "(not|never|n't|haven't|hasn't|nobody has|no one has|still not|have yet to|nobody|no one|didn't|did not|"
            "don't|won't|doesn't|does not|do not|failed to|fail to|refuse to|refuses to|refusing to|ignored and not) "
            "_2 [replied|responded|answered|acknowledged|reply|respond|answer] (to|my|me|yet|at all|the|us|any|our|"
            "emails|phone|phones|calls|and|since|when|back)?",
            "(not|never|haven't|hasn't|still|yet to|didn't|nobody has|no one has) _2 [heard] (back|anything|nothing|"
            "from|a word|a thing)? (from|since|about|yet|regarding|again)?",
            "[heard] (nothing|absolutely nothing|no more|not a word|zilch) (back|since|from|more|for|at all)?",
            "(ignored|ignoring|ignores|ignore) _2 (my|our|all my|all|every) _2 [email|emails|call|calls|letter|"
            "letters|message|messages|complaint|complaints|tweets|dms|requests|request|tickets|queries|dm]",
            "(email|emails|call|calls|letter|letters|message|messages|complaint|complaints|tweets|dms|requests|"
            "request|dm|enquiry|query) (has|have|was|were|are|is|keep|keeps|go|went|gone|remains|been) (all|still|"
            "been|being|simply|just|completely|getting)? [ignored|unanswered|unacknowledged|overlooked]",
            "[unanswered|ignored] (calls|emails|letters|messages|complaint|complaints|requests|phone)",
            "(as|like) (i|we) (have)? (already|previously)? [said|explained|stated|told|wrote|mentioned|reported|"
            "complained] (you|before|already|in my|last|previously|on the phone|several|many|to|yesterday|when|"
            "repeatedly)",
            "(i|we) (have|had|'ve) (already|previously|also|just) [called|rung|rang|phoned|emailed|messaged|"
            "contacted|written|complained|chased|asked|reported|told|explained|spoken|dmed|tried|provided|sent|"
            "raised|been|visited|filled] _3 (this|you|it|twice|your|customer|about|with|to|that|the|by|them|and|dm|"
            "helpline|support|in touch)",
            "(my|our|the) (previous|last|earlier|first|original|initial|second) [email|emails|letter|letters|"
            "complaint|message|messages|call|calls|tweet|report|chaser|visit|conversation]",
            "(still) (waiting|awaiting) (for|on|to) (a|an|your|someone|somebody|my|the|any|anyone|some|you|"
            "engineer)? _2 [reply|response|answer|call|callback|contact|someone|somebody|anyone|update|resolution|"
            "engineer|email|hear|solution|visit|action]",
            "(is|was|has been|still|remains|it's|been) (still)? (not|n't|un) (been)? [resolved|fixed|sorted|solved|"
            "rectified|addressed] (yet|still|despite|after|by|since|and)?",
            "(since|after|when) (i|we) (first)? [reported|complained|contacted|raised|wrote|emailed|called|rang|"
            "phoned|logged]",
            "(came|come|came out|come out|sent|been|been out|returned|visited) _3 [again|twice|back] (to|and|but|"
            "for)? _3 (still|fix|repair|look|not|mend|nothing|same)",
            "(on hold|hold|queue|waiting) (for|on)? _3 [again|twice|yesterday] _4 (cut off|hung up|gave up|"
            "disconnected|nobody|no answer)",
        ),
        needs=r"",
        unless=r"heard of|no (?:reply|response|answer) (?:is )?(?:needed|required|necessary|expected)|no need (?:to|"
        r"for)|do(?: "
        r"not|n'?t) (?:need|have) to (?:reply|respond|answer)|(?:please )?do(?: not|n'?t) (?:reply|respond) "
        r"(?:to|directly)|noreply|no[- ]reply@|(?:app|page|screen|phone|button|system|server|keyboard|computer) "
        r"(?:is |was |does )?(?:not|n'?t|never) respond|"
        r"thank(?:s| you) for (?:your|the|my) (?:\w+ )?(?:reply|response|answer|email|letter)|look(?:ing)? forward|"
        r"in the (?:first|last) (?:email|message) of|with reference to (?:our|my) (?:previous|last)",
        fires=(
            "I emailed you in May and have had no reply.",
            "Nobody has responded to my letter.",
            "You keep ignoring my emails.",
            "Still waiting for someone to call me.",
        ),
        silent=(
            "No reply is needed, just passing it on.",
            "Thank you for your response.",
            "Please do not reply to this message.",
        ),
    ),
    Rule(
        name="broken_promise.said_would",
        flag=FlagName.BROKEN_PROMISE,
        says="Somebody said, promised or guaranteed that a thing would be done, and it was not.",
        claim=Claim.EVENT,
        phrases=(
            "(you|they|he|she|engineer|manager|agent|adviser|advisor|who|driver|landlord|company|rep|lady|man|staff|"
            "someone|operator|chat|app|website|site|tracking|text|receptionist|council|helpline|call centre|shop|"
            "branch) (had|have|has|all)? [said|promised|told|assured|guaranteed|agreed|confirmed|swore|"
            "undertook] (me|us|him|her|to me|my @kin|that|faithfully|to)? _6 "
            "(would|will|you'd|you'll|he'd|she'd|they'd|it'd|be|call|phone|ring|come|deliver|send|refund|reply|get|"
            "fix|repair|within|by|on|next|could|return|replace|pay|was going to|were going to|arrive|today|tomorrow)",
            "(was|were|been|being|am|had been|have been|got) _1 [told|promised|assured|guaranteed|advised|"
            "informed|quoted] _6 (would|will|i'd|it'd|within|by|today|tomorrow|a call|a callback|a refund|a reply|"
            "delivery|a full|a replacement|next|working days|to be|an engineer|next day|a call back|an answer|had "
            "been|it'd been)",
            "[promised|promises|promise|promising] (me|us|him|her|a|an|the|to|that|my|delivery|call|refund|by|it|"
            "faithfully|next|same)",
            "[supposed|meant|due|scheduled|expected] to (be|have|arrive|come|get|call|receive|deliver|turn|start|"
            "return|ring|phone|collect|leave|land|happen|open|go) _6 (@day|delivered|delivery|collected|fixed|"
            "installed|repaired|here|back|completed|refunded|resolved|ready|hours|at #digits)",
            "(was|were) [due] (on|by|at|yesterday|last|in|for|two|three|a|days|weeks) _3",
        ),
        needs=(
            r"\b(?:never|not|no|nobody|none|nothing|still|yet|but|failed|instead|ago|later|late|empty|broken|lie|"
            r"lied|lies|then|didn'?t|hasn'?t|haven'?t|wasn'?t|isn'?t|won'?t|don'?t|doesn'?t|can'?t|only to|again|"
            r"passed|"
            r"since|waiting|"
            r"gone by|no one|noone|where|overdue|hung up|has come|ignored|cancel\w*|changed|now (?:say|saying|says|"
            r"told|being)|refus\w*|without|supposed to)\b"
        ),
        unless=r"\bas promised|kept (?:your|its|his|her|their) promise|just as you (?:said|promised)|exactly as "
        r"(?:promised|described|you said)|promising (?:start|young)|"
        r"(?:said|told(?: me| us| him| her)?) (?:that )?(?:people|nothing had|the file had|to say|to come back|"
        r"to ring)|said (?:ask|ring|send)\b|am told by",
        fires=(
            "You said you would call back by Friday and nobody did.",
            "I was promised a refund within ten days. It has not come.",
            "The sofa was supposed to be delivered on Tuesday but never came.",
        ),
        silent=(
            "You said you would call on Friday, and you did, thank you.",
            "Delivered as promised, not a scratch.",
            "The bank was told that nothing had been received, and it was not so.",
            "Nobody promised me anything.",
        ),
    ),
    Rule(
        name="broken_promise.missed",
        flag=FlagName.BROKEN_PROMISE,
        says="An appointment, delivery date or deadline was missed.",
        claim=Claim.EVENT,
        phrases=(
            "[collections|appointments|deliveries|visits|deadlines] (were|was|have been|has been|now)? missed",
            "(deadline|date) (went by|came and went|has gone) [last|already|weeks|days|without|and]",
            "(it|this|collection|collections|delivery|bin|bins) (was|were|has been|have been) [missed] (on|again|"
            "twice|last|yesterday|for)",
            "[callback|call|visit|delivery|refund|reply] (promised|agreed|booked) for (@day)",
            "[cancelled|canceled|postponed|cancelling] (it|my|his|her|our|the|this)? _3 (again|twice|last minute|at "
            "the last minute|no notice|one day's notice|a day's notice|@nth time|on the day|without notice|without "
            "warning|hours before|at short notice)",
            "[missed|miss|missing] (my|our|the|his|her) _2 (bin|bins|collection|collections|recycling|round)",
            "(operation|surgery|appointment|scan|treatment|procedure|flight|delivery|visit) (was|has been|been|got|"
            "is|keeps being) [cancelled|canceled|postponed] _3 (again|twice|third|day)",
            "(statutory|promised|agreed|your|the|that|one|a|#digits|@number) _1 [month|weeks|days|months|period|"
            "limit|fortnight|week] "
            "(has|have|had) (now|already|long)? (long)? (passed|gone by|elapsed|expired|gone|come and gone|been and "
            "gone)",
            "(nobody|no one|noone|engineer|driver|he|she|they|fitter|plumber|courier|technician|carer|surveyor|"
            "contractor|electrician|delivery|it|parcel|you) (has|have|had|ever|just|simply|then|even|also)? "
            "(never|didn't|did not|failed to|hasn't|have not|has not|haven't|not|nor) (even|bothered to|actually)? "
            "[turned|turn|showed|shown|show] up",
            "(nobody|no one|noone) (has|have|had|ever|even)? [turned|showed|shown] up",
            "(nobody|no one|noone) (has|had|ever|from your company|from you|even)? (ever|even|then|since|yet)? [came|"
            "called|rang|phoned|arrived|appeared|returned|contacted|attended|come|visited|emailed] (back|to|me|us|on|"
            "at|and|as|out|or)?",
            "(engineer|driver|he|she|they|fitter|plumber|courier|technician|surveyor|contractor|you|manager|someone|"
            "who) (never|didn't|did not|failed to|hasn't|have not|has not|haven't|still hasn't|doesn't|have never|"
            "has never) (even|ever)? "
            "[called|call|rang|ring|phoned|phone|come|came|arrive|arrived|attend|attended|appear|appeared|show|"
            "return|returned|contact|contacted] (back|me|us|my call|as|at all|on|to|when|out)?",
            "[missed|missing|cancelled] (his|her|the|our|my|your|another|two|three|four|a|several|every|appointment|"
            "delivery) (own|last|second|third|agreed|promised|consecutive|scheduled|delivery)? (appointment|"
            "appointments|delivery|deliveries|deadline|slot|slots|collection|collections|call|callback|visit|visits|"
            "target|date|bin collection)",
            "(well|long|way|already|now|days|weeks|months|hours|week|month|is) (past|passed|beyond|overdue|over) "
            "(the|your|its)? (promised|delivery|agreed|due|own|stated)? [date|deadline|overdue|timescale|timescales]",
            "(#digits|@number|a|well|long|way|still|already|now|is) (days|weeks|months|hours|week|month|day|year|"
            "years)? [overdue]",
            "(deadline|date|timescale|timeframe|#digits days|target) (has|have|had|came|was|is|come) (and|been|now|"
            "already|long)? (long|since)? [passed|missed|gone|went|expired|elapsed]",
            "(failed|fail|failing|fails) to [deliver|arrive|call|attend|appear|collect|reply|respond|honour|meet|"
            "keep|show|contact|return|provide|complete|refund|fix] (me|us|on|by|my|our|the|as|back|it|its|your|a|any|"
            "within|for)?",
            "[waited|stayed|sat|took] (in|at home|all day|the day off|a day off|a day off work|the whole day|all "
            "morning|all afternoon|home) _8 (nobody|no one|never|nothing|didn't|not|no show|noone|and still|no sign|"
            "for nothing|only)",
            "no [show] (again|from|by|today|and|for|engineer|at|on|yesterday)?",
            "(broke|broken|breaking|breaks|gone back on|went back on|going back on) (your|their|its|his|her|that|a|"
            "the|every) [promise|promises|word|commitment|agreement|undertaking]",
            "[broken] (promise|promises)",
        ),
        unless=r"no show (?:fee|policy|charge)|if (?:i|we) (?:miss|missed)|missed (?:my|your|a) call from you|(?:i|we) "
        r"(?:have )?missed (?:my|the|our|a|his|her) (?:own )?(?:appointment|delivery|slot|call|deadline)|didn'?t "
        r"come (?:with|in|off)|(?:nobody|no one) (?:has |had )?(?:came|come) to (?:harm|see)|called the police|"
        r"came through",
        fires=(
            "The engineer never turned up.",
            "Nobody called me back.",
            "My order is three weeks overdue.",
            "You have missed two appointments.",
        ),
        silent=(
            "I missed my appointment, can I book another?",
            "If nobody turned up, whom should I ring?",
            "The engineer turned up early, bless him.",
            "There was smoke, but nobody came to harm.",
        ),
    ),
    Rule(
        name="many_affected.many",
        flag=FlagName.MANY_AFFECTED,
        says="The same thing happens to many people.",
        claim=Claim.EVENT,
        phrases=(
            "(whole|entire|all our|all the) (of)? (the|our|my)? [street|estate|village|block|building|road|town] "
            "(has|had|have|is|are|was|were|has been) (been)? (no|without)",
            "(whole|entire|all our|every flat in the|all the) (of)? (the|our|my)? [street|estate|village|block|"
            "building|neighbourhood|road|town|school|office|class|carriage|community|town|floor|terrace|ward|city|"
            "area|postcode] _3 (affected|lost|suffering|flooded|in the dark|cut off|down|stinks|complaining|"
            "went off|"
            "is out|stranded|evacuated|disrupted|overflowing|blocked|left|sick|ill)",
            "(hundreds|dozens|thousands|scores|lots|loads|many|#tens|twenty|thirty|forty|fifty|plenty|a lot|"
            "hundred|thousand) (of)? (other)? [people|customers|residents|passengers|families|households|homes|"
            "tenants|patients|neighbours|parents|pupils|users|members|others|commuters|children|pensioners|students] "
            "_3 (affected|stranded|without|left|waiting|suffering|stuck|complaining|lost|in the same|have no|had no|"
            "queuing|queueing|unable|cannot|can't|evacuated|hit|sick|ill|trapped|evicted)",
            "(all|every one|everyone|most|several|many|other|both|half|some|none) (of)? (the|my|our|your)? "
            "[neighbours|residents|tenants|passengers|parents|households|flats|families|commuters|pupils] _3 (are|"
            "were|is|was|have|has|had|affected|without|complaining|complained|experiencing|too|suffering|same|also|"
            "feel|told|fed|in the|stuck|stranded)",
            "(not|n't) (the)? only (one|person|customer|me|us|household|family) [affected|complaining|suffering|"
            "having|experiencing]",
            "(i am|i'm|am|are|we are|this is|it's|we're) not the [only] (one|person|customer|family|ones|household)",
            "[everyone|everybody] (in|on|at|here|else|around) _5 (is|are|was|has|have|affected|same|had|without|"
            "complaining|stranded)",
            "(same) (problem|issue|thing|trouble|fault) [happened|happens|happening|affecting|affects|affected] (to|"
            "many|other|others|all|everyone|dozens|hundreds)",
            "(other|many|lots of|several) (people|customers|users|residents|parents) (are|have|had|with|also|having|"
            "reporting|reported|complaining) (been|also|the|had|all)? [same|complaining|reporting|similar|complained|"
            "experienced|reported]",
            "(on behalf of|petition|signed by|representing) _4 [residents|neighbours|tenants|parents|members|"
            "passengers|families|households|signatures]",
        ),
        unless=r"thousands of (?:happy|satisfied|other)? ?(?:customers|people) (?:have |who )?(?:trust|love|enjoy|save|"
        r"saved|benefit)|join (?:thousands|hundreds|millions)|everyone (?:in|on|at) (?:\w+ ){0,4}(?:was|is|were|"
        r"has been) (?:\w+ )?(?:lovely|great|kind|helpful|friendly|brilliant|amazing|fantastic|wonderful|nice|"
        r"polite|happy|so)|everyone else'?s|residents are yours|"
        r"every(?:one|body) (?:here )?(?:is|was|are) (?:\w+ )?(?:content|safe|well|fine|welcome)",
        fires=(
            "The whole street has been without water since Monday.",
            "Dozens of passengers were left stranded at the junction.",
            "I am not the only one: other parents have complained.",
        ),
        silent=(
            "Everyone at the branch was lovely.",
            "Join thousands of happy customers today!",
            "Our bin was left; everyone else's in the road has been emptied.",
            "The whole street was not affected, only us.",
        ),
    ),
)
