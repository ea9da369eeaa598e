"""The shapes of personal data, as patterns: what each looks like in English text, mostly British.

They lean to finding too much: a public reply loses nothing by being rewritten. `personal_data.py`
says in which order they claim their words.
"""

from __future__ import annotations

import re

from amends.domain.ids import REFERENCE
from respond.checks.phrases import any_of, one_of, words

_I = re.IGNORECASE
_DAY = (
    r"(?:\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d{4}-\d{2}-\d{2}"
    r"|\d{1,2}(?:st|nd|rd|th)?\s+(?:of\s+)?[A-Za-z]{3,9}\s+\d{4})"
)
_THING = one_of(
    "order account acct a/c booking case ref reference invoice policy customer client member membership ticket "
    "tracking parcel consignment claim meter serial job tenancy rent contract licence license passport patient "
    "hospital card payment transaction complaint application pin registration reg"
)
_STREET = one_of(
    "street st road rd avenue ave lane ln close drive way court crescent terrace gardens place square grove"
)
_STREET_IN_SMALL_LETTERS = one_of("street road avenue lane crescent terrace gardens mews grove")
_NAME_WORD = r"[A-Z][\w'\u2019-]+"

EMAIL_ADDRESS = re.compile(r"[\w.+'-]{1,64}\s?(?:@|\(at\)|\[at\])\s?[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}", _I)

#: Rules that are one pattern: name, pattern, what it is. Each finds only what has a digit in it.
IDENTIFIERS: tuple[tuple[str, re.Pattern[str], str], ...] = (
    (
        "date_of_birth",
        re.compile(rf"(?:\bborn|date of birth|birth ?date|birthday|\bd\.?o\.?b\b\.?)[^.\n\d]{{0,20}}{_DAY}", _I),
        "a date of birth",
    ),
    (
        "national_insurance",
        re.compile(r"\b[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D]\b", _I),
        "a national insurance number",
    ),
    ("sort_code", re.compile(r"(?<![\d-])\d{2}-\d{2}-\d{2}(?![\d-])"), "a bank sort code"),
    (
        "postcode",
        re.compile(r"\b(?:[A-PR-UWYZ][A-HK-Y]?\d[\dA-HJKMNP-Y]?|GIR) ?\d[ABD-HJLNP-UW-Z]{2}\b", _I),
        "a postcode",
    ),
    (
        "street_address",
        re.compile(
            rf"\b\d{{1,4}}[A-Za-z]?,?\s+(?:{_NAME_WORD}\s+){{1,3}}(?i:{_STREET})\b"
            rf"|\b\d{{1,4}}[a-z]?,?\s+(?:[\w'\u2019-]+\s+){{1,3}}(?i:{_STREET_IN_SMALL_LETTERS})\b"
            r"|\b(?i:flat|apartment|apt\.?|unit)\s+\d{1,4}[A-Za-z]?\b"
        ),
        "a street address",
    ),
    (
        "reference",
        re.compile(
            rf"{REFERENCE.pattern}"
            rf"|\b{_THING}(?:'s)?(?:\s+(?:number|no\.?|nr\.?|ref(?:erence)?|id|code|card|plate))?"
            r"\s*(?:is|was|:|#|-)?\s*#?(?=[A-Z0-9/-]*\d)[A-Z0-9][A-Z0-9/-]{2,}",
            _I,
        ),
        "a reference by which a customer can be found",
    ),
    (
        "telephone",
        re.compile(
            r"(?<![\w+])(?:\+|00)\d{1,3}[\s().-]{0,3}(?:\d[\s().-]{0,2}){6,12}\d(?!\w)"
            r"|(?<!\w)\(?0\d{2,4}\)?[\s.-]?\d{3,4}[\s.-]?\d{3,4}(?!\w)"
        ),
        "a telephone number",
    ),
    ("age", re.compile(r"\baged? \d{1,3}\b|\b\d{1,3}[ -]years?[ -]old\b", _I), "somebody's age"),
)

LONG_NUMBER = re.compile(r"(?<![\w.,\u00a3\u20ac$-])\d(?:[ -]?\d){5,}(?![\w,]|\.\d)")
#: Capitals and digits; it is a code when it has a letter and three digits.
CODE = re.compile(r"(?<![\w-])[A-Z0-9-]{6,64}(?![\w-])")
LINK = re.compile(r"https?://\S+", _I)
#: What in a link is made for one person: a long token, or a parameter that names something of theirs.
TOKEN = re.compile(r"[A-Za-z0-9_-]{16,}")
PERSONAL_PARAMETER = re.compile(r"[?&](?:token|key|id|ref|email|user|case|order)=", _I)
A_DATE = re.compile(r"\d{4}-\d{2}-\d{2}|\d{4} ?- ?\d{4}")
#: The secret part of a link is none, whatever its letters.
BANK_ACCOUNT = re.compile(r"(?<![\w/])[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}\b", _I)
CARD = re.compile(r"(?<!\d)\d(?:[ -]?\d){12,18}(?!\d)")

