"""People at risk: safeguarding, self-harm, and the vulnerable."""

from __future__ import annotations

from amends.domain.verdict import FlagName
from triage.rules.rule import Claim, Rule

_AT_RISK = (
    "child|children|son|daughter|baby|toddler|boy|girl|pupil|pupils|kids|kid|mother|mum|father|dad|nan|gran|"
    "grandmother|grandfather|brother|sister|resident|residents|patient|patients|elderly|adult|her|him|nephew|niece|"
    "grandson|granddaughter"
)

#: Ages that are called old here.
_OLD = "|".join(str(age) for age in range(66, 100))

RULES = (
    Rule(
        name="safeguarding.abuse",
        flag=FlagName.SAFEGUARDING,
        says="A child or an adult at risk is abused, hit or exploited.",
        claim=Claim.EVENT,
        recent=True,
        phrases=(
            f"({_AT_RISK}) (is|was|are|were|being|been|has been|have been|is being|was being|are being) (physically|"
            "sexually|emotionally|mentally|verbally|repeatedly|systematically)? "
            "[abused|neglected|groomed|exploited|mistreated|starved|beaten|harmed|trafficked]",
            "[abusing|neglecting|grooming|exploiting|mistreating|starving|beating] (a|the|my|his|her|our|their|these|"
            "those|vulnerable|young|elderly) "
            f"(elderly|young|vulnerable|disabled)? ({_AT_RISK}|people|men|women)",
            "(child|elder|sexual|domestic|institutional|physical) [abuse|neglect|exploitation] (is|was|at|in|by|of|"
            "going|happening|has|from|and)",
            "(sexually|physically) [abused|abusing]",
            "(carer|teacher|nurse|staff|assistant|coach|care worker|stepfather|stepdad|uncle|foster carer|worker|"
            "childminder|driver) _2 [hitting|slapping|hits|slaps|hit|slapped|smacked|shook|dragged|touching|touched] "
            f"(my|the|a|her|him|our|his|another) _1 ({_AT_RISK})",
            "[safeguarding] (concern|concerns|issue|issues|failure|failures|failing|incident|breach|referral|risk)",
            "(partner|husband|ex|boyfriend|wife|ex partner|ex husband|stepfather|dad|father|carer) (is|was|has been|"
            "keeps|who|regularly)? _1 [hitting|beating|beats|abusing|abuses|abusive|controlling|hits] (me|us|her|him|"
            "the children|my|and|towards|to)",
            "(fleeing|fled|escaping|escaped|victim of|experiencing|suffering|survivor of|because of) [domestic] "
            "(abuse|violence)",
        ),
        unless=r"safeguarding (?:training|course|policy|certificate|qualification|lead vacancy)",
        fires=(
            "The carer slapped my mother and she has bruises on both arms.",
            "I have a safeguarding concern about a pupil in year four.",
            "The residents are being neglected on the top floor.",
        ),
        silent=(
            "Where can I find your safeguarding policy?",
            "There is no sign that the residents are being abused.",
            "If a child were being abused, whom would one tell?",
        ),
    ),
    Rule(
        name="safeguarding.neglect",
        flag=FlagName.SAFEGUARDING,
        says="Somebody who depends on care was left alone, unfed, unwashed, lost or locked in.",
        claim=Claim.EVENT,
        recent=True,
        phrases=(
            "[bruise|bruises|bruising] _6 (nobody|no one|account for|explain|explained|unexplained|no explanation)",
            "[toddlers|children|toddler|pupils|child|kids] (was|were|had been|had got|got) _1 (out on|out in|"
            "wandering|alone|unsupervised|unattended|loose) (the)? (pavement|road|street|car park|main road|in|on|"
            "near|outside)?",
            "[left] _6 (on her own|on his own|by herself|by himself|unattended|unsupervised) (in|at|after|for|while|"
            "because|when|outside|with)",
            f"[left] (my|our|a|the|his|her|an) _2 ({_AT_RISK}) _2 (alone|unattended|unsupervised|on the floor|in "
            "soiled|in his own|in her own|soiled|in the dark|outside|behind|stranded|on his own|on her own|at the "
            "roadside|sitting in|lying in|in urine|in wet|locked|unfed|hungry)",
            f"({_AT_RISK}|he|she|they) (was|were|is|being|had been|has been|have been|are) _1 [left|found|lying|"
            "sitting] _2 (alone|unattended|unsupervised|on the floor|in soiled|in his own|in her own|soiled|in the "
            "dark|stranded|on his own|on her own|wandering|in urine|in wet|unfed|in faeces|by the road)",
            "(nobody|no one|staff|carers|carer|they) (had|has|have)? _1 [fed|washed|bathed|toileted|turned] (him|her|"
            "them|my @elder|the residents)",
            "(not|hasn't|haven't|hadn't|wasn't|never) (been|being)? [fed|washed|bathed|toileted] (for|in|since|all|"
            "or|properly|by)",
            "(bed|pressure) [sores|sore|ulcer|ulcers]",
            "[unexplained] (bruises|bruising|injuries|marks|injury)",
            "(carer|carers|care worker|nurse|staff) (never|didn't|did not|failed to|have not|haven't|hasn't) (turn|"
            "turned|turned up|show|shown|come|came|arrive|arrived|visit|visited) _6 [mother|mum|father|dad|nan|gran|"
            "grandmother|grandfather|husband|wife|brother|sister|son|daughter|uncle|aunt]",
            f"[locked] (my|our|a|the|his|her|him|them)? _1 ({_AT_RISK}) (in|inside|out|up)",
            "(dropped|let|put) (my|our|him|her|the)? _2 [son|daughter|child|pupil|boy|girl] (off)? (at|in|on) (the "
            "wrong|a wrong|wrong|an empty|the side)",
            "(lost|misplaced|forgot) (my|our|a|the) (#small|little)? [son|daughter|child|toddler|pupil] (at|in|on|"
            "for|during|outside)",
        ),
        unless=r"left my (?:son|daughter|kid)s? (?:disappointed|upset|in tears|crying)",
        fires=(
            "My mother was left lying on the floor for six hours.",
            "Carers left my disabled brother in soiled sheets all night.",
            "Dad has pressure sores again and unexplained bruises.",
        ),
        silent=(
            "She was never left alone, the nurses were wonderful.",
            "The delay left my son disappointed.",
            "Can my son be left alone in the play area?",
        ),
    ),
    Rule(
        name="self_harm.risk",
        flag=FlagName.SELF_HARM,
        says="The writer or somebody close may take their life or harm themselves.",
        claim=Claim.DANGER,
        phrases=(
            "(not|don't|can't|cannot|no) (honestly|really)? (see|any)? (the|any|a|much)? [point] (in|of|to) (being "
            "here|living|life|going on|carrying on|being alive)",
            "(don't|do not|can't|cannot) (want|bear|face) to (be here|be alive|live) [anymore|longer]",
            "(i|he|she|they|we|i'm|am|is|was|feel|feeling|been|become|made me|left me|made him|made her|made them|"
            "left him|left her|and|felt|son|daughter|husband|"
            "wife|mother|father|brother|sister|friend) (am|is|was|feel|have been|has been|have felt|now|almost|felt|"
            "been)? (now|actually|almost|feeling|even)? [suicidal]",
            "[suicidal] (thoughts|ideation|because|and|feelings|over|due|again)",
            "[sucidal|suicidle|suisidal|suicdal|suicidel|suacidal]",
            "(commit|commiting|committing|contemplating|considering|attempt|attempted|about|of|to) [sucide|suicde|"
            "suiside|suacide]",
            "(want to|wanna|gonna|going to|might|could|about to|ready to|rather|will|would|i'll) (just|actually|"
            "honestly|literally)? [kms]",
            "(want|wanted|going|wanting|ready|tempted|plan|planning|thinking|think|thought) (to|of|about)? [kill|"
            "killing|hurt|hurting|harm|harming] (myself|himself|herself|themselves)",
            "(kill|killed|harm|harming|harmed|hurt|hurting|cutting|starve) [myself|himself|herself|themselves]",
            "(want|wanted|going|ready|tempted|thinking about|thinking of|thought about|thought of|considered|"
            "considering|plan|planning|threatened|tried|attempted|wants) (to)? [end|ending|take|taking] (my|his|her|"
            "it|their|my own|his own|her own) (own)? (life|all)",
            "[ended|taken] (his|her|their|my) own life",
            "(don't|do not|no longer|didn't|doesn't|not) [want|wish|wanting] to (live|wake up|be here|be alive|exist|"
            "carry on living|go on living)",
            "(don't|do not|no longer|can't) (want to)? (go|carry) on [any|anymore|living]",
            "(better|be better) off [dead]",
            "(attempted|committed|commit|committing|contemplating|contemplated|considering|considered|thoughts of|"
            "threatening|thinking of|thinking about|driven to|drive me to|driving me to|attempt) [suicide]",
            "(tried|attempted|took|taken) (to take)? (an|his own|her own|my own)? [overdose]",
            "(no|any) (reason|point|will) (to|in) [live|living]",
            "self [harm|harming|harmed]",
            "(want|wants|wanted|wanna|rather|ready|just) (to|2)? [die]",
            "(want|wants|wish|wished|wishing) (to be|i was|i were|was|she was|he was|to be) [dead]",
            "(kill|killing|harm|hurt|unalive|topping|top|hang|hanging|drown) (my|him|her|me|our|them) [self|selves]",
            "[topping|top|unalive|hang|hanged|hanging|hung] (myself|meself|himself|herself|themselves)",
            "(kill|do|harm|hurt|end|killing) [meself|masel|mesen|mysel|myslef] (in)?",
            "(feel|feels|feeling|felt) like [killing|ending|hurting|dying|jumping|suicide] (myself|himself|herself|"
            "it all|my life|it|off|in front)?",
            "(not|isn't|isnt|no longer|hardly) [worth] living",
            "(nothing|no one|nobody) (left|else)? to live [for]",
            "(don't|dont|do not|didn't) (wanna|want to|want) [live|be] (here|alive|no more|any more|anymore|"
            "anymore|like this)",
            "[suicide] note",
            "[suicidal] (here|with|since|about|now|thanks|right)",
            "(slit|slitting|cut|cutting|slashed) (his|her|my|their) (own)? [wrists|wrist]",
            "(jump|jumping|jumped) (off|from|in front of) (a|the)? _1 [bridge|roof|balcony|car park|train|train|"
            "building|cliff|window|multi storey]",
            "(take|taking|took|taken|swallow|swallowing) (all|the whole|too many) (of)? (my|the|his|her|"
            "these)? [tablets|pills|packet|medication|paracetamol|lot]",
            "(can't|cant|cannot|can not) [go|carry] on (living)? (like this|any more|anymore|any longer|living)",
            "[wish|wished] (i|he|she) (was|were|had) (dead|never woken|not here|never been born)",
        ),
        unless=r"end it all with (?:you\b|this (?:company|contract|bank))|dead (?:right|certain|serious)|(?:rather|"
        r"ready to|"
        r"just) die (?:than|for)|to die (?:for|laughing)|go on like this (?:with|without) (?:your|this|the)|"
        r"kill(?:ing)? (?:myself )?(?:laughing|with laughter)|suicide (?:squad|prevention (?:charity|course|"
        r"line|hotline|training)|bomber|burn)|"
        r"self[- ]harm(?:ing)? (?:policy|training|for the (?:brand|party|company))|commercial suicide|career suicide|"
        r"political suicide|social suicide|(?:hurt|killed|kill|killing) (?:myself|himself|herself) (?:on|at the gym|"
        r"lifting|trying to (?:open|get|carry|find|reach))|"
        r"dead (?:pixel|phone|battery)",
        fires=(
            "I cannot cope and I want to end my life.",
            "Because of your letters my husband is suicidal.",
            "Honestly I would be better off dead than in this debt.",
        ),
        silent=(
            "He has never been suicidal and the form says he is.",
            "I nearly killed myself laughing at your advert, haha.",
            "Raising prices now is commercial suicide.",
        ),
    ),
    Rule(
        name="vulnerable.old",
        flag=FlagName.VULNERABLE,
        says="Somebody old is affected.",
        claim=Claim.EVENT,
        phrases=(
            "(i|she|he|who|mum|mother|dad|father|husband|wife|nan|gran|sister|brother|friend|neighbour|lady|"
            "gentleman|aunt|uncle) _3 (am|is|are|was|being|now|of|aged|nearly|almost) (now|nearly|almost|over)? "
            "[seventy|eighty|ninety]",
            "(sister|brother|friend|neighbour|lady|gentleman|aunt|uncle|customer) _3 (is|was|aged|who is|of) [66|67|"
            "68|69|70|71|72|73|74|75|76|77|78|79|80|81|82|83|84|85|86|87|88|89|90|91|92|93|94|95|96|97|98|99] (and|"
            "with|but|so|years|now|or)",
            "(he|she|i|dad|mum|nan|gran|mother|father|husband|wife|grandad|grandmother|uncle|aunt) (is|am|was)? (now|"
            "nearly|almost|over)? [66|67|68|69|70|71|72|73|74|75|76|77|78|79|80|81|82|83|84|85|86|87|88|89|90|91|92|"
            "93|94|95|96|97|98|99]",
            "in (my|his|her|their|our) (late|early|mid)? [seventies|eighties|nineties]",
            "(i|she|he|who|both|mum|mother|dad|father|husband|wife|nan|gran|grandmother|grandfather|they) (am|is|"
            f"are|was|were)? (aged|over)? [{_OLD}] (and|with|but|so|years|now|or|yet|next|this)",
            f"(aged|age|turned|turning|am|am now|is now|i'm) [{_OLD}]",
            "#old (year|years|yr|yrs) [old]",
            "#old (year|years) of [age]",
            "(my|our|his|her|an|two|a|of|for|both|neighbour|neighbours|the|and) (very|frail|late)? [elderly|frail|"
            "housebound|bedridden|bedbound] (and|@elder|parent|parents|lady|man|couple|woman|relative|neighbour|"
            "neighbours|residents|resident|customer|father in law|mother in law)?",
            "(am|is|are|was|he's|she's|i'm|and|being) (very|quite|now|an)? [elderly|frail|housebound|bedridden|"
            "bedbound|pensioner|pensioners]",
            "(am|is|are|was|as|i'm|she's|he's|old|age|a|an|disabled|two|for) (a|an|old)? [pensioner|pensioners|oap|"
            "oaps]",
        ),
        unless=r"#?\b(?:platform|page|route|bus|gate|room|flat|number|no\.?|line|chapter) \d+|(?:is|at|are) \d+ ?(?:%|"
        r"percent|pounds|p\b|degrees|am|pm|minutes|mins|hours|days|miles|km|kg|cm|mm)|\d+[.:]\d",
        fires=(
            "My 84-year-old father has had no hot water since Sunday.",
            "My frail mother was told to walk home.",
            "I am 79 and nobody will talk to me on the telephone.",
        ),
        silent=(
            "The bus at stop 84 never came.",
            "If I were 79 you might listen.",
            "The sofa is not for an elderly person.",
        ),
    ),
    Rule(
        name="vulnerable.ill_or_disabled",
        flag=FlagName.VULNERABLE,
        says="Somebody disabled, ill, pregnant or with poor mental health is affected.",
        claim=Claim.EVENT,
        phrases=(
            "@own (@kin|best friend|electric|manual|late)? [wheelchair|wheelchairs]",
            "(my|a|use|uses|using|with) [screen] reader",
            "(wears|wear|my|his|her|has|a|two) hearing [aid|aids]",
            "(rather|quite|profoundly|very|almost|completely|totally|nearly) [deaf|blind]",
            "[ramp|ramps|stairlift] (at|was|is|been|were|outside|to|for) _4 (locked|shut|closed|broken|blocked|"
            "missing|out of order)",
            "(with|has|have|had|got) (severe|mild)? [mnd|adhd|aspergers|endometriosis|osteoporosis|emphysema|"
            "migraines]",
            "i've (got)? (severe|bad|terrible|chronic)? [arthritis|dementia|cancer|copd|epilepsy|diabetes|asthma|"
            "parkinsons|fibromyalgia]",
            "(two|three|four|with|young|small|an|my|our|elderly) (very|severely)? [asthmatic|autistic|disabled|"
            "diabetic|epileptic] (child|children|kids|son|daughter|brother|sister|mother|father|mum|dad|people|"
            "residents|husband|wife|boy|girl|tenant|customer|passengers)",
            "(i'm|am|is|are|was|were|my|our|his|her|a|severely|registered|he's|she's|being|who's|an|as|for|the|and|"
            "other) (also|both|severely|registered|profoundly|partially|totally|a|very|completely|now|legally|"
            "heavily)? "
            "[disabled|paralysed|paraplegic|quadriplegic|epileptic|diabetic|autistic|asthmatic|deaf|blind|pregnant|"
            "immunocompromised|immunosuppressed|vulnerable|bipolar|schizophrenic|dyslexic|terminally|visually|"
            "housebound]",
            "[terminally] ill",
            "(have|has|with|had|having|got|suffer|suffers|suffering|from|diagnosed|undergoing|my|his|her|battling|"
            "fighting|recovering|living|lives|live) _3 "
            "[dementia|alzheimer|alzheimers|cancer|copd|epilepsy|diabetes|parkinsons|parkinson|leukaemia|"
            "chemotherapy|chemo|dialysis|autism|schizophrenia|ptsd|arthritis|fibromyalgia|asthma|sepsis|stroke|"
            "psychosis|lupus|sclerosis|palsy|emphysema|angina|crohns]",
            "[wheelchair] (user|bound|users|and|because|access|so|ramp|to|on|space)",
            "(my|his|her|a|in|our|using|uses|use) [wheelchair|zimmer|crutches|stairlift|colostomy|catheter]",
            "(severe|serious|poor|my|his|her|suffer|suffers|suffering|with|chronic|crippling|have|has|bad|clinical|"
            "postnatal) _2 [depression|anxiety|ptsd]",
            "(mental) [health] (is|has|problems|issues|condition|conditions|crisis|suffered|suffering|breakdown|"
            "difficulties|because|and|to)",
            "(learning|physical|physically|hidden) [disability|disabilities|difficulties]",
            "(has|have|my|his|her|a|our|due to my|with|because of my) (severe|physical|learning|hidden|long term)? "
            "[disability|disabilities]",
            "(weeks|months) [pregnant]",
            "(heart) [condition|attack|failure|bypass|surgery|transplant]",
            "(recovering|recover|home|discharged) from _2 [surgery|operation|hospital|stroke]",
            "(on|needs|need|relies on|depends on|rely on|using|uses) (home|an)? [oxygen|insulin|ventilator|nebuliser|"
            "dialysis]",
            "(registered|partially|fully|severely) (sight)? [impaired|sighted]",
            "(sight|hearing|visually|partially) [impaired|sighted]",
            "(hard) of [hearing]",
            "(unpaid|full time|sole|her|his|my|main) [carer] (for|of)",
        ),
        unless=r"(?:blind|deaf) (?:spot|ear|eye|to|date|taste)|roller blinds?|colou?r[- ]blind|turn(?:ed|ing)? a "
        r"(?:blind|deaf)|disabled (?:my|the|your|its|by|after|account|card|feature|because you|from)|"
        r"(?:account|card|app|login|feature|button|link|service|comments|cookies|profile|page|number|sim|wifi|"
        r"bluetooth|javascript) (?:\w+ ){0,3}disabled|vulnerable to|"
        r"cancer (?:research|charity)|heart attack when i saw|"
        r"(?:nearly|almost|practically) (?:gave|given|had|having) (?:\w+ )?a heart attack|"
        r"\bblind (?:at|behind|in front of) (?:my|the) screen|\bdark mode\b[^.!?]{0,20}\bblind|"
        r"\bthe blind (?:in|on|won't)\b|pregnant pause|(?:giving|gives|gave|give) me (?:\w+ "
        r")?(?:anxiety|depression|ptsd|cancer)",
        fires=(
            "I am disabled and the lift has been out for a month.",
            "My wife has dementia and your driver left her at the wrong door.",
            "I'm seven months pregnant and was made to stand.",
        ),
        silent=(
            "You disabled my account.",
            "The app nearly gave me a heart attack with that balance.",
            "With dark mode on I am blind, it is grey on grey.",
            "Neither of us is disabled.",
            "Your system is vulnerable to attack.",
            "They turned a blind eye.",
        ),
    ),
    Rule(
        name="vulnerable.bereaved",
        flag=FlagName.VULNERABLE,
        says="Somebody bereaved is affected.",
        claim=Claim.EVENT,
        phrases=(
            "(@own) (late) [husband|wife|mother|father|mum|dad|son|daughter|brother|sister|partner|grandmother|"
            "grandfather|nan|uncle|aunt]",
            "@own @kin (@be|has|had|have|sadly|recently|suddenly)? (just|recently|sadly|suddenly)? [died|dies]",
            "@own @kin (has|had|have|sadly|recently|suddenly)? (just|recently|sadly|suddenly)? passed [away]",
            "@own @kin [death|passing]",
            "[death|passing] of (my|our|his|her) @kin",
            "(recently|been|am|newly|is|are|was|the) [bereaved|widowed|grieving|bereavement]",
            "[bereavement|grieving] (and|because|for|team|department|is|process|my|our|family)",
            "(lost) (my|our|his|her) [husband|wife|mother|father|mum|dad|son|daughter|brother|sister|partner|baby|"
            "nan|child] (to|in|last|on|this|two|three|six|suddenly|a|at|recently|and)?",
            "(my|our|his|her|arranging|attend|attending|missed|the|for|at|a) (@kin|late husband's|mother's|father's|"
            "husband's|wife's|son's|daughter's|mum's|dad's|nan's|brother's|sister's)? [funeral]",
            "(i|she|he) (am|is|was|i'm) a [widow|widower]",
        ),
        unless=r"lost (?:my|our|his|her) \w+(?:'s)? (?:luggage|parcel|bag|card|phone|coat|case|suitcase|seat|order|toy|"
        r"ticket)|lost (?:my|our) (?:son|daughter|child) (?:in|at) (?:the|your) (?:store|shop|park)",
        fires=(
            "My husband died in March and you still write to him.",
            "You charged my late mother's account.",
            "I missed my brother's funeral because of the cancellation.",
        ),
        silent=(
            "You lost my mother's luggage.",
            "My phone died.",
            "None of my family has passed away, whatever your letter says.",
        ),
    ),
    Rule(
        name="vulnerable.small_child",
        flag=FlagName.VULNERABLE,
        says="A baby or small child is harmed or goes without something needed.",
        claim=Claim.EVENT,
        phrases=(
            "the (new|little|poor)? [baby|toddler|babies|twins|newborn]",
            "(@own|a|an|small|young|two|three|tiny|with|#small) (#small|premature|tiny|small|little|young)? (week|"
            "weeks|month|months|year)? (old)? [baby|babies|newborn|toddler|toddlers|infant|twins|newborns]",
            "(small|young|little|tiny|#small) [children|kids|child|ones]",
            "#small (week|month|year) [old] (son|daughter|child|twins|boy|girl|baby|grandson|granddaughter|"
            "grandchild|niece|nephew|is|was|had|has|in|who|with|to|and|at|sat|crying|cried)?",
            "[baby|newborn|toddler] (formula|milk|food)",
        ),
        needs=r"\b(?:no (?:hot |clean |running |drinking )?(?:heat|heating|water|food|formula|electric\w*|power|gas|"
        r"milk|bed|seat|medicine|roof|money|toilet|nappies|light|way)|without|freezing|cold|hungry|crying|cried|"
        r"scared|frightened|terrified|burn\w*|hurt|injur\w*|"
        r"ill|sick|stranded|evict\w*|homeless|damp|mould|stuck|alone|unsafe|danger\w*|shiver\w*|rash|chok\w*|fell|"
        r"hospital|starv\w*|cut (?:off|us off)|nothing to eat|floor|rats?|mice|in tears|soaked|in the (?:dark|rain|"
        r"cold)|bit|bitten|wheez\w*|broken|waited|waiting|hours|infections?|cough\w*|asthma\w*|poorly|unwell|"
        r"chemical|torn)\b",
        fires=(
            "We have a newborn and no heating.",
            "My 3-year-old was stranded with me on a freezing platform.",
        ),
        silent=(
            "We bought the pram for our newborn and love it.",
            "Is the seat free for a two year old child?",
        ),
    ),
)
