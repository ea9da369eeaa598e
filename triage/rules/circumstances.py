"""People at risk in plain words: an age told in passing, a child who goes without, a death, an illness, a carer."""

from __future__ import annotations

from amends.domain.verdict import FlagName
from triage.rules.rule import Claim, Rule

#: Ages that are called old when nothing but the age is told.
_OLD = "seventy five|seventy six|seventy seven|seventy eight|seventy nine|" + "|".join(
    [f"{tens}{unit}" for tens in ("eighty", "ninety") for unit in ("", " one", " two", " three", " four", " five")]
    + [str(age) for age in range(75, 100)]
)
_OLD_WORDS = "|".join(age for age in _OLD.split("|") if not age.isdigit())
_SMALL = "one|two|three|four|five|six|seven|2|3|4|5|6|7"
_LITTLE = "lad|laddie|lass|lassie|girl|boy|one|ones|bairn|bairns|kiddie|kiddies|mite|tot|tots|man|sister|brother"
_KIN = (
    "husband|wife|partner|mum|mam|mom|mother|dad|father|nan|gran|grandma|grandmother|grandad|granddad|grandfather|"
    "brother|sister|son|daughter|uncle|aunt|auntie|friend|neighbour|tenant"
)

#: What must stand near a small child for it to be harmed or deprived.
_DEPRIVED = (
    r"\b(?:no|without|cold|freez\w+|hungry|starv\w+|cr(?:ying|ied|ies)|scream\w*|scared|frightened|terrified|hurt|hit|"
    r"bruis\w+|burn\w*|scald\w*|ill|sick|poorly|hospital|a&e|cough\w*|wheez\w*|asthma|inhaler|damp|mould|mouldy|"
    r"locked|alone|nothing (?:in|to eat|left)|fell|cut|stuck|shiver\w*|stranded|evict\w*|homeless|soaked|in the dark|"
    r"can'?t (?:feed|wash|heat|sleep)|won'?t (?:sleep|go)|cannot (?:feed|wash|heat|sleep)|black and blue|bleeding|"
    r"rash)\b"
)

