"""Fraud, theft, and personal data gone astray."""

from __future__ import annotations

from amends.domain.verdict import FlagName
from triage.rules.rule import Claim, Rule

_THING = (
    "money|cash|purse|wallet|card|cards|phone|bag|handbag|bags|luggage|bike|car|van|laptop|jewellery|watch|ring|"
    "parcel|package|parcels|"
    "passport|savings|tools|medication|belongings|property|identity|details|keys|pension|deposit|items|stuff|things|"
    "wages|credit|data"
)

RULES = (
    Rule(
        name="fraud.fraud",
        flag=FlagName.FRAUD,
        says="The writer says that they were defrauded or scammed, or that somebody acts fraudulently.",
        claim=Claim.EVENT,
        phrases=(
            "(victim|victims) of _2 [fraud|scam|scams|theft|fraudsters|fraudster|scammers]",
            "(been|was|were|being|got|get|getting|have|feel|am|has) (totally|completely|well and truly|just|well|"
            "also)? [scammed|defrauded|swindled|conned|robbed|mugged|burgled|hacked|cloned|phished]",
            "[scammed|defrauded|swindled|conned|cloned|cheated|mugged] (me|us|him|her|my @kin|out of|by|of|my "
            "card|the elderly|old|customers|people)",
            "(is|it's|this|are|run|running|such|just|total|complete|absolute|nothing but|what|call this|was|be|"
            "committing|committed|commit|pure|a|outright|blatant) (a|an)? (total|complete|absolute|outright|"
            "blatant|pure|big|huge|massive)? "
            "[fraud|fraudulent|fraudsters|scam|scammers|con|swindle|ripoff]",
            "[fraudulent|fraudulently|unauthorised|unauthorized] (transaction|transactions|payment|payments|charge|"
            "charges|activity|withdrawal|withdrawals|transfer|transfers|purchase|purchases|debit|debits|direct debit|"
            "order|orders|use|account|opened|application|loan|claim|taken|used|behaviour|seller|company|website)",
            "(someone|somebody|a stranger|fraudsters|fraudster|scammers|thieves|a thief|criminals|hackers|hacker) "
            "(has|have|had|then)? (used|cloned|hacked|emptied|withdrew|withdrawn|spent|accessed|opened|took|taken|"
            "stole|stolen) _4 [account|card|money|loan|name|details|savings|identity]",
            "(transactions|transaction|payment|payments|withdrawal|withdrawals|charges|purchases|charge) _4 (i|we|he|"
            "she) (did not|didn't|never|do not|don't|have not|haven't) [make|made|authorise|authorize|authorised|"
            "authorized|approve|approved]",
            "(did not|didn't|never|don't) [authorise|authorize|authorised|authorized] (this|the|these|that|"
            "any|it|a)? (payment|payments|transaction|transactions|debit|withdrawal|charge|charges|transfer|of them)?",
            "(someone|somebody|a stranger|fraudsters|fraudster|scammers|thieves|a thief|criminals|hackers|hacker) "
            "(has|have|had|then)? (got into|gained access to|logged into|took over|taken over|hijacked|broke into|"
            "broken into|changed) (my|our|his|her) _3 [account|email|password|login|address|wallet]",
            "(flat|house|property|room|hotel|villa|apartment|cottage|lodge|caravan|seller|landlord) (does not|doesn't|"
            "did not|didn't|never) [exist|existed]",
            "identity [theft|fraud]",
            "(my|his|her|our) [identity] (was|has been|been|had been) (stolen|used|cloned)",
            "[counterfeit|bogus] (goods|product|products|item|items|shoes|perfume|trainers|watch|bag|seller|engineer|"
            "engineers|company|invoice|website|charger|note|notes|tickets|ticket)",
            "(sold|sent|bought|received|was|were|is|are|a|selling|sells) (me|us|a|an)? [fake|counterfeit] (and|one|"
            "goods|product|products|item|items|perfume|trainers|shoes|tickets|ticket|not|bag|jersey|copy|reviews|"
            "seller)?",
        ),
        unless=r"fraud (?:team|department|prevention|awareness|alert|line|office|protection)(?! (?:refused|ignored|"
        r"told))|con(?:s)? of|pros and con|pro and con|comic con|con[- ]?man film|air con|be aware of scams?|"
        r"beware of|"
        r"report (?:a )?(?:scam|fraud|phishing)|(?:stranger|thing) (?:than|to)|(?:protect|protection|prevent|avoid|"
        r"against|guard) (?:\w+ ){0,3}(?:fraud|scams?|theft)|fake news|robbed of (?:a )?(?:goal|win|penalty|sleep|"
        r"time|blind)|(?:feel|felt|feeling) (?:like )?(?:a )?(?:bit of )?a fraud|how to spot|"
        r"fraud (?:check|checks|act)|exist(?:ed)? (?:on|in|according to) (?:your|the|our|this) (?:\w+ )?(?:systems?|"
        r"records?|database|list|app|map|site|website|form)|"
        r"changed my (?:\w+ ){1,3}(?:for me|as (?:i|we) asked|by mistake|wrongly|to the wrong)",
        fires=(
            "Someone used my card in another town and you refuse to help.",
            "This is a scam, the watch does not exist.",
            "There are two withdrawals on my statement that I never made.",
            "I was defrauded by a man calling from your number.",
            "Somebody changed my delivery address and the phone went to them.",
            "I paid the deposit and the flat does not exist.",
        ),
        silent=(
            "How can I protect my account from fraud?",
            "I am not saying it is a scam.",
            "What are the pros and cons of the plan?",
            "£6.80 for two stops, daylight robbery.",
            "There is a payment of £7.99 that I don't recognise, what is it for?",
            "My flat does not exist on your website, how do I order?",
            "Someone changed my email address for me, which was kind.",
        ),
    ),
    Rule(
        name="fraud.theft",
        flag=FlagName.FRAUD,
        says="Something was stolen, or staff or the organisation stole.",
        claim=Claim.EVENT,
        phrases=(
            "[vanished|disappeared|absconded] with (my|our|the|his|her|all|#money) _2 (money|deposit|cash|savings|"
            "payment)?",
            "(took|taken|taking|paid|has) _8 (deposit|money|cash|payment|#money) _3 [vanished|disappeared]",
            "(emptied|empty|drained|cleared out|cleaned out|emptying) (my|our|his|her) _2 [account|accounts|savings]",
            "(parcel|package|box|bag|suitcase|case|envelope|letter|packet) (was|had been|has been|came|arrived|been)? "
            "(already|clearly)? [opened|slit|tampered|ripped|torn|cut] (open|with)? (and|with) _5 (taken|missing|gone|"
            "removed|vanished)",
            f"({_THING}|it|they|them|everything|which) (was|were|has been|had been|have been|got|been|is|being|are) "
            "(all|also|probably|clearly|obviously)? [stolen|nicked|pinched|robbed]",
            "[stole|stolen|steals|stealing|nicked|robbed|robbing|pocketed|embezzled] (my|our|his|her|the|from|money|"
            "from me|me|a|all|cash|over|#money|people's|customers|people)",
            "[thieves|thief] (who|that|has|have|had|took|got|broke|set|used|emptied|stole)",
            "(had|have|having|has) (my|our|his|her) _2 [stolen|nicked|pinched|robbed]",
            "(accuse|accused|report|reported|reporting|theft|because of|over|for|is) (of|a|the|this|as)? [theft] (by|"
            "of|from|to the police)?",
            "[burglary|burglars|burglar|burgled] (my|our|we|us|while|because|last|after)?",
        ),
        unless=r"stole (?:my heart|the show|the scene)|it'?s a steal|stealing the show|steal at|(?:stop|prevent) "
        r"(?:thieves|theft)|thick as thieves|anti[- ]theft|stolen or lost|lost or stolen|lost/stolen|(?:in case|"
        r"if) (?:it|my|the) (?:\w+ )?(?:is|gets|was) stolen|machine (?:\w+ ){0,4}(?:stole|stealing|robb\w+)|"
        r"like a (?:burglar|thief|robber)|thought (?:i|we) (?:was|were) (?:stealing|robbing)|"
        r"(?:cat|dog|gull|seagull|fox|squirrel)s? (?:\w+ )?stole",
        fires=(
            "Your removal men stole my watch.",
            "My parcel was stolen because the driver left it on the street.",
            "The parcel was opened and the watch had been taken out.",
        ),
        silent=(
            "What do I do if my card is stolen?",
            "The little girl stole the show!",
            "You thieving gits, put my £30 back.",
            "The self checkout treats everyone like a thief.",
            "Luckily nothing was stolen.",
            "The box was torn and the lid was dented.",
            "The vending machine in B block stole my pound.",
            "I am locked out and look like a burglar, please reset my PIN.",
        ),
    ),
    Rule(
        name="data_breach.disclosed",
        flag=FlagName.DATA_BREACH,
        says="Personal data went to the wrong person, was lost, exposed or hacked.",
        claim=Claim.EVENT,
        phrases=(
            "[read] out (her|his|my|their|another|someone) (else's|patient's)? _1 (results|details|diagnosis|address|"
            "notes|records)",
            "(letter|letters|email|emails|statement|results|records|documents|details|information|file|report|"
            "medical) _6 to (the|a) [wrong] (address|person|patient|email|customer|recipient|house|number|family)",
            "(neighbour|neighbor|stranger|colleague|ex|landlord) _2 (handed|received|opened|got|read|was sent|"
            "brought|knows) _9 (my|our) _1 [results|letter|letters|records|statement|details|envelope|diagnosis|file|"
            "post]",
            "(data|gdpr|privacy|confidentiality|data protection|security) [breach|breached|breaches|leak|leaked|"
            "leaks|violation]",
            "(breach|breached|breaching|violated|violation|broke|broken|breaking) (of|my|the|your|our|patient|his|"
            "her)? _1 [gdpr|confidentiality|privacy]",
            "(breach|breached|breaching|broke|breaking) (of|the)? [data] protection",
            "[sent|emailed|gave|given|disclosed|shared|leaked|posted|revealed|published|exposed|passed|handed|sold|"
            "showed|shown|read] (out)? (me|us|him|her|them|him|out|to me)? _3 "
            "(personal|private|medical|bank|confidential|sensitive|home|my|our|his|her|another customer's|someone "
            "else's|other people's|customers) (personal|private|medical|bank|home|contact|confidential|email|new|"
            "phone|sensitive|account)? "
            "(data|details|information|records|record|address|statement|statements|notes|diagnosis|number|letter|"
            "letters|file|files|results|salary|medical history) _6 (to|with|in|on|by|without|for|online) "
            "(a|an|the|my|another|someone|third|strangers|other|everyone|anyone|public|all|wrong|consent|permission|"
            "ex|somebody|neighbour|facebook|people|twitter)",
            "[received|got|sent|opened|seeing|see|saw|shows|showing|given|contained|contains] (me|us|in the post)? "
            "_2 (someone|somebody|another|other|a different|a stranger) (else|customer|person|patient|people|tenant|"
            "customers|stranger|client|member|resident)? "
            "_1 (personal|bank|medical|private)? (data|details|information|records|statement|statements|letter|"
            "letters|bill|results|account|prescription|file|documents|passport|payslip|invoices|email|emails)",
            "(someone|somebody|another|stranger|other) (else's|customer's|people's|patient's|person's|tenant's|elses|"
            "customers|client's) (personal|bank|medical|private)? [data|details|information|records|statement|"
            "statements|letter|results|account|prescription|payslip|file|file|address]",
            "(my|our|his|her|customers|personal|private|medical) _2 (data|details|information|records|address|"
            "account|emails|photos|medical notes|file) (was|were|has been|have been|had been|been|is|are|got) (all|"
            "now|also)? "
            "[leaked|hacked|disclosed|exposed|compromised|stolen|lost|published|visible|shared|breached|accessed|"
            "sent|passed|sold|given]",
            "(email|message|letter|list|everyone) _8 (copied|cc|cc'd|visible|everyone's|all recipients|other "
            "customers) _4 [addresses|recipients]",
            "[lost] (my|our|his|her) (personal|medical|patient|adoption|confidential|whole|entire)? (file|records|"
            "medical records|notes|passport|birth certificate|documents|paperwork|data)",
            "(accessed|looked at|snooped|looking at|reading) _3 (my|our|his|her) (medical|personal|patient|private|"
            "health)? [records|file|notes] (without|for no|illegally|when|out of)",
        ),
        unless=r"no data breach|(?:what is|define|report) a data breach|data breach (?:policy|procedure|insurance|"
        r"training)|lost my passport (?:on|in|at|while|and need)|update my (?:address|details)|sent (?:you )?my "
        r"(?:details|documents|information|passport|file|statement)|(?:i|we) (?:have |already |just )*(?:sent|"
        r"emailed|given|gave|shared|handed|showed|posted|passed) (?:you|my|our|all|the|it|over|them)",
        fires=(
            "You sent my medical records to my neighbour.",
            "I opened the envelope and got another customer's bank statement.",
            "This is a serious data breach.",
            "The clinic lost my medical records.",
        ),
        silent=(
            "I have sent my details to the address on the form.",
            "How do you prevent a data breach?",
            "My details were not shared with anyone, thank you for checking.",
        ),
    ),
)