TITLED = re.compile(
    rf"\b{one_of('Mr Mrs Ms Miss Mx Dr Prof Professor Sir Lady Rev')}\b\.?\s+{_NAME_WORD}(?:\s+{_NAME_WORD})?"
)
_NO_NAME = one_of("I We The There You Your This That For Please All Everyone Team It Our So To Customer Sir Madam")
_GREETING_NAME = r"[A-Z][a-z\u00e0-\u00ff'\u2019-]+"
GREETED = re.compile(
    r"\b(?i:hi|hello|hey|dear|thanks|thank you|sorry|apologies|morning|afternoon|evening),?\s+(?:to\s+)?"
    rf"(?!{_NO_NAME}\b)(?P<name>{_GREETING_NAME}(?:\s+{_GREETING_NAME})?)"
    r"(?=\s*[,.!?:;\u2013\u2014-]|\s*$|\s+(?:for|we|I|please|thanks|thank|sorry|you)\b)"
)

_SOMEBODYS = "(?:your|her|his|their)"
#: What somebody goes through or is: rule, pattern, what it tells.
CIRCUMSTANCES: tuple[tuple[str, re.Pattern[str], str], ...] = (
    (
        "health",
        any_of(
            r"diagnos\w+|diabet\w+|cancer|chemo\w*|pregnan\w+|miscarriage|disab(?:led|ilit\w+)|wheelchair|autis\w+|adhd",
            r"dementia|alzheimer\w*|epilep\w+|depress(?:ion|ed)|anxiety|mental(?:ly)? (?:health|ill\w*)|suicid\w*",
            r"self[- ]harm\w*|hiv|surgery|hospitali[sz]\w+|medication|prescription|illness(?:es)?|asthma\w*|stroke",
            r"heart attack|seizures?|injur(?:y|ies|ed)",
            rf"{_SOMEBODYS} (?:health|condition|treatment|doctor|gp|carer|symptoms)",
        ),
        "something about somebody's health",
    ),
    (
        "bereavement",
        any_of(
            r"bereave\w*|passed away|funeral",
            rf"{_SOMEBODYS} (?:late )?(?:loss|mother's death|father's death)",
            r"late (?:husband|wife|mother|father|partner|son|daughter|mum|dad)",
        ),
        "something about a bereavement",
    ),
    (
        "special_category",
        any_of(
            rf"{_SOMEBODYS} (?:religion|faith|race|ethnicity|nationality|sexuality|sexual orientation|gender)",
            rf"{_SOMEBODYS} (?:immigration status|trade union|vulnerabilit\w+)",
            r"muslim|jewish|hindu|sikh|gay|lesbian|bisexual|transgender",
        ),
        "something about who somebody is that the law protects",
    ),
    (
        "money_trouble",
        any_of(
            r"(?:your|her|his|their|in|rent) (?:debts?|arrears|bankruptcy|benefits|universal credit|overdraft)",
            r"credit score|overdue (?:balance|payment|bill)|missed payments?",
        ),
        "something about somebody's money",
    ),
)

_DEALINGS = one_of(
    "account order booking policy claim tenancy tenant landlord parcel package delivery appointment visit stay flight "
    "refund payment subscription contract bill balance direct_debit credit_card debit_card loan mortgage purchase "
    "repair file case record membership meter invoice reservation ticket application statement transaction"
)
#: Words that say: this person deals with us.
CONFIRMS = any_of(
    rf"your (?:\w+ ){{0,2}}?{_DEALINGS}s?",
    rf"as (?:an?|our|one of our) (?:\w+ ){{0,2}}?{one_of('customer client member tenant resident patient')}",
    rf"you {one_of('bought ordered purchased booked paid owe joined visited stayed rang phoned called_us emailed_us')}",
    r"you (?:e-mailed us|signed up)",
    r"(?:our|the) (?:records?|system|notes|database) (?:shows?|says?|tells?|confirms?)",
    r"(?:on|in) our (?:system|records|books|database)",
    r"we (?:can|could) see (?:that )?(?:you|your)",
    r"we (?:have|hold|found) your (?:details|account|order|address|number|file)",
    r"your (?:previous|last|earlier|other) (?:complaint|call|contact|e-?mail|message|letter)s?",
    r"since you (?:joined|became)",
    r"(?:loyal|valued|existing|long-standing) customer",
)

#: Words that are names as well, and all words of our own public wordings. As part of a name they count only with a
#: capital inside a sentence: nobody can stop every public reply by calling themselves "Sorry Please".
ALSO_WORDS = words(
    "a about al ali all along an and answer any anyone anything april are art asking august be been bell ben best "
    "bill black bright bringing brown can chase could day dear directly do don drew early earned earnest ed "
    "experience faith for frank from getting glad go gone good grace grant green grey guy has have hear help here "
    "hope if in into is it jack joy june kind king know les letting like little long look love make man mark may "
    "message miles not of on one our page pass passed pat people person please post price private properly "
    "question raising ray read rich right rob rose saying see send sent small smile so something sorry speak sue "
    "summer take taking team team's ted tell telling thank thanks that the them then there this through time to "
    "touch up us very want way we we're what white who will wise with words would writing wrong you young your "
)