RULES = (
    Rule(
        name="vulnerable.age_told",
        flag=FlagName.VULNERABLE,
        says="Somebody affected tells an age above about 75 in passing, or is called old.",
        claim=Claim.EVENT,
        phrases=(
            f"(i|she|he|who) (shall|will|'ll) be [{_OLD}] (in|next|on|this|soon|come)",
            f"(i|she|he|who|they|we) (now|nearly|almost|over|only|just|already)? [{_OLD}]",
            f"(im|shes|hes|whos|who is|who are|who was) (now|nearly|almost|over|only|already)? [{_OLD}]",
            f"(mr|mrs|miss|ms|couple|tenant|customer|{_KIN}) _8 (is|was|are|am|aged|turned|be) (now|nearly|almost|over|"
            f"already)? [{_OLD}]",
            f"(he|she|who|i|mum|dad|nan|gran) (has|have|had)? (just|recently)? (turned|turns|reached|pushing) [{_OLD}]",
            f"at [{_OLD}] (i|he|she|you|we|one|my|her|his|years)",
            f"(is|are|am|was) (now|nearly|almost|over|only)? [{_OLD_WORDS}]",
            "at my [age]",
            "(in|into) (my|her|his|their|our) (late|early|mid)? [seventies|eighties|nineties]",
            "[old] (mr|mrs|miss)",
            "(i am|i'm|im|as|just|only|poor|like|we are|we're|us|treat|treating|frightened|frightening|bullying|"
            "robbing) (a|an|just|only|two|these)? (poor|very)? [old] (man|woman|lady|gentleman|couple|folk|people|"
            "pensioner|pensioners)",
        ),
        unless=(
            r"\d+ ?(?:%|percent|pounds|p\b|degrees|am\b|pm\b|minutes|mins|hours|days|miles|km|kg|cm|mm|points?|metres)|"
            r"\d[.:/]\d|[£$€]\d|(?:\w+ty \w+|\d\d) (?:pounds|quid|minutes|hours|days|miles|letters|percent|per|stone)|"
            r"old (?:mr|mrs) (?:bean|men)|at my age group"
        ),
        fires=(
            "My neighbour, who lives by herself, is eighty-three and you made her queue in the rain.",
            "At 79 I should not have to carry coal up three flights because your lift is out.",
            "Whoever bullied old Mrs Harbottle on the telephone ought to be ashamed.",
            "shes 86 and sat in her coat all weekend",
        ),
        silent=(
            "The parcel for my uncle weighs 80 kg.",
            "If my mother were eighty-three she could claim, but she is not.",
            "My husband's ticket was £89.",
        ),
    ),
    Rule(
        name="vulnerable.little_one",
        flag=FlagName.VULNERABLE,
        says="A small child, told of by age or size, is hurt or goes without.",
        claim=Claim.EVENT,
        phrases=(
            "(the|our|my|whose|and) [youngest|eldest|oldest|smallest] (is|was|has|just|being|only)",
            "(two|three|four|five) (small|young|little)? [children|kids|bairns] (in|here|at|and|with)",
            f"(she|he|they|who|shes|hes|both|twins|son|daughter|girl|boy|baby) (is|are|was|were)? (only|just|barely|"
            f"still|"
            f"nearly|not yet) [{_SMALL}]",
            f"[kids|children|babies|bairns|kiddies|girls|boys|grandchildren] (all|both|are|is|is only|are only)? "
            f"(under|"
            f"below|aged|of) (the age of)? ({_SMALL}|eight|nine|ten|8|9|10)",
            f"(little|small|wee|tiny|poor|young) [{_LITTLE}]",
            "(can't|cant|cannot|couldn't|could not|unable to|not able to) (even)? [feed|warm|bathe|wash] (them|my|the|"
            "our|him|her) (two|three|baby|kids|children|bairns|son|daughter|little ones|boys|girls)?",
            "(my|the|our|her|his|both|two|three|four) (two|three|four|poor)? [kids|bairns|bairn|weans|kiddies] (are|is|"
            "were|have|had|slept|sleep|go|went|sat|keep) _3 (cold|hungry|ill|sick|coughing|freezing|crying|coats|dark|"
            "nothing|shivering|soaked|scared|frightened|without)",
        ),
        needs=_DEPRIVED,
        unless=(
            r"(?:one|two|three|four|five|six|seven|\d) (?:minutes?|mins|hours?|days?|weeks? (?:late|away|left)|miles?|"
            r"pounds|left|more|stars?|items?|of)\b|little (?:one bed|girl's room)|small (?:one|ones) (?:size|instead)|"
            r"feed (?:the cat|the dog|the meter|back)|young (?:man|one|lady|gentleman)"
        ),
        fires=(
            "A tile came off the ceiling and hit my granddaughter; she is only four.",
            "I have three children under six here and no way to heat their bottles, no hot food, nothing.",
            "The wee lass upstairs sits crying in the cold until midnight.",
            "i cant feed my kids because of this freeze on the account, theyre hungry",
        ),
        silent=(
            "Our three children under six loved the show, thank you.",
            "She was only five minutes late, no harm done.",
            "I would like the little one in blue, please.",
        ),
    ),
    Rule(
        name="vulnerable.death_told",
        flag=FlagName.VULNERABLE,
        says="Somebody close to the writer has died, told without set words.",
        claim=Claim.EVENT,
        phrases=(
            "(since|after|before) (my|our|his|her)? (@kin) (own)? [funeral|passing]",
            f"(my|our|his|her) ({_KIN}) (has|had)? (just|sadly|recently)? [passed] (in|on|last|this|suddenly|"
            f"peacefully|two|three|away|a)",
            "lost (our|my|his|her|their) (little|baby|only|dear|beloved|darling) [girl|boy|one|child|son|daughter]",
            "(i|we|she|he) (have|had|just|only)? (just|only)? [lost] (dad|mum|mam|nan|gran|grandad) (in|last|on|at|"
            "to|this|just|when|after)",
            f"(my|our|his|her) (late|dear|elderly)? ({_KIN}) _3 [died|dies|deceased]",
            f"(my|our|his|her) (late|dear)? ({_KIN}) _1 (is|was|has been|had been) (already|now)? [dead|deceased]",
            "(we|i) (have|had|only|just)? (just|only)? [buried|cremated] (him|her|my|our|dad|mum|mam)",
            "since (i|we|she|he) [lost] (him|her|dad|mum|mam|my|our) (husband|wife|mother|father|son|daughter|partner|"
            "brother|sister)?",
            "[death] certificate",
            "(the|my|our|her|his) [widow|widower]",
            "(had|suffered|after|having|following) (a|her|my|the) [miscarriage|stillbirth]",
            "(he|she) (is|was|has been) [dead]",
        ),
        unless=(
            r"died (?:of|with) (?:laugh\w*|boredom|embarrassment|shame)|(?:phone|battery|line|laptop|car|router|screen)"
            r"\W+(?:\w+ ){0,3}(?:died|dead)|dead (?:on|wrong|right|certain|serious|set|slow|good|easy|battery|pixel|"
            r"phone|chuffed|pleased)|"
            r"how (?:do|can|should) (?:i|we)|what (?:do|documents)"
        ),
        fires=(
            "My husband Ted died at Easter and you have addressed this demand to him.",
            "I sent the death certificate in and the letters keep coming in Mum's name.",
            "We only buried her in March and your agent asked me to put her on the line.",
        ),
        silent=(
            "My brother's phone died halfway through the call.",
            "How do I send a death certificate?",
            "He is dead certain that it was Tuesday.",
        ),
    ),
    Rule(
        name="vulnerable.health_told",
        flag=FlagName.VULNERABLE,
        says="Somebody affected is ill, frail, expecting, or lives with aids, carers or an attorney.",
        claim=Claim.EVENT,
        phrases=(
            "(waiting list|waiting) for (a|an|her|his|my)? (new)? [kidney|liver|hip|knee|lung|transplant|operation]",
            "(four|five|six|seven|eight|nine) months [gone|along]",
            "[nursing] (my|our|his|her) _1 (husband|wife|mother|father|mum|dad|son|daughter|partner|sister|brother)",
            "(has|have|with|got|having|had) _2 [syndrome|disorder]",
            "(is|am|are|was|i'm|been|goes|put) on (kidney|home)? [dialysis|chemotherapy|chemo|warfarin|morphine]",
            "(my|her|his|a|the|with|use|uses) [rollator|catheter|stoma]",
            "(i|she|he|who|wife|husband|mum|dad|nan|son|daughter) (only|just|recently)? (had|having|after|is having|"
            "was having) (a|an|my|her|his)? (hip|knee|heart|cataract|back|spinal|major|big|emergency)? [operation|"
            "surgery|bypass|transplant|amputation|hysterectomy|caesarean|biopsy]",
            "(walking|zimmer) [frame|frames]",
            "(my|his|her|a|with|two) (walking) [stick|sticks]",
            "mobility [scooter]",
            "(my|his|her|a|registered) (guide|assistance|hearing) [dog] (and|was|is|refused|not|at|on|in|because|"
            "would)",
            "[motor] neurone",
            "cystic [fibrosis]",
            "sickle [cell]",
            "(has|have|had|with|got|having|gets) (had)? (a|the|double|severe|chronic)? [pneumonia|bronchitis|glaucoma|"
            "cataracts|crohn|colitis|lymphoma|leukemia|agoraphobia|raynauds|anaemia|sciatica|vertigo]",
            "(bad|weak|poor|dodgy) [hip|hips|knees|chest|lungs|heart]",
            "(i|she|he|who|that|husband|wife|mum|dad|mother|father) (really|simply|just)? (cannot|can't|cant|can "
            "barely|can hardly|can no longer|struggles to|struggle to) (really|easily)? [walk|climb|stand|bend|kneel] "
            "(far|the stairs|stairs|up|unaided|without|for long|more|any|well|very)",
            "(i|she|he|we|who|mum|dad|nan|gran|mother|father|husband|wife|son|daughter|baby|@own @kin) (was|is|has "
            "been|had been)? (in|went to|went into|ended up in|taken to|taken into|rushed to|rushed into|admitted to|"
            "just out of|came out of|back in|go to) (the)? [hospital|hospice]",
            "(@kin|she|he|they|i|we|nan|gran) (is|are|was|were)? (still|now|here|just)? (sat|sitting)? [shaking|"
            "shivering] (with|from|in|under|all)",
            "(my|our|his|her|the|two|four|night) [carers|carer] (cannot|can't|cant|could not|couldn't|come|came|comes|"
            "visit|has to|have to|had to|was|were|is|are)",
            "(i|who) (care|am caring|cared|caring|look after|am looking after) (for)? (my|our|a|an|both) _2 [disabled|"
            "elderly|sick|ill|mother|father|mum|dad|husband|wife|parents]",
            "power of [attorney]",
            "lasting [power] of",
            "[expecting] (twins|a baby|our first|our second|my first|any day)",
            "(baby|we are|i am|i'm|she is|she's) [due] (any day|in @number weeks|in a fortnight|next month)",
            "(losing|lost) (my|his|her) [sight|eyesight|hearing]",
            "(my|his|her) [eyesight|sight|hearing] (is|has|is not|isn't) _2 (poor|bad|going|gone|failing|failed|good|"
            "what)",
        ),
        unless=(
            r"hospital(?:ity)? (?:radio|job|shift|car park|appointment line)|guide dog charit|sponsor|raise money|"
            r"walking frame (?:in stock|for sale)|stick(?:er|y)|order(?:ing)? (?:a|the) (?:walking|zimmer)|"
            r"(?:how|where) (?:do|can) (?:i|we) (?:register|send|add)"
        ),
        fires=(
            "The step you took away is the one I hold on to with my walking frame.",
            "My dad cannot climb the stairs any more and your lift has been out since Monday.",
            "Nan ended up in hospital on the third night of this.",
            "I look after my disabled husband and the office will not talk to me.",
        ),
        silent=(
            "I work as a hospital porter and need the late bus times.",
            "Nobody here uses a walking frame.",
            "Do you sell walking sticks?",
        ),
    ),
)
