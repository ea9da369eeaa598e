"""Classes of words that patterns refer to as `@name`."""

from __future__ import annotations

#: name -> alternatives, as they may stand in a pattern.
CLASSES: dict[str, str] = {
    "my": "my|our|his|her|their|the|your|a|an|this|that",
    "own": "my|our|his|her|their",
    "i": "i|we|he|she|they|you",
    "they": "they|you|he|she|it|nobody|someone|somebody|the company|your company",
    "be": "was|were|is|are|am|been|being|be|got|gets|get|getting|has been|have been|had been",
    "have": "have|has|had|having",
    "kin": (
        "son|daughter|child|children|kid|kids|baby|toddler|infant|newborn|boy|girl|grandson|granddaughter|"
        "grandchild|grandchildren|twins|nephew|niece|wife|husband|partner|fiance|fiancee|girlfriend|boyfriend|mum|mam|"
        "mom|mother|dad|father|nan|nana|gran|granny|grandma|grandmother|grandad|granddad|grandfather|grandparents|"
        "parents|"
        "sister|brother|aunt|auntie|uncle|cousin|friend|neighbour|neighbor|colleague|tenant|lodger|father in law|"
        "mother in law|stepson|stepdaughter"
    ),
    "child": (
        "son|daughter|child|children|kid|kids|baby|toddler|infant|newborn|boy|girl|grandson|granddaughter|grandchild|"
        "grandchildren|twins|nephew|niece|pupil|pupils|year old|little one|little ones|stepson|stepdaughter"
    ),
    "elder": (
        "mum|mam|mom|mother|dad|father|nan|nana|gran|granny|grandma|grandmother|grandad|granddad|grandfather|"
        "grandparents|parents|aunt|auntie|uncle|neighbour|neighbor|husband|wife|father in law|mother in law"
    ),
    "pet": "dog|cat|puppy|kitten|rabbit|pet",
    "staff": (
        "agent|adviser|advisor|assistant|operator|representative|rep|handler|member of staff|member of your staff|"
        "employee|manager|supervisor|driver|engineer|technician|installer|plumber|electrician|contractor|builder|"
        "surveyor|officer|inspector|guard|bouncer|doorman|security|cashier|receptionist|clerk|teller|waiter|waitress|"
        "barman|chef|nurse|doctor|gp|consultant|dentist|carer|care worker|support worker|social worker|teacher|"
        "teaching assistant|coach|instructor|courier|delivery man|delivery driver|postman|salesman|saleswoman|seller|"
        "salesperson|conductor|steward|landlord|caseworker|case worker|staff|colleague|worker|bailiff|"
        "call handler|ticket inspector|warden|housing officer|man|woman|lady|guy|person|bloke"
    ),
    "number": (
        "two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|"
        "eighteen|nineteen|twenty|thirty|forty|fifty|umpteen|several|multiple|numerous|many|"
        "countless|dozens of|a dozen|half a dozen|a few|#digits"
    ),
    "nth": (
        "second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|umpteenth|nth|2nd|3rd|4th|5th|6th|7th|8th|9th|10th|"
        "eleventh|twelfth|11th|12th|13th|14th|15th|16th|17th|18th|19th|20th"
    ),
    "day": (
        "monday|tuesday|wednesday|thursday|friday|saturday|sunday|today|yesterday|tomorrow|morning|afternoon|evening|"
        "week|month|hour|day|hours|days|weeks|months|weekend|january|february|march|april|may|june|july|august|"
        "september|october|november|december|christmas|easter|noon|midday|midnight|lunchtime|#digits"
    ),
    "contacted": (
        "called|rang|phoned|telephoned|emailed|e mailed|mailed|messaged|contacted|written|wrote|complained|chased|"
        "asked|"
        "reported|texted|tweeted|visited|dmed|raised this|been in touch|got in touch|tried to contact|tried calling|"
        "tried ringing|tried phoning|spoken|spoke|logged|reported this|flagged"
    ),
    "money": "money|cash|savings|pension|wages|salary|deposit|refund|compensation|#money",
}

_SPOKEN = (
    r"(?:a couple of|a few|a|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|"
    r"sixteen|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)"
)
_FIGURE = r"(?:\d{1,3}(?: 000|[.\u00a0\u202f]\d{3})+(?!\d)|\d(?:[\d,]{0,11}\d)?(?:\.\d{1,2})?(?!\d))"

#: Parts of a pattern that are no list of words.
SPECIAL: dict[str, str] = {
    "#digits": r"\d{1,6}",
    "#tens": r"\d{2,6}",
    "#money": (
        rf"(?:(?:[£$€] ?|gbp ?|usd ?|eur ?|rs\.? ?){_FIGURE}(?: ?(?:k|m|bn|thousand|million)\b)?"
        rf"|{_FIGURE} ?(?:k )?(?:(?:pounds?|quid|dollars?|euros?|grand|gbp|usd|eur|p|pence)\b|[£€$](?![\w£€$]))"
        r"|(?:hundreds|thousands) of (?:pounds|dollars|euros)"
        rf"|{_SPOKEN}(?:(?: and a half)? (?:hundred|thousand|grand)(?:(?: and)? {_SPOKEN}(?= (?:hundred|pounds|quid)\b)"
        r"(?: hundred)?)?(?: (?:pounds|quid|dollars|euros))?|(?<!\ba)(?<! few) (?:pounds|quid|dollars|euros)\b))"
    ),
    "#age": r"(?:\d{1,3}|sixty|seventy|eighty|ninety|one|two|three|four|five|six|seven|eight|nine)(?:[ -](?:one|two|"
    r"three|four|five|six|seven|eight|nine))?",
    "#old": r"(?:6[5-9]|[7-9]\d|10\d|sixty[ -](?:five|six|seven|eight|nine)|(?:seventy|eighty|ninety)(?:[ -]\w{3,5})?)",
    "#small": r"(?:\d|one|two|three|four|five|six|seven|eight|nine|ten)",
}
