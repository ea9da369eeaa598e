"""Harm to people: injuries, burns, illness, wrong medicine, assault, death."""

from __future__ import annotations

from amends.domain.verdict import FlagName
from triage.rules.rule import Claim, Rule

_BODY = (
    "hand|hands|finger|fingers|thumb|arm|arms|wrist|elbow|shoulder|face|leg|legs|knee|ankle|foot|feet|toe|toes|mouth|"
    "tongue|skin|eye|eyes|ear|head|scalp|hair|back|neck|hip|ribs|rib|nose|tooth|teeth|lip|lips|chest|stomach|thigh|"
    "palm|"
    "collarbone|pelvis|skull|jaw|spine"
)
_ME = (
    "me|my|him|his|her|us|them|our|their|my son|my daughter|my mother|my mum|my dad|my father|my wife|my husband|my "
    "child"
)
_WHO = (
    "@i|@kin|someone|somebody|people|person|passenger|passengers|customer|customers|pedestrian|resident|patient|"
    "pupil|who|passer by"
)
_NOT_BODILY = (
    r"(?:cut|cutting) (?:myself|himself|herself|themselves) (?:off|short|out|loose|down|back)|hurt (?:\w+ "
    r")?(?:feelings|pride|ego|business|reputation|sales|brand|credit|score|wallet|pocket|by (?:this|the|"
    r"your) (?:attitude|tone|"
    r"comment|remark|words))|(?:feel|felt|feeling|deeply) hurt|hurt that|hurts? (?:to|my soul|my heart)|hurt my "
    r"(?:soul|heart)|"
    r"added? insult to injury|insult to injury|broke (?:the bank|my heart)|injury time|injury list|injured (?:player|"
    r"list|reserve)"
)

