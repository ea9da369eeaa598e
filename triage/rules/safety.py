"""Danger: fire, gas, electricity, and things that could have killed."""

from __future__ import annotations

from amends.domain.verdict import FlagName
from triage.rules.rule import Claim, Rule

_DEVICE = (
    "it|toaster|kettle|charger|battery|plug|socket|boiler|oven|cooker|hob|grill|fryer|dryer|drier|washer|machine|"
    "dishwasher|fridge|freezer|heater|radiator|blanket|iron|straighteners|hairdryer|lamp|light|bulb|fuse box|fusebox|"
    "extension lead|lead|cable|wire|adapter|adaptor|phone|laptop|tablet|scooter|bike|ebike|car|van|bus|engine|"
    "microwave|"
    "television|tv|meter|alternator|vape|candle|powerbank|power bank|toy|monitor|cot|bottle|can|lid|product|item|"
    "unit|tyre"
)

RULES = (
    Rule(
        name="safety.fire",
        flag=FlagName.SAFETY,
        says="Something burned, smoked, melted or exploded, or the fire service had to come.",
        claim=Claim.EVENT,
        recent=True,
        phrases=(
            "[caught|catches|catching] (on)? fire",
            "[burst|bursting|erupted|went up] (into|in) flames",
            "[set] _4 (on fire|alight|fire to)",
            f"({_DEVICE}) (is|was|were|are) _1 on [fire]",
            "(a|small|kitchen|electrical|electric|house|chip pan|serious|big|the) [fire] (in|broke out|started|at|"
            "damaged|destroyed|happened)",
            "(there was|had|caused|causing|started|starting|cause) (a|an) (small|kitchen|electrical|house|serious)? "
            "[fire]",
            "(call|called|calling|ring|rang) _2 [fire] (brigade|service|engine|department)",
            "[fire] (brigade|service|engine|crew) (had|came|was|were|attended|arrived|evacuated|said|told)",
            "[smoke|flames] (was|were|is|are)? (coming|pouring|billowing|came|poured|shooting|shot) (from|out|off)",
            f"({_DEVICE}) (has|had|have)? (started|began|starts|was|is|were|keeps|kept|literally)? (to)? "
            "[smoking|sparking|smouldering|melted|melting|exploded|exploding|explodes|ignited|overheated|overheating|"
            "overheats]",
            f"({_DEVICE}) (has|had)? [blew|blown] up",
            "[sparks] (were|are|was)? (coming|came|flying|flew|shot|shooting) (from|out|off|everywhere)",
            "(smell|smells|smelt|smelled|smelling) (of|like)? [burning]",
            "[burning] (plastic|electrical|rubbery)? (smell|smells|stink)",
            "(house|home|flat|kitchen|shed|garage|van|car|bedroom|building|room) (has|had|have)? (nearly|almost|"
            "all)? [burnt|burned|burning] (down|out|to the ground)",
            "(full of|filled with|thick with|filling with) (black|thick)? [smoke]",
            "[left|leaves|leaving] _2 (gas|hob|cooker|ring|oven) (on|unlit|uncapped|unsafe|turned on)",
            "[went|gone|go] _2 (on|up in) (fire|flames|smoke) ",
        ),
        unless=(
            r"explod\w+ (?:with|in popularity|onto)|(?:phone|inbox|notifications|twitter|mentions|page) (?:has |is )?"
            r"(?:blew|blown|blowing|exploding|exploded)|on fire (?:today|tonight|lately|this (?:week|season|year))|"
            r"fire sale|"
            r"blow\w* (?:me|it|this|them) up (?:on|all)|candles? (?:smell|burn)|fire (?:door|alarm|drill|"
            r"extinguisher)(?! (?:was|is|did|does|had|has|were|wouldn|never|not|failed|silent|broken|locked|"
            r"blocked|went|goes))|(?:sat|sit|sitting|seats?|table|cosy|warm) (?:\w+ )?(?:by|round|around|beside|"
            r"near) (?:the |a |your )?fire\b|(?:open|log|coal) fire\b|"
            r"fire in the (?:grate|hearth|fireplace)|smoking hot|burning (?:toast|leaves|wood|"
            r"incense)|(?:cake|pizza|candle|toast) smell(?:s|ed|t)? of burning|cat (?:\w+ ){0,3}tree|"
            r"(?:toy|wooden|lego) fire engine"
        ),
        fires=(
            "The tumble dryer caught fire while we were asleep.",
            "Sparks came out of the socket when your engineer left.",
            "There was a small fire in the fuse box.",
            "We had to call the fire brigade because of your heater.",
        ),
        silent=(
            "The toaster did not catch fire.",
            "The toy fire engine arrived with a wheel off.",
            "What happens if the battery caught fire on a plane?",
            "You guys are on fire today, brilliant show!",
            "My inbox exploded with offers.",
        ),
    ),
    Rule(
        name="safety.gas",
        flag=FlagName.SAFETY,
        says="Gas or carbon monoxide escapes, or somebody smells it; a suspicion is enough.",
        claim=Claim.DANGER,
        recent=True,
        phrases=(
            "[gas] (leak|leaks|leaking|leaked|escape|escaping|escaped)",
            "[leak|leaking|leaks|leaked] (of|in the)? gas",
            "(smell|smelt|smelled|smelling|smells|stink|stinks|stank|reek|reeks|whiff) (of|like|strongly of)? _1 [gas]",
            "[gas] (smell|fumes)",
            "[monoxide] (leak|leaking|poisoning|detected|levels|symptoms|coming|in the)",
            "[monoxide] (alarm|detector) (went|keeps|is|was|has|goes|going)",
            "(leak|leaking|leaked|exposed|poisoned|levels|high|detected|giving off|emitting) _3 [monoxide]",
        ),
        unless=r"tear gas|gas (?:leak|safety) (?:course|training|certificate|check (?:appointment|booking))",
        fires=(
            "I can smell gas in the hallway and nobody has come.",
            "There might be a gas leak after your fitter moved the meter.",
            "Our carbon monoxide alarm keeps going off since the service.",
        ),
        silent=(
            "The engineer confirmed there was no gas leak.",
            "What should I do if I smell gas?",
            "Do you sell carbon monoxide alarms?",
        ),
    ),
    Rule(
        name="safety.electric",
        flag=FlagName.SAFETY,
        says="Somebody had an electric shock, or live parts are exposed.",
        claim=Claim.DANGER,
        recent=True,
        phrases=(
            "[wires|wiring|cables|wire] (can be seen|are visible|is visible|showing|are showing|on show|sticking)",
            "(exposed|bare|live|loose|hanging|dangling) (live|electrical|electric|mains)? [wire|wires|wiring|cable|"
            "cables]",
            "[wires|wiring|cables] (is|are|was|were|left)? (exposed|hanging out|bare|dangling|sticking out)",
            "(electric|electrical|nasty|huge) [shock|shocks] (from|off|when|as|while|and|to|by|every|the)?",
            "(got|received|gave|given|had|get|getting|gives|suffered) _3 [shock|shocks] (off|from) (the|my|your|its|"
            "touching|it)",
            "[electrocuted]",
            "[shocked] (by|off) the (plug|socket|charger|kettle|switch|cable|cooker|shower|appliance|radiator)",
        ),
        unless=r"(?<!electric )shock (?:when|to|at) (?:\w+ ){0,4}(?:bill|price|cost|invoice|statement"
        r"|letter|total|charge)|culture shock|(?:shock|shocked) (?:from|by) (?:the )?(?:price|bill|news|cost)",
        fires=(
            "My wife got an electric shock from the shower you fitted.",
            "Your contractor left live wires hanging out of the wall.",
        ),
        silent=(
            "I was shocked by the price.",
            "Nobody received an electric shock, I am glad to say.",
            "Getting the bill was a shock from start to finish.",
        ),
    ),
    Rule(
        name="safety.danger",
        flag=FlagName.SAFETY,
        says="The writer says that something is dangerous, unsafe, or puts people at risk.",
        claim=Claim.EVENT,
        recent=True,
        phrases=(
            "fire (exit|exits|door|doors|escape|escapes) (is|are|was|were|has been|have been|being|always|"
            "permanently)? _2 [blocked|locked|obstructed|chained|wedged]",
            "[blocks|blocked|blocking|locks|obstructing|obstructed] _2 fire (exit|exits|door|doors|escape|escapes)",
            "(no|without|missing) [seatbelts|seatbelt|handrail|smoke alarm]",
            "driver (was|is|kept|been|spent|on)? _3 (on his|on her|on the|using his|using her|looking at his|texting|"
            "holding his) (mobile)? [phone|mobile] (while|whilst|when|the whole|all the|and|at the|with|as|at|"
            "throughout|for)?",
            "(is|are|was|were|it's|very|extremely|so|really|potentially|downright|incredibly|highly|and|a|in|an|this) "
            "[dangerous|unsafe|hazardous|lethal]",
            "(could|might|may|can) (be|have been) (very|extremely|quite|really|so)? [dangerous|fatal|lethal|deadly]",
            "[dangerously] (low|high|hot|close|loose|fast|overloaded|overcrowded|unsafe|wired|fitted|parked|driving)",
            "(driving|drove|drives|parked) [dangerously]",
            "(driver|he|she|pilot|carer) (was|had|kept)? (falling|fallen|fell|nodding) [asleep|off] (at|"
            "behind) the wheel",
            "(driver|he|she|bus|van|coach|taxi|lorry) _2 (jumped|ran|through|skipped|jumping) (through)? (a|"
            "the)? [red] (light|lights)",
            "(driver|he|she|courier) (was|is|kept) _1 [texting|filming|videoing|scrolling|facetiming] _3 (driving|"
            "wheel|drove)",
            "(smoke|co|carbon monoxide|fire) [alarm|alarms|detector|detectors] _3 (doesn't|doesnt|don't|didn't|"
            "didnt|not|never|wouldn't) (work|working|go off|sound|ring|fitted|been)",
            "(no|without) _1 (smoke|co|carbon monoxide) [alarm|alarms|detector|detectors]",
            "(seat)? [belt|belts|seatbelt|seatbelts] _1 (broken|missing|doesn't|doesnt|don't|didn't|wouldn't|jammed)",
            "[accident] waiting to happen",
            "(someone|somebody|a child|people|one of us) (is|are|will|'s|gonna)? (going to|gonna)? (be|"
            "get) [killed|hurt|injured]",
            "[death] trap",
            "(fire|safety|trip|choking|health|tripping|serious|real|major) [hazard]",
            "[risk] (of|to) (serious|real|our|my|his|her|public)? (injury|fire|life|limb|electrocution|explosion|"
            "children|"
            "child|health|death|falling|collapse|choking|safety)",
            "(put|puts|putting) _5 (at|in) (serious|real|grave|great|danger|immediate)? [risk|danger|jeopardy]",
            "(put|puts|putting|risking|risked|endangered|endangering) _3 [lives|life] (at|in)?",
            "[endangered|endangering|endangers|endanger] (my|our|his|her|the|people|lives|children|passengers|public|"
            "everyone)",
            "(in|a|real|serious|constant|immediate) [danger] (to|of|from|because|every|for)",
            "(not|isn't|wasn't|aren't|doesn't feel|don't feel|didn't feel|hardly|never felt) (very|at all|remotely|a|"
            "felt)? [safe] "
            "(to|for|at|in|here|there|on|and|with|place|environment)",
            "[brakes|brake|steering|airbag|airbags|seatbelt] (completely|suddenly)? (failed|fail|failing|snapped|"
            "locked|gave way|went|"
            "don't work|doesn't work|didn't work|not working|stopped working)",
        ),
        unless=r"(?:spoke|speak|talk\w*|hold of) (?:\w+ ){0,3}driver on (?:the|his|her) phone|on the phone (?:to|"
        r"with) (?:me|us)|"
        r"puts?(?:ting)? (?:my|our|his|her|the|your) (?:\w+ )?(?:booking|job|credit|rating|order|deposit|holiday|"
        r"business|account|"
        r"money|visa|place|degree|mortgage|reputation|sale|data) (?:at|in) |safe (?:\w+ ){0,4}(?:assume|"
        r"payment|share|checkout|trust)|dangerous (?:for my|amount|to trust)|(?:comfortable|good|tasty|"
        r"cheap) it's dangerous|charges? are lethal|seatbelt (?:sign|extender)|death trap of|risk to (?:my|"
        r"your) credit|dangerous(?:ly)? (?:delicious|good|moreish|close to|addictive)|safe (?:to "
        r"say|bet)|at risk of (?:losing|missing)|"
        r"safe (?:to )?(?:pay|shop|order|buy|log|enter|download)|dangerous precedent|in danger of (?:losing|missing|"
        r"becoming)",
        fires=(
            "The balcony rail is loose and extremely dangerous.",
            "You are putting lives at risk with that driving.",
            "The brakes failed on the motorway two days after your service.",
        ),
        silent=(
            "Is this product dangerous?",
            "These biscuits are dangerously good.",
            "The ladder is not dangerous at all.",
        ),
    ),
    Rule(
        name="safety.near_miss",
        flag=FlagName.SAFETY,
        says="Somebody escaped serious harm only just.",
        claim=Claim.DANGER,
        recent=True,
        phrases=(
            "(could|might) (easily|well|very easily)? have (been)? (seriously|badly|easily)? "
            "[killed|died|injured|hurt|crushed|electrocuted|blinded|drowned|burned|burnt|choked|suffocated|scalded]",
            "(could|might|would|should) (of|a|have)? (been|got)? [killed|died|drowned|electrocuted]",
            "(nearly|almost|narrowly) _3 [killed|injured|crushed|electrocuted|drowned|choked|crashed|suffocated|"
            "blinded|scalded]",
            "[inches|centimetres] (from|away from) (my|his|her|the|our|being|hitting) _3",
            "(nearly|almost|narrowly) (ran|run|hit|knocked|missed|struck) (over|down|into)? (my|me|our|him|her|a|us|"
            "the) "
            "[child|son|daughter|cyclist|pedestrian|pram|bike|head|kids|baby|children|toddler|boy|girl|dog|wife|"
            "husband|mother]",
            "(nearly|almost) [died] (because|when your|after|from|due|in your|on your|of sepsis|of dehydration|of "
            "hypothermia)",
            "[choked|choking] (on) (a|the|it|some|part|small|plastic|piece)",
        ),
        unless=r"(?:died|dying|killed|choked|choking) (?:of |with |from |on )?(?:laugh\w*|boredom|embarrassment|shame|"
        r"cringe|shock when|my (?:coffee|tea|drink)|"
        r"the price|price)|when i saw the (?:bill|price|total)|hurt (?:my|his|her|our) feelings|hurt to|killed (?:me|"
        r"my) (?:phone|battery|mood|vibe)",
        fires=(
            "The slate missed us by luck; my son could have been killed.",
            "Your van nearly knocked down a cyclist outside the school.",
            "My toddler choked on the loose button of your bear.",
        ),
        silent=(
            "I nearly died of boredom in the queue.",
            "I almost choked on my coffee when I saw the price.",
            "Nobody could have been hurt by this.",
        ),
    ),
)
