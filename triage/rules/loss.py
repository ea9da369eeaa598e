"""What somebody goes without: money and essential supplies."""

from __future__ import annotations

from amends.domain.verdict import FlagName
from triage.rules.rule import Claim, Rule

RULES = (
    Rule(
        name="financial_loss.charged",
        flag=FlagName.FINANCIAL_LOSS,
        says="Money was charged twice, too much, wrongly or without agreement.",
        claim=Claim.EVENT,
        by_amount=True,
        phrases=(
            "[price|debit|bill|rent|premium|fare|subscription|prices] _4 (up|risen|increased|gone up|jumped|doubled|"
            "went up) (by|from) #money",
            "(put|putting|hiked|raised) _4 (up) (by)? #money a? [month|year|week]",
            "[charge|charging|charged] (me|us|him|her) (a|an|another|your) _2 (fee|charge|penalty|fine)",
            "(keep|keeps|kept|still|continue to|continues to|continued to) (on)? [taking|charging|billing|debiting|"
            "take|charge|bill] _3 (#money|money|payments|me|us|my account)",
            "(remove|refund|cancel|waive|reverse|withdraw) (the|this|that|these|my|both)? _1 [charge|fee|fine|"
            "charges|fees|fines]",
            "[fined] (for|me|us|#money|by|over|twice|because|again|when)",
            "[overcharged|overbilled|overpaid|overpayment|overcharging|overcharge|surcharged] (me|us|him|her|my|by|"
            "for|on|at|of|twice|again)? _1 #money?",
            "[charged|billed|debited|invoiced] _4 (twice|two times|three times|double|again|too much|incorrectly|"
            "wrongly|for nothing|for something|without|for a service|extra|more than|a fee|multiple times|in error|"
            "the wrong)",
            "(double|wrongly|incorrectly|still being|keep being|still|twice|mistakenly|keeps being|being) [charged|"
            "billed|debited|charging|billing|debiting] (me|us|for|twice)? _2 #money?",
            "[charge|charging|charged|billing|billed|bill|debited|debiting] (me|us|him|her|my account|my card|my "
            "mother|my father|my bank|my husband|my wife) _3 (#money|twice|double|again|for)",
            "(took|taken|taking|take|deducted|withdrew|withdrawn|removed|debited) _2 (#money|money|payment|payments|"
            "funds) _2 (twice|from|out of|off) _2 [account|card|bank|wages|salary|pension|wallet]",
            "[unfair|extortionate|hidden|unexplained|unexpected|wrong|incorrect|extra|double|duplicate|outrageous|"
            "excessive] (bank|late|cancellation|admin|overdraft)? (charge|charges|fee|fees|payment|payments|billing|"
            "bill|deduction|deductions|debit)",
            "(bill|invoice|charge|fee|payment) (is|was|for|has|of) _4 (double|twice|three times|triple|wrong|"
            "incorrect|too high|too much|more than) _3 [should|usual|normal|agreed|quoted|expected|before|what]",
            "[charged|billed] (me|us|him|her|my @kin)? #money (for|on|to|when|instead|more|extra|and|after|although|"
            "even|despite|in|by|without)",
            "(penalised|hit|stung|slapped) (me|us)? with _3 [charge|charges|fee|fees|fine|penalty|bill]",
        ),
        unless=r"(?:how much|what) (?:will|would|am|do|is|are|does) (?:i|we|you|it|the)[^.?!]{0,30}(?:charge|charged|"
        r"bill)|no hidden (?:charges|fees|costs)|phone (?:is |was )?charged|fully charged|charged (?:my|the) "
        r"(?:phone|battery|car)",
        fires=(
            "You charged me twice for the same ticket.",
            "I have been overcharged by £1,450.",
            "Somebody took £60 out of my account.",
        ),
        silent=(
            "I was not charged twice, my mistake.",
            "Would I be charged twice if I book for two?",
            "No hidden charges!",
        ),
    ),
    Rule(
        name="financial_loss.owed",
        flag=FlagName.FINANCIAL_LOSS,
        says="A refund, payment or compensation is still owed or was refused.",
        claim=Claim.EVENT,
        by_amount=True,
        phrases=(
            "(ask|asking|asked|have|like|want|wanted) (for)? (my|the|our|all my) [money] back",
            "(weeks|months|days|ages|forever) for (a|my|the|one) [refund|cheque|reimbursement]",
            "[refund|refunds|deposit|reimbursement] (has not|hasn't|has still not|still hasn't|never|did not|didn't) "
            "(reached|arrived|come|appeared|been)",
            "(still|awaiting|waiting|where is|where's|where are|refused|refuse|refusing|denied|declined|yet to|"
            "without|no) "
            "_5 (my|a|the|our|any|full|partial|#money)? _1 [refund|refunded|reimbursed|reimbursement|deposit|"
            "compensation|payout|cashback] (of)? _1 #money?",
            "(not|never|haven't|hasn't|didn't|did not|have not|has not|won't|will not|wouldn't) _1 (had|received|got|"
            "seen|"
            "been|issued|issue|give|given|get|process|processed|sent|send|paid|pay) _3 [refund|refunded|reimbursed|"
            "reimbursement|deposit|compensation|payout|cashback] (of)? _1 #money?",
            "(not|never|won't|will not|wouldn't|didn't|refuse to|refusing to|failed to) [refund|reimburse] (me|us|my|"
            "the|it|our|anything|a penny)?",
            "[refund|refunds|reimbursement|deposit|payout|cashback|compensation] (of)? _1 #money? _1 (has|have|is|"
            "was|still|never|hasn't|haven't|not|isn't) (still|not|never|yet|been)? _1 (arrived|received|come|"
            "appeared|issued|processed|paid|returned|credited|overdue|refused|denied|rejected|declined|outstanding|"
            "here|in my account|shown up|given|reached)",
            "(want|wants|demand|give|gave|get|need|expect|return|refund) (me|us|back|all)? (my|our|the|his|her|all "
            "my) [money|deposit|cash] (back|returned|refunded|immediately|now)?",
            "(owe|owes|owed|owing) (me|us|my @kin|him|her) _3 [money|refund|wages|compensation|pay]",
            "[owe|owes|owed|owing] (me|us|my @kin|him|her)? (over|about|around|nearly|almost|more than|a|still|the)? "
            "#money",
            "(you|they|he|she|company|shop|bank|airline|insurer|landlord|agent|seller) (have|has|still|are|is)? "
            "(kept|keep|keeping|withheld|withholding|holding|pocketed|sitting on) (on to|onto)? (my|our|the|his|her) "
            "[deposit|money|refund|payment|cash|savings]",
            "[paid|payment] _8 (never arrived|nothing arrived|never received|never turned up|still nothing|and "
            "nothing|got nothing|not received|nothing in return|never delivered|not delivered|no goods|never came|"
            "hasn't arrived|has not arrived)",
            "(not|never|haven't|hasn't|wasn't|unpaid|late|still) (been)? [paid] (me|us|my|for|the|since|our|his|"
            "wages|on time)",
            "(wages|salary|invoice|overtime|expenses|pension|benefit) _3 (not|never|hasn't|haven't|unpaid|underpaid|"
            "short) _1 [paid]",
            "(insurer|you|insurance|they|company|claim|provider) _4 (refused|refusing|refuse|rejected|declined|won't|"
            "will not|denied) _3 (pay|my|our|the) _2 [claim|pay|payout]",
        ),
        unless=r"(?:full|money)[- ]back guarantee|refund policy|deposit (?:account|slip|scheme|box)|no deposit|free "
        r"deposit|deposit bonus|money back guarantee|compensation (?:claims?|specialists|lawyers?|scheme)|how "
        r"(?:do|can|would) i (?:get|claim|request)|have not paid|haven't paid|not paid (?:my|the) (?:bill|fee|"
        r"fine)",
        fires=(
            "I am still waiting for my refund of £240.",
            "You owe me £3,200 and you know it.",
            "I paid for a bed and nothing arrived.",
        ),
        silent=(
            "Do you offer a refund?",
            "Our course has a money-back guarantee.",
            "I am not waiting for a refund.",
        ),
    ),
    Rule(
        name="financial_loss.lost",
        flag=FlagName.FINANCIAL_LOSS,
        says="The writer lost money, had to pay because of what happened, or money disappeared.",
        claim=Claim.EVENT,
        by_amount=True,
        phrases=(
            "#money (is|has|just|all|of mine)? [gone|missing|vanished|disappeared|short]",
            "in [arrears]",
            "(had to|have to|forced to) (take|get|call|pay for) a [taxi|cab] _4 #money",
            "[payment|transfer|money] _9 gone to (somebody|someone|the wrong|another)",
            "[lost|losing] _3 (pay|wages|earnings|day's pay|days pay)",
            "(lost|losing|lose|cost|costing|costs|wasted|out of pocket|down|short) _4 (over|about|around|nearly|"
            "almost|more than|a further|another|at least|by)? _1 [pounds|wages|earnings|money|savings|deposit|income|"
            "quid|dollars|business|revenue|fortune]",
            "[lost|losing|cost|costing|costs|wasted|damage|damages|damaged|ruined|destroyed] _4 #money",
            "[cost] (me|us|him|her|my @kin) (over|about|around|nearly|almost|more than|a further|another|at least|a|"
            "an)? _1 (#money|fortune|day|money|arm and a leg|job|holiday)",
            "(left|leaves|leaving|am|are|is|i'm|we're|me|us|her|him) _2 out of [pocket]",
            "(had to|have to|forced to|having to|ended up) (pay|paying|buy|buying|spend|spending|fork out|shell out|"
            "book|hire|rent) _6 [myself|ourselves|taxi|hotel|replacement|another|new|instead|solicitor|repair|"
            "repairs|extra|again]",
            "(life) [savings]",
            "[money] (has|have|had|is|was|just)? (gone|disappeared|vanished|missing|not in my account|not arrived|"
            "never arrived|not credited|been lost|deducted|debited|not received|lost)",
            "[money|amount|payment|funds|balance] (was|has been|got|is|have been)? (deducted|debited|taken) (from|"
            "but|twice|and|without|out)",
            "(in|into|gone|sent|going|pushed) (further|my)? [arrears|overdraft|overdrawn|debt] (because|due|by|after|"
            "through)",
            "[waste] of money",
        ),
        unless=r"\blose \d|\bweight\b|jeans|\bdiet\b|(?:lost|lose) (?:interest|weight|track|count|touch)|low cost|"
        r"cost(?:s|ing)? (?:of|is|only|just|less)|"
        r"how much (?:does|do|will|would|did) (?:it|this|that|they|the)|what (?:does|would|will) it cost|at no "
        r"cost|no extra cost|save (?:up to )?",
        fires=(
            "It cost us £1,900 to put the ceiling right.",
            "I lost two days' wages waiting in.",
            "We had to pay for a taxi home ourselves.",
        ),
        silent=(
            "How much does it cost, about £50?",
            "I did not lose any money.",
        ),
    ),
    Rule(
        name="essential_supply.heat_and_water",
        flag=FlagName.ESSENTIAL_SUPPLY,
        says="No heat, hot water, water, electricity, gas, toilet or telephone for emergencies.",
        claim=Claim.EVENT,
        phrases=(
            "[heater|heaters|heating|boiler|radiators|storage heaters|cooker|shower] (have|has|had)? (still)? (not|"
            "never|hasn't|haven't|has not|have not) (been)? (worked|come on|working|fixed|lit|fired)",
            "[water] _4 (is|was|has been|been|runs|running|came out|comes out|coming out) (brown|orange|black|yellow|"
            "cloudy|contaminated|undrinkable|smelly|foul)",
            "(no|without|not had|haven't had|hasn't had|had no|have no|got no|lost|losing|lack of|not have|"
            "hasn't any) _2 "
            "(hot|running|clean|drinking|and|or|any|heating|fresh|mains|working)? _1 [heating|heat|electricity|"
            "electric|gas|water|toilet|boiler|power|lift] "
            "(or|and|for|since|in|at|all|again|now|here|after|on|because|this|today|supply|until|nor|over|yesterday|"
            "last|throughout|whatsoever|the|either|facilities)?",
            "(the|our|my) [power] (is|was|has|has been|went|been|still) (still|been|out|completely)? (off|out|down|"
            "cut off|gone)",
            "[heating|boiler|electricity|water|gas|toilet|electric|electrics|immersion|shower] (supply|has|"
            "have|is|was|had|system|just|completely)? (has|been|is|was|have)? (still|not|now|completely|again|been|"
            "just)? "
            "(off|cut off|out|broken|disconnected|down|gone|failed|packed up|stopped working|not working|broke down|"
            "broke|not come on|hasn't worked|doesn't work|isn't working|conked out|broken down|dead|turned off|shut "
            "off)",
            "[disconnected|disconnecting] (our|my|the|us|me|his|her) (gas|electricity|water|supply|power|electric|"
            "heating|home|meter)",
            "(cut|cutting|switched|switch|turned|shut) off (my|our|the|his|her|us) _1 [gas|electricity|water|supply|"
            "power|electric|heating|boiler|meter]",
            "[power] (cut|cuts|outage|outages) (for|since|again|every|this|last|in|and|has|lasting|that|all|"
            "yesterday|today|at|due|here|is|are)",
            "[water] (is|was|coming out|runs|running|from the tap|supply) _2 (brown|contaminated|undrinkable|orange|"
            "black|smelly|cloudy|unsafe|poisoned)",
            "(flooded|flooding|under) _3 [sewage|water]",
            "(lift|elevator) _2 (out of order|broken|out|not working|broken down|out of action) _8 [floor|wheelchair|"
            "stairs|disabled|trapped|upstairs|pushchair|weeks|months]",
        ),
        unless=r"no (?:evidence|signs?|trace|need|mention|idea|point)|no gas top|"
        r"no power (?:over|to|button|lead|adapter|cable|"
        r"steering|in the battery)|(?:phone|laptop|tablet|watch|remote|"
        r"console|headphones?|ipad|macbook|xbox|playstation|pc|car)\b[^.!?]{0,50}(?:no power|power (?:is "
        r")?(?:off|gone|not))|"
        r"water(?:proof| resistan\w+| ?damage| bottle| pressure)|no water (?:damage|in the (?:tank|kettle|bottle))|"
        r"power (?:button|steering|tool|bank|adapter|cord|cable|plug)|no (?:heat|power) (?:setting|to the people)|"
        r"gas (?:hob|station|prices?|mileage)|no gas in (?:my|the) car|spicy|no electricity bill|"
        r"heat (?:of|in the salsa|from the chilli)|too hot|(?:shower|toilet) (?:gel|roll|paper|seat)|no toilet "
        r"(?:paper|roll)|heavy water",
        fires=(
            "We have had no heating or hot water since Friday.",
            "You cut off our gas without a word.",
            "The boiler has packed up again.",
        ),
        silent=(
            "Will there be no water during the works on Monday?",
            "The remote has no power button.",
            "The heating was never off, it was the clock.",
        ),
    ),
    Rule(
        name="essential_supply.income_food_medicine",
        flag=FlagName.ESSENTIAL_SUPPLY,
        says="Income, benefit, food, medicine or the roof over the head is lost.",
        claim=Claim.EVENT,
        phrases=(
            "[notice|notices] (seeking possession|to quit|of eviction|of possession)",
            "[eviction|possession] (notice|order|proceedings|hearing|letter)",
            "(wages|salary|benefits|pension|rent|shopping|rent money) _9 [blocked|frozen]",
            "(prescription|medication|medicine|insulin|inhaler|tablets|inhalers) _2 (has|have|had)? (gone|been|went|"
            "is|are) [missing|lost]",
            "inhaler prescription (has|have)? _1 [missing|lost|delayed]",
            "[benefit|benefits|pension|wages|salary|pip|allowance|esa|jsa|income] (payment|payments|money|credit|"
            "have|has|was|were|is|are|been)? _2 (stopped|suspended|cut|cut off|sanctioned|withheld|missing|late|"
            "delayed|refused|ended)",
            "[benefit|benefits|pension|wages|salary|pip|allowance|esa|jsa|income] (payment|payments|money|credit)? "
            "(has|have|was|were|is|are)? (not been paid|not paid|not arrived|hasn't arrived|haven't arrived|not come|"
            "hasn't come|never came|never arrived|hasn't been paid)",
            "(stopped|stop|suspended|cut|sanctioned|withheld|refused|stopping|suspending|delayed|lost) (paying)? (my|"
            "our|his|her|the) _2 [benefit|benefits|pension|wages|salary|pip|allowance|esa|jsa|income|credit]",
            "universal [credit] _2 (stopped|suspended|cut|not paid|sanctioned|late|delayed|refused|hasn't|has not|"
            "was not|wasn't|missing|error)",
            "(no|without|out of|run out of|ran out of|not got|denied|refused|haven't got|missed|can't get|cannot get|"
            "unable to get|couldn't get|can't afford|go without|stopped|no more|nothing for) _3 "
            "[medication|medicine|medicines|insulin|inhaler|inhalers|tablets|prescription|oxygen|antidepressants|"
            "methadone|morphine|chemotherapy|dialysis|painkillers]",
            "(prescription|medication|medicine|insulin|inhaler|tablets|oxygen) _3 (not|never|hasn't|wasn't|isn't|"
            "late|delayed|cancelled|lost|haven't|out of|unavailable) _1 [ready|arrived|delivered|sent|received|stock|"
            "issued|come|dispensed|there|available]",
            "(no|without|nothing|run out of|ran out of|can't afford|cannot afford|couldn't afford|not enough|no "
            "money for|unable to buy|no money to buy) _2 (to)? [food|eat|groceries|nappies|formula] (for|in|until|"
            "since|and|or|left|to|on|because|this|all|the|with)?",
            "food [bank|parcel|parcels|banks|aid|vouchers|voucher] (refused|cancelled|never|because|did not|didn't|"
            "not|closed|turned|for|since|to feed|was|were|stopped)",
            "(use|using|rely on|relying on|go to|going to|visit|living off|sent to|depend on|from|forced to) _2 food "
            "[bank|banks]",
            "(made|been|being|are|am|become|now|us|me|left|be|face|facing|we're|i'm|is|was) _1 [homeless|evicted|"
            "destitute|starving|eviction|homelessness]",
            "(free) school [meals|meal] _4 (stopped|refused|cancelled|denied|not|never|no)",
            "(sleeping|sleep|slept|living|live) _2 [rough|street|streets]",
            "(sleeping|living|slept) in (my|a|the|our) [car]",
        ),
        unless=r"benefits? (?:package|of (?:the|using|being|this|your)|from)|starving (?:artist|for (?:attention|"
        r"content))|(?:i'?m|am|are|was) (?:absolutely |literally |so |bloody )?starving|credit card|pension "
        r"(?:advice|review|scheme|planning)|no medicine (?:needed|required)|no food (?:was |is |were )?(?:served|"
        r"allowed|on (?:the|board)|menu|hygiene)",
        fires=(
            "My benefits were stopped and I have nothing to live on.",
            "I have run out of insulin because the pharmacy lost my form.",
            "There is no food in the house until you pay.",
        ),
        silent=(
            "What benefits are in the package?",
            "My pension has not been stopped, I was mistaken.",
            "No food was served on the short flight.",
        ),
    ),
)