RULES = (
    Rule(
        name="safety.burned",
        flag=FlagName.SAFETY,
        says="A person was burned or scalded.",
        claim=Claim.EVENT,
        recent=True,
        phrases=(
            "[boiling|scalding] (hot)? (water|oil|soup|tea|coffee|liquid|fat|steam) _5 (over|on|onto|down) (me|my|"
            "him|his|her|our|the baby|us)",
            "@own @kin _3 [burned|burnt|scalded|singed|blistered]",
            "(i|we|he|she|they|who|someone|baby|toddler) (@be)? (badly|severely|seriously|also)? [burned|burnt|"
            "scalded] (by|on|my|his|her|our|their|badly|from|myself|himself|herself|so|with|when|and|as|while)",
            f"[burned|burnt|burning|burns|burn|scalded|scalding|singed|blistered] @own _1 ({_BODY}|@kin)",
            "[burned|burnt|scalded|scalding] (me|him|us|them|myself|himself|herself|a child|a customer|a passenger)",
            "(second|third|first|2nd|3rd|1st|severe|serious|chemical|bad|nasty|minor|friction|painful|acid|steam|"
            "with|has|have|had|suffered|got) "
            "(degree|painful|serious|severe|minor)? [burn|burns] (to|on|from|all|across|after|because|that|and)?",
            f"[burns|burn] (to|on) (my|his|her|our|the|their) ({_BODY}|@kin)",
        ),
        unless=r"burn(?:ed|t|ing|s)? (?:through|out|bridges?|a hole|calories|cd|dvd|disc|money|cash)|heart ?burn|"
        r"(?:slow|sick) burn|"
        r"burn(?:ed|t) (?:toast|food|pizza|chicken|offering|to a crisp)",
        fires=(
            "My daughter was burned by the kettle.",
            "Boiling water scalded my hand because the lid came off.",
            "He has second degree burns on his leg from your heater.",
        ),
        silent=(
            "No one was burned.",
            "If it had a fault, could my daughter be burned?",
            "I burned through my data allowance in a day.",
            "The pizza arrived burnt.",
        ),
    ),
    Rule(
        name="safety.injured",
        flag=FlagName.SAFETY,
        says="A person was injured, fell, or needed an ambulance or a hospital.",
        claim=Claim.EVENT,
        recent=True,
        phrases=(
            "(lady|man|woman|someone|child|person|i|he|she|pensioner|resident|people|@kin) (has|had|have|also|"
            "already|nearly)? (badly|just)? [fell|fallen|tripped|slipped] (there|here|over|down|on|last|yesterday|"
            "off|because|again|at|into|into|outside|from|heavily|badly|flat|the)",
            f"({_WHO}) (@be|'m|ended up|could have|has been|have been|had been) (being|been)? (badly|seriously|"
            f"slightly|physically|"
            "quite|also)? "
            "[injured|hurt|wounded|hospitalised|hospitalized|concussed|maimed|crushed|trampled|poisoned|suffocated|"
            "trapped|bitten|electrocuted|impaled|blinded]",
            "[broke|broken|fractured|injured|hurt|cut|sprained|dislocated|sliced|gashed|bruised|twisted|chipped|"
            "banged|cracked|trapped|crushed|bit] (@own|her own|his own|my own) (left|right|front|lower|upper|little|"
            f"index)? ({_BODY})",
            f"(a|with a|his|her|my) [broken|fractured|dislocated|sprained|crushed|bruised] (left|right)? ({_BODY})",
            "[injured|hurt|cut|hit|struck|knocked] (myself|himself|herself|themselves|a "
            "child|a passenger|my @kin|@own @child)",
            "[injured|hurt|hit|struck|trapped|crushed] (my|his|her|our) (@kin)",
            "(suffered|sustained|caused|causing|received|resulting in|resulted in|got|with|serious|head|back|eye|"
            "neck|nasty|facial|leg|knee|my|his|her) "
            "(a|an|serious|severe|nasty|minor|his|her|my|head|back|leg|facial)? [injury|injuries|concussion|whiplash|"
            "stitches]",
            "[injured] (by|in|on|when|because|while|during|as|after|due|at)",
            "[slipped|tripped|fell|fallen] (and|over|on|down|off|through|into|from) _4 (stairs|steps|floor|pavement|"
            "ladder|escalator|hole|pothole|kerb|platform|"
            "cable|paving|slab|ice|puddle|manhole|wet|spillage|lift|hurt|broke|bruised|cut|hit|injured|landed|banged|"
            "twisted|fractured)",
            "[spent|sat|waited|waiting|ended|rushed|taken|went|landed|back|sent|off|night|hours|trip|visit|"
            "straight] _4 (in|to|at) a&e",
            "(needed|needs|needing|had|got|have|having) (to have)? (@number|some)? [stitches]",
            "[banged|bumped|bashed|cracked|knocked|smacked|hit] (@own|the back of my|her own|his own) _1 (head|"
            "face|teeth|tooth|chin|forehead|knee)",
            "(taken|rushed|ended up|admitted|sent|landed|put|night|nights|days|week) _4 (to|in|at) (the|a)? "
            "[hospital|casualty|intensive]",
            "[ambulance|paramedics|paramedic] (was|were|had|came|called|crew|took|arrived|never|took|to|because|and|"
            "for)",
            "(call|called|needed|waiting|waited|wait|calling|need|an|the) _4 (an|the|for) [ambulance]",
            "(shelf|shelves|tile|tiles|slate|sign|chair|bed|ladder|swing|bunk bed|cabinet|wardrobe|light fitting|"
            "plaster|radiator|tv|mirror|lounger) _2 [collapsed|snapped|broke|fell|came|tipped|gave] _4 (on|onto|"
            "under|over|beneath|while|with|in) (me|us|him|her|my @kin|@own @kin|i|we|he|she|the baby|the cot)",
            "(ceiling|roof|wall|balcony|scaffolding|scaffold|staircase|stairs|lift|bridge|masonry) (has|had|"
            "partially|suddenly|just|have)? "
            "[collapsed|collapsing|caved|fell|fallen|falling|plunged|tipped] (in|down|on|onto|over|under|through|and|"
            "while|while|with|off)",
            "(knocked|fell|found|passed out|was|became|lay|left|beaten) _1 [unconscious]",
            "[bleeding|bled] (from|heavily|badly|profusely|all|for|everywhere|head|nose|lip)",
        ),
        unless=_NOT_BODILY
        + r"|trapped (?:in|into|by) (?:\w+ ){0,4}(?:contracts?|loops?|menus?|deal|tariff|chat\w*|subscription|plans?)\b"
        r"|crushed (?:that|by the (?:news|decision))|crushed when the toy|hurt (?:and|"
        r"but) (?:very )?(?:disappointed|upset|angry)|"
        r"hurt by (?:this|the|these|your) (?:change|cuts?|fees?|decision|closure)"
        r"|poisoned (?:against|by your)"
        r"|(?:fell|fall|fallen) off (?:the|your) (?:waiting )?list|nearly fell off my (?:chair|seat)|fell (?:over|"
        r"about) laughing|rabbit hole|slipped (?:into the|over to|past|in(?:to)? (?:your|a) )|tripped over (?:the|"
        r"his|her|my|your) (?:words?|wording|form|small print)"
        r"|eyes (?:are |were )?bleeding (?:from|at) (?:this|the|your) (?:font|page|design)|"
        r"late because of an ambulance|over for an ambulance|(?:behind|past|"
        r"let) an ambulance|ambulance (?:was|is) parked"
        r"|cut (?:my|his|her|our|their) hair\b"
        r"|(?:sofa|chair|table|bed|doll|puppet|teapot|toy|statue|figurine) (?:arrived |came |"
        r"was delivered )?(?:with|has|had) (?:a |one |two )?broken|broken (?:leg|arm|"
        r"back|foot) (?:on|of) the (?:table|chair|sofa|bed|desk)"
        r"|(?:my|our|his|her|their) (?:back|front|head|hip|tooth|toe|nose|hand|ear|face|eye|mouth|elbow) (?:gate|"
        r"door|window|garden|lawn|hedge|fence|wall|yard|lights?|mug|set|flask|brush|bag|rest|rail|board)\b"
        + r"|\bcut (?:\w+ ){1,4}off\b|\bcut (?:my|his|her|their) (?:own )?(?:arms|wrists|legs)\b|\bwho hurt (?:you|him|"
        r"her)\b|\b(?:he|she|i|they|we|you)'d get (?:hurt|injured)|bitten through|stitches out|your ambulance crew|"
        r"no harm (?:but|done)|"
        r"hospital (?:appointment|parking|radio|job|shop|food|tv|app|staff were|visit to see)|"
        r"ambulance (?:service )?(?:job|vacanc|volunteer)|"
        r"prices? (?:have |has )?(?:fell|fallen)|fell (?:through|into place|apart|asleep|short|in love|behind)|fell "
        r"for|\b(?:pen|ink|dye|colours?|biro|marker)\b[^.!?]{0,30}\bbled|\bwho did (?:i|we) hurt\b",
        fires=(
            "My son was hurt when the swing snapped.",
            "I slipped on the wet floor by the tills and broke my wrist.",
            "She ended up in hospital with a head injury.",
            "The ceiling fell down while we were in bed.",
        ),
        silent=(
            "Nobody was hurt.",
            "He could be hurt one day.",
            "That remark hurt my feelings.",
            "You cut my sister off over £9.",
            "I can't come on the 19th, as my husband has been taken into hospital.",
            "To add insult to injury the tea was cold.",
        ),
    ),
    Rule(
        name="safety.ill",
        flag=FlagName.SAFETY,
        says="A person was made ill, or had an allergic reaction or dangerous food.",
        claim=Claim.EVENT,
        recent=True,
        phrases=(
            "[allergy|allergies|allergic] _5 (given|handed|served|fed|ate|eaten)",
            "(lips|throat|face|tongue|eyes|mouth|airway|hands) _2 [swelled|swollen|swelling]",
            "[rash|hives|welts|blisters] _2 (all over|on my|on his|on her|after|across|over my|up my)",
            "(i|he|she|people|someone|passengers|@kin|woman|man|lady|two) (@be|have|has|had)? (nearly|almost)? "
            "[fainted|fainting]",
            "food [poisoning]",
            "[allergic] reaction",
            "(went|gone|going|go) into [anaphylaxis|anaphylactic]",
            "(had|has|suffered|suffering|having|with|a) _1 [anaphylaxis|anaphylactic|seizure|sepsis|salmonella|"
            "hypothermia|legionnaires|legionella]",
            "(made|making|makes|been|fell|was|were|became|become|got|taken) _2 (very|really|violently|seriously|"
            "extremely|all|both|quite)? "
            "[ill|sick|unwell|poorly] (after|from|because|when|since|by eating|with food|with sickness|as a result|"
            "and|the next|that night|for days|by)",
            f"(made|making|makes) ({_ME}|the children|everyone|people|my @kin) (very|really|violently|seriously|so|"
            "all|extremely|both)? [ill|unwell|poorly]",
            "(made) (me|us|him|her|them|my son|my daughter|the children) (very|really|violently|seriously|all|both|"
            "physically) [sick]",
            "[vomiting|vomited|vomit] (all|for|after|blood|and|since|because|repeatedly|everywhere|through|within)",
            "[glass|needle|blade|screw|nail|staple|maggots|maggot|mould|plastic|metal] _2 (in|inside) (my|our|the|"
            "his|her|a|your) _4 (pie|fish|nuggets|muffin|roll|food|soup|salad|bread|meal|"
            "sandwich|drink|burger|yoghurt|yogurt|cereal|jar|pasta|curry|pizza|cake|chocolate|dinner|rice|milk|"
            "formula|crisps|wrap|chicken|bottle|tin|packet|starter|dessert)",
            "(bit on|bit into|bit down on|swallowed|biting|chewed) _3 [glass|needle|blade|screw|nail|metal|stone|wire]",
            "(found|finding) _3 [glass|needle|blade|screw|nail|metal] (in|inside) (my|his|her|our|their|your|the baby)",
            "(lost|broke|chipped|cracked) (a|my|his|her|two|three) _1 [tooth|teeth|filling|crown] _2 (on|in|from|"
            "biting|eating)",
            "(mould|damp|mold|fumes|dust|smoke|chemical|chemicals) _6 [asthma|breathing|lungs|chest|cough|coughing|"
            "breathe|inhaler|pneumonia]",
            "[asthma|breathing] _6 (mould|damp|mold|fumes)",
            "raw [sewage]",
            "[sewage] (coming|flooding|flooded|leaking|backing|in|all|through|is|has|on)",
            "(toxic|poisonous|noxious) [fumes|smoke|chemicals|gas|substance]",
            "(exposed|exposure|disturbed|loose|damaged|found|broken|live) _2 [asbestos]",
        ),
        unless=r"been ill and forgot|sick (?:of|and tired|joke)|made me sick to (?:see|"
        r"think|read)|sick (?:pay|note|leave|day)|stained "
        r"glass|glass of|allergic reaction to (?:hard work|paying)",
        fires=(
            "Four of us had food poisoning after the carvery.",
            "My nephew had an allergic reaction because the label left out nuts.",
            "There was glass in my soup.",
            "Raw sewage is coming up through the shower tray.",
        ),
        silent=(
            "I am sick of waiting.",
            "Can this cream cause an allergic reaction?",
            "There was no glass in the soup, only ice.",
        ),
    ),
    Rule(
        name="safety.medicine",
        flag=FlagName.SAFETY,
        says="Medical danger: wrong medicine or dose, a missed diagnosis, urgent care withheld.",
        claim=Claim.EVENT,
        recent=True,
        phrases=(
            "(neighbour's|someone elses|another person's|other person's|stranger's|wrong patient's) [tablets|"
            "medication|medicine|pills|prescription|insulin]",
            "(ten|twice|double|three|five|four|wrong|higher|stronger|much) (times|the|than)? _2 (usual|normal|"
            "prescribed|correct|right|recommended) [strength|dose|dosage]",
            "(on|in) (a|the) (hospital)? [trolley|corridor|corridors] _4 (hours|hrs|night|days|overnight|all)",
            "(wrong|incorrect|expired|out of date|double|contaminated|someone else's|another patient's|twice the|ten "
            "times the) "
            "(dose of|strength|child's|type of)? [medication|medicine|medicines|tablets|dose|dosage|drugs|drug|"
            "injection|vaccine|insulin|pills|blood|prescription]",
            "[overdose|overdosed] (of|on|because|by|after|due)",
            "[misdiagnosed|misdiagnosis]",
            "(missed|failed to spot|failed to diagnose|didn't spot|didn't notice|ignored|dismissed) _3 [cancer|"
            "stroke|sepsis|tumour|fracture|appendicitis|meningitis|pneumonia|symptoms|clot|embolism]",
            "(chest) [pain|pains] (and|for|but|since|was|were|while|ignored|dismissed)",
            "(operated|operation|surgery) on the [wrong] (leg|eye|knee|side|arm|hip|patient|foot|hand)",
            "(left|waiting|waited|lying|lay|sat) _4 (in|with) (severe|agonising|excruciating|terrible|so much|"
            "extreme|agony|great) _1 [pain|agony]",
            "[oxygen|dialysis|ventilator|nebuliser|defibrillator|epipen|epipens] (supply|machine|was|is|has|cylinder|"
            "pump)? (has|was|is)? (failed|ran out|stopped|empty|not working|broke|cut off|not delivered|faulty|"
            "didn't work)",
        ),
        unless=r"(?:pain|agony) of (?:listening|watching|waiting|reading)|wrong prescription (?:glasses|lenses)",
        fires=(
            "The pharmacy gave my father the wrong tablets.",
            "Your doctor misdiagnosed my sister twice.",
            "I was left lying on a trolley in severe pain for nine hours.",
        ),
        silent=(
            "The tablets were not the wrong dose after all.",
            "What if I take the wrong dose?",
            "The agony of listening to your hold music!",
        ),
    ),
    Rule(
        name="safety.assault",
        flag=FlagName.SAFETY,
        says="Somebody was attacked, hit, threatened with violence or sexually harassed.",
        claim=Claim.EVENT,
        recent=True,
        phrases=(
            "[assaulted|attacked|punched|kicked|slapped|pushed|shoved|grabbed|headbutted|manhandled|restrained|"
            "strangled|groped|molested|spat|hit|struck|stabbed|raped] (at|on)? (me|him|us|them|my @kin|@own @kin|a "
            "customer|a passenger)",
            "[assaulted|attacked|punched|kicked|slapped|pushed|shoved|grabbed|manhandled|groped] (my|his|her|our) "
            f"(@kin|{_BODY})",
            f"({_WHO}) (was|were|been|got|being|has been|have been) (physically|sexually|violently|nearly|badly|"
            "racially)? [assaulted|attacked|punched|kicked|slapped|pushed|shoved|grabbed|headbutted|beaten|mugged|"
            "raped|groped|molested|stabbed|bitten|strangled|spat]",
            "(physically|sexually|indecently) [assaulted|attacked|abused|harassed]",
            "(sexual|physical|indecent|serious|violent) [assault|assaults|harassment|violence]",
            "[threatened|threatens|threatening] (to)? (hit|kill|hurt|punch|beat|stab|attack|batter|smash|me with "
            "violence|me with a|him with a|us with violence)",
            "(dog|dogs) (has|had)? [bit|bitten|attacked|mauled] (me|my|him|her|our|a)",
        ),
        unless=r"slapped (?:\w+ )?with (?:a|an) (?:\w+ )?(?:fine|fee|charge|bill|penalty)|beaten to (?:it|"
        r"the (?:last|post))|"
        r"attacked on (?:your|the) (?:forum|page|app)|in (?:your|the|a) (?:video game|haunted house|escape room)|"
        r"pushed (?:me|us|him|her) (?:onto (?:a|the|another) (?:\w+ )?(?:tariff|plan|contract|deal|price)|"
        r"to the point)|"
        r"(?:hit|struck|kicked|"
        r"attacked|slapped) (?:me|us|him|my \w+) (?:with|by) (?:a |an |the |another "
        r")?(?:\w+ )?(?:fee|fees|charge|charges|bill|price|cost|fine|interest|penalt\w+|that)|hit (?:me|us) up|"
        r"it (?:hit|struck) me|(?:pushed|kicked) (?:me |us |him |her )?(?:back|out|off|to the (?:back|end)|from|"
        r"around|towards?|into (?:buying|signing|taking)|to (?:buy|sign|take))|"
        r"grabbed (?:me )?(?:a |my attention|our attention)",
        fires=(
            "Your doorman punched me in the face.",
            "My brother was attacked by the guard at the gate.",
            "The driver threatened to hit me.",
        ),
        silent=(
            "They hit me with another charge of £5.",
            "No passenger was attacked.",
            "It struck me that the shop was closed.",
        ),
    ),
    Rule(
        name="safety.death",
        flag=FlagName.SAFETY,
        says="A person died, and the writer ties the death to what happened.",
        claim=Claim.EVENT,
        recent=True,
        phrases=(
            "(@kin|patient|resident|man|woman|person|he|she|someone|people) (has|had|have|later|sadly)? [died|dies] "
            "(because|as a result|due|after your|after the|after being|after you|while waiting|"
            "waiting|in your care|on your ward|in your home|alone|from the|from your|under your care|needlessly|"
            "unnecessarily|days after)",
            "[killed] (by your|by a|by the|my @kin|@own @kin|him|her|a man|a woman|a child|someone|people|because|"
            "when your|in your)",
            "(caused|causing|led to|contributed to|responsible for|blame for) _2 [death] (of)?",
            "[stillborn|stillbirth|miscarriage|miscarried] (because|after|as a result|due|when|following|in your|on)",
        ),
        unless=r"(?:phone|battery|laptop|car|signal|line|app|screen|tv|router|plants?|fish|flowers?|dog|cat|puppy) "
        r"(?:\w+ )?(?:died|dies|is dead)|killed (?:my|the) (?:battery|phone|mood|vibe|lawn|plants?|grass)",
        fires=(
            "My mother died because the ambulance was sent to the wrong town.",
            "He was killed by your lorry.",
        ),
        silent=(
            "My phone died after your update.",
            "My grandfather died last year; how do I close his account?",
        ),
    ),
)
