"""Requests under data protection law; they count on any kind of message."""

from __future__ import annotations

from amends.domain.verdict import FlagName
from triage.rules.rule import Claim, Rule

_DATA = (
    "data|information|details|records|record|file|notes|emails|account|profile|history|recordings|recording|footage|"
    "images|photo|photos|image|correspondence|number|address|email address|name|everything"
)

RULES = (
    Rule(
        name="rights_request.access",
        flag=FlagName.RIGHTS_REQUEST,
        says="Somebody asks for a copy of the data held about them.",
        claim=Claim.REQUEST,
        phrases=(
            "subject access [request|requests]",
            "subject [access]",
            "(a|my|this|sar|an|submit|submitted|make|making|made|under) [dsar|sar]",
            "(copy|copies|all|any|every|everything|what|which|sight|access|disclosure) _5 (personal|the|my|all|"
            f"any)? ({_DATA}) _3 (you|that you|the trust|the council|the company|your company|your organisation) "
            "[hold|holds|keep|store|held|process|stored|kept|holding] (about|on|for|relating to|concerning) (me|us|"
            "him|her|my)",
            "[copy|copies] of (all|any|every|the)? (of)? (my|the|our|his|her) (personal|medical|health|housing|own)? "
            "(data|information|records|file|call recording|call recordings|recordings|recording|recording of|notes|"
            "cctv) (you hold|held|about|that you|on file|under|relating|of my|please|from)?",
            "(what|which) (personal)? (data|information|details) _2 (you|do you|is|does your company|your company) "
            "_2 [hold|holds|keep|held|store|process] (about|on) (me|us)",
            "[request|requesting|requested|exercise|exercising] (my|the|a)? (right|rights|statutory right) (of|to) "
            "(access|portability|subject access)",
            "data [portability]",
        ),
        fires=(
            "Please treat this letter as a subject access request.",
            "Can you send me a copy of all the personal data you hold about me?",
            "What information do you keep on me?",
        ),
        silent=(
            "Could I have a copy of my last invoice?",
            "This is not a subject access request.",
        ),
    ),
    Rule(
        name="rights_request.erasure",
        flag=FlagName.RIGHTS_REQUEST,
        says="Somebody asks that data about them be deleted.",
        claim=Claim.REQUEST,
        phrases=(
            "(taken|took|take) (me|us)? off your (mailing|marketing)? [list|lists|database|mailing]",
            "[delete|erase|remove|destroy|wipe] (all|any|every|everything)? (of)? (my|our|his|her|the|any) "
            f"(personal|own|customer|entire|whole|old)? (personal)? ({_DATA}) (from|you|that|permanently|please|and|"
            "off|held|under|on|immediately|completely|entirely|about|completely)?",
            f"(my|our|all my|personal|his|her) _2 ({_DATA}) (to be|be|is|are|should be|must be|needs to be|are to be|"
            "have) (permanently|completely|fully|to be|been)? [deleted|erased|removed|destroyed]",
            "right to be [forgotten]",
            "right (to|of) [erasure|deletion]",
            "[erasure] (request|of my)",
            "(take|get) me off your [database|databases|list|lists|system|records|mailing]",
            "[remove|delete] me from (your|the|all|any) (database|mailing|mailing list|marketing list|list|lists|"
            "system|records|books|contact list)",
        ),
        unless=r"delete (?:the |my )?(?:photo|image|address) (?:from|on|in) (?:the app|my phone)|remove (?:the )?name "
        r"from (?:the )?basket|click|unsubscribe (?:link|here|below)|reply with \"?remove|to be removed|if you "
        r"(?:wish|want|would like|no longer)|you (?:have |just )?deleted my|you removed my|"
        r"(?:has|have|had|been|was|were|got) (?:just |been |suddenly )?(?:deleted|removed|erased|wiped)",
        fires=(
            "Please delete all my personal data from your systems.",
            "I want my account and details to be permanently erased.",
            "I invoke my right to be forgotten.",
        ),
        silent=(
            "Please do not delete my account.",
            "Your update deleted my photos.",
        ),
    ),
    Rule(
        name="rights_request.correction",
        flag=FlagName.RIGHTS_REQUEST,
        says="Somebody asks that wrong data about them be corrected.",
        claim=Claim.REQUEST,
        phrases=(
            "right (to|of) [rectification|correction]",
            "[correct|rectify|amend] (the|my|his|her|our|this|any|all) (wrong|inaccurate|incorrect|personal|medical|"
            "credit)? (inaccurate|incorrect|personal)? (data|information|records|record|file|details|medical notes|"
            "notes|credit file|credit record) (you hold|held|about me|on my|that you|you have|on file|which|in my)?",
            "[rectification] (of|request)",
            "(inaccurate|incorrect|wrong|false|out of date) _1 (data|information|record|records|entry|details) _3 "
            "(you hold|held|about me|on my file|on my record|on my records|on your system) _6 [corrected|rectified|"
            "amended|updated|changed]",
            "(my) (date of birth|name|address|gender|surname|record|records|file) (is|are|has been|was) (recorded)? "
            "[wrong|wrongly|incorrect|incorrectly|misspelt|misspelled] (on|in) (your|the|my|our)",
        ),
        fires=(
            "I ask you to correct the inaccurate information you hold about me.",
            "My date of birth is wrong on your system, please correct it.",
        ),
        silent=(
            "Is the information on your website correct?",
            "Please do not amend my records until we have spoken.",
        ),
    ),
    Rule(
        name="rights_request.objection",
        flag=FlagName.RIGHTS_REQUEST,
        says="Somebody objects to the use of their data, withdraws consent, or complains about data protection.",
        claim=Claim.REQUEST,
        phrases=(
            "[object|objecting|objection] to (the|your|any|you|my) (processing|use of my|using my|data|sharing|"
            "profiling|direct marketing|marketing|automated|holding)",
            "[withdraw|withdrawing|revoke|withdrawn] (my|our|all|any) consent",
            "(stop|cease) (using|processing|sharing|selling|storing|passing) _1 (my|our) _1 [data|details|"
            "information|email|number|photo|image]",
            "(under|breach of|in breach of|complaint about|rights under|breaches|breached|comply with|breaching|"
            "contrary to|compliant with|article) (the|my|uk|my rights under|fifteen|#digits of the|#digits)? (uk)? "
            "[gdpr]",
            "(under|breach of|in breach of|breaches|rights under|comply with|contrary to) (the)? [data] protection "
            "(act|law|legislation|rules)",
            "complain _4 (about|regarding) _4 [data] (protection|handling|processing|use)",
            "(complaint) _2 [data] (protection|handling|processing)",
            "(did not|didn't|never|without my|without) (give|gave|given)? _1 [consent|permission] (to|for) _4 (data|"
            "details|email|number|marketing|share|shared|photo|image|calls)",
            "[opt|opted|opting] (me)? out of (all|any|your|data|direct)? (marketing|profiling|data sharing|direct "
            "marketing)",
        ),
        unless=r"unsubscribe (?:link|here|below)|gdpr[- ](?:compliant|training|course|ready|webinar)",
        fires=(
            "I object to the processing of my data for marketing.",
            "I withdraw my consent and expect you to stop calling.",
            "Under the GDPR you have one month.",
        ),
        silent=(
            "I do not object to the use of my photograph in the paper.",
            "Our webinar makes you GDPR-ready.",
        ),
    ),
)
