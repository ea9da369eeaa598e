"""Loss in plain words: money taken, kept or wasted, goods pocketed, a stranger's papers, a supply that went."""

from __future__ import annotations

from amends.domain.verdict import FlagName
from triage.rules.rule import Claim, Rule

_DAYS = "monday|tuesday|wednesday|thursday|friday|saturday|sunday"
_STRANGER = (
    "stranger|customer|tenant|person|lady|gentleman|patient|family|household|resident|client|somebody else|someone "
    "else|other people|other person|neighbour|account holder|man|woman"
)
_PAPERS = (
    "bill|bills|statement|statements|letter|letters|details|payslip|payslips|prescription|passport|results|contract|"
    "invoice|invoices|medical records|bank details|direct debit|file|order history"
)

RULES = (
    Rule(
        name="financial_loss.amount_taken",
        flag=FlagName.FINANCIAL_LOSS,
        says="An amount was taken, kept, charged or has gone.",
        claim=Claim.EVENT,
        by_amount=True,
        phrases=(
            "(my|our|his|her) (bank|savings|own)? account (has been|was|is|had been)? [emptied|drained|cleared]",
            "#money for _9 (nobody|no one) [told|mentioned|warned]",
            "(won't|will not|refuse to|refuses to|refused to|wouldn't|would not) (give|return|send|pay) (me|us|him|"
            "her|back)? (back)? (my|our|his|her) _1 [money|deposit|fare|cash]",
            "#money [worse|lighter|poorer|wasted|down] (off|the drain|already|now|on)?",
            "#money _4 [out] (of|from) (me|us|him|her|my|our)",
            "[jumped|gone|went|rose|risen|shot|leapt|put] (up|straight|suddenly)? from #money to",
            "(throw|threw|thrown|chuck|chucked|bin|binned|throwing) (away|out)? _4 [freezer|fridge|shopping|stock]",
            "(nobody|no one|not|never|haven't|hasn't|yet to) (has|have|had)? (been)? [paid|sent|given|refunded|"
            "returned|credited|repaid] (me|us|him|her)? (back|for)? (the|my|our|a)? _1 #money",
            "[paying] for _4 (when|that|which|while|although) (i|we) (only|never|don't|do not|cannot|can't|have no|"
            "haven't|did not|didn't)",
            "(you|they|he|she|it|bank|app|company|courier|machine|agent|shop|somebody|someone) (have|has|had)? (now|"
            "just|also|already|since|then|wrongly)? [took|taken|kept|pocketed|deducted|docked|withheld|retained|"
            "swallowed|"
            "debited|grabbed] (yourselves|back|off|from|me)? _2 #money",
            "[took|taken|kept|docked|deducted|swallowed|withheld] (the|a|an|my|our|another)? _5 #money _2 (off|from|"
            "out "
            "of|for|by|to)",
            "(took|taken|charged|deducted|added|levied) (me|us)? (a|an|another|the) _3 [fee|charge|penalty|fine|"
            "premium] "
            "(of|at) #money",
            "#money (was|were|has been|had been|have been|is|being)? (then|now|already|later|wrongly)? [taken|debited|"
            "deducted|withdrawn|swallowed|docked|withheld|kept|vanished]",
            "#money (has|have|had|just)? (just|all|already)? [left] (my|our|his|her|the|their) (bank)? account",
            "#money (and)? (it|that|they|all of it) (has|have|had|is|was)? (all|now|just)? (been)? [gone|vanished|"
            "disappeared|taken|lost|missing]",
            "(been|was|were|being|got|am|is|and|then) (also|now|just)? [charged|billed|fined|debited|invoiced] (a|an|"
            "another|over|nearly|me)? #money",
            "#money [twice] (in|this|for|on|now|over)?",
            "(too) [high|much|dear] by _4 (#money|pounds|quid)",
            "(kept|keep|keeping|withheld|withholding|holding|hanging on to|still have|not returned|hung on to) (back)? "
            "(my|our|his|her) _3 [deposit|bond|rebate|cashback|retainer]",
            "(my|his|her|our|the) account (is|was|went|has gone) (now)? [overdrawn]",
            "(sat|left|leaves|here|am|me|us|is|are) (here)? [skint|penniless]",
        ),
        unless=(
            r"(?:£|\$|€)\d[\d.,]* off\b(?! (?:me|my|his|her|the meter))|discount|voucher code|how much|would be "
            r"charged|"
            r"what (?:is|are) the (?:fee|charge)|happy to|taken (?:care|part)|kept (?:the|my) receipt|to be charged|"
            r"in (?:change|tips)|raised|[$£]0\b|took home|gone from \d+ pounds"
        ),
        fires=(
            "Your app has swallowed £38.",
            "It was £2,300 and it has gone.",
            "I was charged £14 for a seat that does not exist.",
            "They have kept our £500 bond since the spring.",
            "That is £61.50 twice in one month.",
        ),
        silent=(
            "Will I be charged £14 for a second bag?",
            "You took £5 off the price, thank you.",
            "Nobody has kept our bond.",
        ),
    ),
    Rule(
        name="financial_loss.want_back",
        flag=FlagName.FINANCIAL_LOSS,
        says="An amount is to be given back or credited.",
        claim=Claim.REQUEST,
        by_amount=True,
        phrases=(
            "(want|need|demand|expect) (my|our|back my|back our) _3 [pounds|quid]",
            "[put|pay|give|send|credit|return|want|like|need|get|wants] (me|us|him|her)? (back)? (the|my|our|that|this|"
            "his|her|all|those)? _1 #money (back|you took|you owe)",
            "[refund|reimburse|repay] (me|us|him|her)? (the|my|our|that|this|for|of)? _2 #money",
            "[put|pay|give|send] (me|us|him|her)? back (the|my|our|that)? _1 #money",
            "(undertook|promised|agreed|said|failed|supposed|meant) _6 [credit|refund|reimburse|repay] (me|us|him|"
            "her|my) "
            "_3",
            "(where is|where's|wheres|still no|no sign of|chasing|waiting for|awaiting) (the|my|our|that|this|a)? _1 "
            "[credit|rebate|reimbursement|cashback] (for|of|that|to|you|on)?",
        ),
        unless=r"cashback (?:offer|card|site|deal)|if (?:i|we) (?:switch|join|sign|refer)|get £?\d+ back (?:when|with)|"
        r"credit card|refund policy|credit score|how (?:do|can|would|long)|what is|thank(?:s| you)|charity|apple pay|"
        r"google pay|top(?:ped|ping)?[ -]?up",
        fires=(
            "Please put the £9 back where you found it, then back to my account.",
            "Kindly give me my £45 back.",
            "Where is the credit for the two days without a signal?",
            "Please refund the £1,250 at once.",
        ),
        silent=(
            "Do not give me my £45 back, keep it for the charity.",
            "Get £50 back when you switch!",
            "How do I check my credit score?",
        ),
    ),
    Rule(
        name="financial_loss.paid_in_vain",
        flag=FlagName.FINANCIAL_LOSS,
        says="An amount was paid for something wrong or missing, or is what the damage comes to.",
        claim=Claim.EVENT,
        by_amount=True,
        phrases=(
            "[paid|paying] (extra)? for (next|same|express|priority|first|special|premium|tracked|insured|fast) "
            "(day|delivery|class|postage|shipping)",
            "#money (i|we) (have)? [handed|paid|spent|gave|sent|forked]",
            "[paid|spent|forked|shelled|parted] (out|you|them|over|with|good|nearly|about|almost|extra|another|on)? _1 "
            "#money",
            "(quoted|advertised|priced|agreed) (me|us|at|a price of)? _1 #money _5 [charged|billed|paid|invoiced|pay]",
            "(worth|valued|value of|replacement) (at|about|nearly|over|some|was)? _2 #money [lost|gone|stolen|ruined|"
            "spoiled|smashed|broken]",
            "(is|was|were|are|all|stock|furniture|carpet|contents|goods|it|them|alone) _3 [worth|valued] (at|about|"
            "over|"
            "nearly|some)? #money",
            "(make it|makes it|comes to|came to|amounts to|adds up to|loss of|lost|losses of|damage of|damages of|bill "
            "of|lost us|set me back|set us back|repairing it will cost|repair will cost) _3 #money _3 [of|for|worth|in|"
            "stock|fish|food|goods|spoiled|gone]",
            "[spoiled|spoilt|thawed|defrosted|ruined|wrecked|smashed|soaked] _6 #money",
            "[repairing|repair|replacing|mending|redecorating] (it|them|this|that|the @own)? (will|would|is going to)? "
            "(cost|costs|come to) _3 #money",
            "(can't|cannot|couldn't|can no longer|not able to|unable to) [sell] (them|it|any|two|that|these|now)?",
        ),
        needs=(
            r"\b(?:never|not|no|nothing|none|nobody|still|wrong|instead|in place of|ruined|spoil\w+|smashed|broken|"
            r"broke|"
            r"torn|damage\w*|faulty|stolen|lost|gone|missing|late|useless|thrown|waste\w*|thaw\w*|defrost\w*|flood\w*|"
            r"soaked|fell apart|without|charged|pocket|jacket|dead|mould\w*|cut|interruption|legs?|replace|came and "
            r"went|"
            r"come and gone|wavy|won'?t|doesn'?t|isn'?t|didn'?t|hasn'?t|wasn'?t|can'?t|cannot)\b"
        ),
        unless=r"worth (?:every|it|the)|well worth|how (?:much|do)|spent a lovely|not a penny more",
        fires=(
            "I paid £74 for oak shelves and you sent pine instead.",
            "The freezer thawed and ruined £230 of meat.",
            "It was advertised at £20 and I was charged £32.",
            "The carpet alone was valued at £1,800 and is ruined by your leak.",
        ),
        silent=(
            "I paid £74 for the shelves and they are perfect.",
            "Is it worth £300?",
            "We spent £20 on lunch, well worth the trip.",
        ),
    ),
    Rule(
        name="fraud.pocketed",
        flag=FlagName.FRAUD,
        says="Somebody took goods for themselves, told as it was seen.",
        claim=Claim.EVENT,
        phrases=(
            "(rang|called|texted|phoned|came|emailed|calls|someone|somebody|man|woman|caller) _4 [saying|claiming|"
            "pretending] (they|he|she|it|to) (were|was|be) (you|from you|from your|your|the bank|my bank|calling "
            "from you)",
            "(put|puts|putting|slipped|slips|stuffed|tucked|hid|shoved|popped) (it|them|my|the|our|her|his) _4 (in|"
            "into|"
            "inside|under) (his|her|their|your driver's) _1 [jacket|coat|pocket|pockets|hoodie|rucksack|sleeve|van]",
            "(drivers|couriers|staff|engineers|workers|driver|courier|fitters|cleaners|colleagues|lads|postman|men) _2 "
            "[take|takes|taking|took|pinch|pinching|nick|nicking|helping|help|sell|selling] (themselves|himself|"
            "herself|"
            "to)? (parcels|parcel|packages|things|stuff|stock|goods|our post|customers) (home|for themselves|off|from|"
            "on|away)",
            "(open|opened|opening|slit|tore|torn|rifled|cut) _2 (my|our|the|her|his) (box|parcel|packet|package|bag|"
            "envelope|case|present) _5 (and)? [take|took|taken|taking|removed|steal|kept]",
            "(was|were|been|got|have|has|he|she|they|driver|courier|someone|somebody) (just)? [pinched|nicked|pilfered|"
            "filched|thieved] (my|our|his|her|it|them|from|off)",
            "(a|this is|that is|call it|such) [stealing|thieving|thievery|daylight robbery]",
            "(move|moved|transfer|transferred|put) (my|our|the|all|her|his|all my|your)? _1 (savings|money|funds|"
            "everything) _3 [safe] (account|place)?",
            "(man|woman|someone|somebody|caller|person|he|she|they|lad) _3 [claiming|claimed|pretending|pretended|"
            "posing|"
            "posed|purporting] (to be|to ring|to call|to have come|as|he was|she was|that) (from|one of|your|the|an|a)",
            "(got|tricked|talked|conned|pressured|pressurised|duped|bullied|rushed) (him|her|me|us|mum|dad|my @kin|"
            "them) "
            "(into|to) (sign|signing|pay|paying|hand|handing|give|giving|transfer|buying) _8 [understand|savings|"
            "details|"
            "cash|loan|plan|confused]",
        ),
        unless=(
            r"hands? (?:in|into)|safe (?:and sound|journey|space)|nicked (?:my|the) (?:finger|paint|chin)|pinched "
            r"nerve|"
            r"how (?:do|can|would)|phone (?:in|into) (?:his|her)|ticket (?:in|into)|train|help (?:customers|"
            r"themselves to)|"
            r"(?:is|as) (?:it|this) safe"
        ),
        fires=(
            "The courier picked my box off the step, looked round and tucked it under his coat.",
            "Two of your drivers take packages home and sell them at the market.",
            "Your man tore open the parcel on the stairs and took the earrings.",
            "A man pretending to be from your head office had me transfer everything to a safe account.",
        ),
        silent=(
            "The driver put his hand in his pocket and found the key.",
            "Nobody pinched my bicycle, it was in the shed.",
            "How do I move my savings to a new account?",
        ),
    ),
    Rule(
        name="data_breach.strangers_papers",
        flag=FlagName.DATA_BREACH,
        says="Somebody got, or was shown, the papers or data of a stranger, or strangers know theirs.",
        claim=Claim.EVENT,
        phrases=(
            "(another|someone else|somebody else|wrong|different) (patient|customer|tenant|person|member|client|"
            "resident|pupil|child|family) _1 [notes|results|letter|letters|statement|bill|payslip|records|"
            "prescription]",
            "(results|statement|statements|letter|letters|details|file|records|bills) _3 to (the|my|our|an) (old|"
            "previous|former)? [house|flat|address] (i|we|that i) (moved|left|sold|used|gave)",
            "(have|got|opened|had|me|us|delivered|found|with|given) (the|my|a|our|next door) (neighbour's|neighbour|"
            "neighbours) _3 [letter|statement|results|bill|post|prescription|payslip|appointment]",
            "(you|they|your @staff|staff|he|she|somebody|who) (have|has|had)? (told|gave|given|tell|sent|rang) (my|"
            "her|his|our) [ex|landlord|employer|boss|neighbour|neighbours|stalker|colleagues|stepfather] (where|my|"
            "her|his|about my|what|that i|everything|all)",
            "(every|everyone's|all our|all the|everybody's|our) _2 [address|addresses|names|emails] (showing|"
            "visible|on show|in view|for all|displayed|in the to)",
            f"(with|inside|in|is|was|were|got|had|contained|found|sent me|given|and|opened|shown) (is|was|were)? (a|"
            f"an|the|"
            f"some|another)? ({_STRANGER}) (bank|gas|electricity|phone|water)? [{_PAPERS}] (and|in|on|with|not|instead|"
            "salary|for)?",
            "(envelope|letter|email|mail|parcel|pack|attachment|app|account|portal|bundle|logged in) _9 [somebody|"
            "someone|"
            "stranger] else",
            "(shown|showing|see|saw|seeing|shows|view|look at|access to|sent|given) _2 (the|all)? [bills|bill|details|"
            "statement|statements|account|address|records|orders|invoices|transactions|payslip] _8 of (a|an|another|"
            "some|"
            "someone|somebody) _1 (lady|man|woman|customer|stranger|person|else|tenant|family|gentleman|different)",
            "(he|she|they|caller|man|scammer|fraudster|who|and) [knew|knows] (my|our|his|her) _3 (transactions|balance|"
            "account number|password|pin|date of birth|reference|order number|card number)",
            "(my|our|her|his) (own)? (letters|post|bills|statements|details|file|notes|results|test results|payslip|"
            "bank "
            "statements) _3 [gone|going|went|sent|delivered|emailed|left|handed] (to|with|on|in|at) _2 (next door|"
            "wrong|"
            "old address|ex|stranger|another|someone else|somebody else|street|skip|bin|doorstep)",
            "(only|nobody but|no one but|no outsider|no stranger) (you|your|the bank|an insider|someone|could|"
            "somebody) _4 "
            "[known|knew|know] (that|what|this|which|my|the)",
        ),
        needs=(
            r"\b(?:envelope|opened|tore|logged|login|log in|account|app|portal|inside|post|sent|email\w*|address|name|"
            r"names|statement|bill|bills|rang|called|caller|file|attachment|shown|screen|details|doorstep|wrong)\b"
        ),
        unless=(
            r"(?:someone|somebody) else (?:to|can|could|should|will|has to|had|bought|said|answer\w*|pick\w*|"
            r"deliver)|pay "
            r"(?:someone|somebody) else|transfer|how (?:do|can)|top(?:ped)?[ -]up|can (?:i|someone)|customer "
            r"(?:service|"
            r"details form)|customer account|family (?:account|file)|"
            r"(?:want|like|need) (?:to )?(?:see|view)"
        ),
        fires=(
            "I opened the envelope and inside was a stranger's payslip.",
            "With my statement came somebody else's, name, address and all: the envelope held me and somebody else.",
            "When I logged in the app was showing me the orders of another customer.",
            "He called about my loan, and he knew my account number and balance.",
        ),
        silent=(
            "Can I have somebody else collect the envelope?",
            "I was not shown the details of another customer.",
            "How do I see the statement of a different account?",
        ),
    ),
    Rule(
        name="essential_supply.went",
        flag=FlagName.ESSENTIAL_SUPPLY,
        says="Heat, hot water, light, power or water went, told without set words.",
        claim=Claim.EVENT,
        phrases=(
            "flush (the|our|my) [toilet|loo] (with|from|by)",
            "[electric|electrics|electricity|power|lights] (keeps|keep)? (trips|tripping|trip|cuts|cutting) (out|"
            "off|every|again|all|each)?",
            "(washing|wash|bathing|bathe|showering|shower|showers) (in|with) (ice|icy|freezing)? [cold] (water)?",
            "(radiators|radiator|house|flat|room|rooms|heating|pipes|storage heaters) (are|is|was|were|has been|"
            "have been|stone|freezing) (stone|freezing|icy|ice)? [cold]",
            "(not a|without a|hardly a|not one) [drop] (of water|out|from|of|in|since)",
            "[taps|tap] (are|is|ran|run|have|has|have gone|has gone|have run) (bone)? (dry|brown|black)",
            "(house|flat|street|road|place|lane|stairs) (is|was|are|went|were|has been) (pitch|in|all|in the)? "
            "[black|dark|darkness]",
            "(heating|hot water|boiler|power|electric|electricity|leccy|lights|heater|immersion) (and the hot water|"
            "and "
            "hot water|and lights|just|has|have|all|had|has just|suddenly)? (just)? [went|gone|died|conked|packed] "
            "(off|"
            "out|in|up|on|at|again|down|since|last|this|when|for|just)?",
            "[power|electricity|leccy] (off|out|down) (at|in|on|from|since|again|all|here|for|along)",
            f"(yesterday|last night|{_DAYS}) (power|water|gas|supply|electricity)? [cut|outage|interruption] (on|of|"
            "spoiled|cost|left|lasted|ruined|to)?",
            "(your|the|this) (planned|unplanned|unannounced) (power|water|supply)? [interruption|outage] (on|of|"
            "lasted|was|"
            "has|left|to)",
            "(sitting|sat|living|eating|cooking|bathing|dressing|reading) _3 (by|in|with) (the)? [dark|candlelight|"
            "torchlight|candles]",
            "[still] off (at|since|here|now|in|on|and|this|again|for)?",
            "(boiling|boil) _2 [kettles|kettle|pans] (to|for) (wash|bath|bathe|a bath|the baby)",
            "(in|wearing|under|three|two|wrapped in) (our|my|her|his|the|three|two|all our)? [coats|blankets|jumpers|"
            "duvets] (to|indoors|in bed|and|because|all|in the|for)?",
            "(heating|boiler|hot water|radiators) _1 (has|have|is|was) (been)? [off|out] (for)? (#digits|@number|"
            "since|all|"
            "again|days|because)",
        ),
        needs=(
            r"\b(?:power|electric\w*|leccy|heat\w*|boiler|hot water|cold|freez\w+|supply|lights?|lantern|dark|"
            r"candle\w*|"
            r"meter|freezers?|tanks?|fridge|interruption|outage)\b"
        ),
        unless=(
            r"power[- ]packed|power[- ]hungry|"
            r"(?:phone|laptop|tablet|watch|console|headphones?|ipad|battery|car|remote|app|internet|broadband|wifi)\b"
            r"[^.!?]{0,40}(?:power|went|died|gone)|power (?:of|to the|point)|% off|price|gone (?:up|down in)|"
            r"went (?:up|down) (?:by|in|to)|went to (?:bed|work|sleep)|lights? went (?:green|red)|sale|candles? (?:are|"
            r"smell)|blankets? (?:are|in stock)"
        ),
        fires=(
            "The boiler and the hot water went on Sunday night and we are washing at my sister's.",
            "Our power just went and the lane is black.",
            "We have been sitting in the dark with candles since tea-time, no electric at all.",
            "My heating has been off 12 days because of your works.",
        ),
        silent=(
            "The price of electricity went up in April.",
            "Candles are still 20% off in the sale.",
            "The heating never went off, thank goodness.",
        ),
    ),
    Rule(
        name="essential_supply.nothing_to_live_on",
        flag=FlagName.ESSENTIAL_SUPPLY,
        says="Wages, pension or benefit cannot be reached, or food, warmth or medicine cannot be had.",
        claim=Claim.EVENT,
        phrases=(
            "(cannot|can't|cant|couldn't) [eat] (this|until|tonight|today|for|properly)",
            "(sick|maternity|state|carers|my|our|his|her) _1 [pay|wages|pension|benefit|benefits|allowance|giro] "
            "(never|hasn't|has not|did not|didn't|have not|haven't) (went|gone|go|come|came|arrived|turned|been paid)",
            "[nothing] (left)? (for|to pay) (the|my|our) (rent|meter|gas|food|bus|shopping|electric)",
            "(my|our|his|her|the|husband's) (state|disability|housing|child)? [wages|pension|benefit|benefits|"
            "salary|pip] "
            "(money)? (are|is|was|were|has been|have been)? _2 (in there|stuck|locked|frozen|trapped|held|on hold|"
            "blocked|"
            "gone)",
            "(without|missing|minus|lost|not got) (my|his|her|our|the) _1 [pension|wages|benefit|giro]",
            "(cannot|can't|cant|couldn't|could not|unable to|not able to|how am i to|how do i|no money to|nothing to) "
            "(even|afford to|afford)? [buy|feed|heat|warm|afford] (any|the|my|our|a)? _1 (food|milk|nappies|heating|"
            "house|"
            "home|kids|children|baby|family|medicine|medication|groceries|meter|bread|them|bairns|shopping)",
            "(missed|missing|misses|gone without|went without|going without|goes without) (the|his|her|my) _1 "
            "[medicine|"
            "medication|tablets|insulin|dose|doses|inhaler|dialysis|chemo|injection]",
            "(nothing|no food|not a thing) (in|left)? _3 (for|in|to) (the|their|our|my)? [tea|dinner|supper|cupboard|"
            "cupboards|larder|eat]",
            "(on|using|run out of|into|through) (the|my|our|all my)? [emergency] (credit) (and|because|since|for|on|"
            "again|"
            "now)?",
            "[paid|pay] (me|us|him|her) (only|just)? (for)? _2 hours (and|but|when|though)? (i|we|he|she) (had|have)? "
            "(worked|did|done)",
            "(have|has|got|with|had) [nowhere] (else)? to (live|stay|sleep)",
            "(flat|house|home|room|out|leave|evicted) _9 [nowhere] (else)? to go",
            "[bailiff|bailiffs] _9 (change|changed|changing) the locks",
            "(change|changed|changing) the [locks] _5 (evict|evicted|eviction|possession|bailiff|bailiffs)",
        ),
        unless=r"afford (?:a |the )?home|go without saying|pension (?:advice|scheme|review)|eat (?:here|there|in)|"
        r"meter reading|if (?:i|we) "
        r"(?:cannot|can'?t)|buy (?:the )?(?:food|bread) (?:here|online|on)",
        fires=(
            "You froze the card on Friday and my pension is stuck on it.",
            "We cannot buy food until you unlock it.",
            "Twice this week she missed her injection as the nurse had no key.",
            "There is nothing in the cupboard for their tea.",
            "They paid me for twenty hours, I worked forty.",
            "The room is let to others from Friday and we have nowhere to go.",
            "The bailiffs are coming on Thursday to change the locks.",
        ),
        silent=(
            "My pension is not frozen, I misread the letter.",
            "Where can I buy bread in the terminal?",
            "Your pension advice was helpful.",
            "On Sunday we had nowhere to go, so we came to your gallery.",
            "The locksmith changed the locks, very neat.",
        ),
    ),
    Rule(
        name="essential_supply.universal_credit",
        flag=FlagName.ESSENTIAL_SUPPLY,
        says="A benefit was paid in, and something keeps it from the person it is for.",
        claim=Claim.EVENT,
        phrases=(
            "(my|our|his|her) universal [credit]",
            "(my|our|his|her) (carers|carer's|attendance|jobseekers|child|housing|disability|personal independence) "
            "[allowance|benefit|payment]",
        ),
        needs=(
            r"\b(?:on hold|frozen|froze|blocked|locked|held back|holding|missing|nothing (?:in|left|for)|hasn'?t|"
            r"sanction\w*|"
            r"stopped|cannot get|can'?t get|returned|bounced)\b"
        ),
        unless=r"how (?:do|can)|not (?:frozen|blocked|stopped)",
        fires=(
            "My universal credit was due at six and your bank has blocked the account.",
            "You are holding our child benefit for a check and it is on hold still.",
            "His attendance allowance has bounced because you froze the account.",
        ),
        silent=(
            "How do I tell you about my universal credit when an account is blocked?",
            "I am writing about my universal credit letter for the file.",
            "My universal credit was not stopped.",
        ),
    ),
)
