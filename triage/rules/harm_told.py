"""Harm in plain words: what hit somebody, what was seen or heard, what a worker said, who else has it."""

from __future__ import annotations

from amends.domain.verdict import FlagName
from triage.rules.rule import Claim, Rule

_BODY = (
    "arm|leg|head|face|hand|foot|shoulder|eye|wrist|knee|finger|fingers|ankle|chest|neck|nose|elbow|skull|hip|shin|toe"
)
_FRAIL = (
    r"\b(?:carer|carers|nurse|care home|nursery|school|child|children|lad|boy|girl|lass|bairn|kid|kids|baby|toddler|"
    r"pupil|resident|residents|mother|mum|dad|father|nan|gran|old (?:mr|mrs|man|lady|woman)|elderly|dementia|disabled|"
    r"frail|blind|teacher|assistant)\b"
)
_PEOPLE = (
    "deaf|blind|disabled|black|asian|muslim|jewish|gay|trans|foreign|old|elderly|pregnant|autistic|indian|polish|"
    "chinese|romanian|pakistani|nigerian|irish|gypsy|women|wheelchair|sikh|hindu"
)
_TRAIT = (
    "turban|hijab|headscarf|veil|accent|skin|colour|race|religion|faith|disability|wheelchair|sexuality|gender|"
    "nationality|stammer|stutter|skullcap|kippah|guide dog|pregnancy|hearing aid"
)

RULES = (
    Rule(
        name="safety.struck",
        flag=FlagName.SAFETY,
        says="Something hit or fell on somebody, or people are made ill by what is complained of.",
        claim=Claim.EVENT,
        recent=True,
        phrases=(
            "[pinned|crushed] (me|my|him|her|our) _2 (by|under|against|beneath|foot|leg|arm|hand)",
            "(son|daughter|boy|girl|child|mother|mum|dad|wife|husband|nan|she|he|i) (tripped|slipped|climbed|"
            "stumbled|went|stepped) _6 (and)? [fell] (off|down|from|in|into|through|over|onto|on|badly)?",
            "(step|floor|stair|stairs|rail|ladder|ceiling|balcony|shelf|chair|seat|gate|wall|bench|handrail|"
            "banister|board) (just|suddenly)? (gave|gives|collapsed|snapped|came) (way|down|off)? [under|beneath|"
            "onto] (me|us|my|him|her|the|our|a)",
            "[missed] (me|us|my|our|him|her|the) _2 by (a|an|two|three|one|inches|centimetres) (foot|feet|inch|"
            "inches|whisker|hair|yard|metre)",
            "(went|gone|came) (down|over|flying|headfirst|head first) (hard|heavily)? (on|onto|down) (my|his|her|"
            "the) [back|knee|knees|face|hip|side|head|wrist|stairs|elbow]",
            "(lump|piece|bit|chunk|slab|slate|tile|plaster|ceiling|branch|door|gate|sign|panel|shelf|glass|beam|box|"
            "brick|"
            "it) _3 (hit|struck|landed on|fell on|came down on|caught|cut|dropped on) (me|him|her|us|my|our|the|"
            "one) _2 "
            f"(on|across|in)? (the|his|her|my)? [{_BODY}]",
            f"(hit|struck|landed on|cut|gashed|caught) _2 on (the|his|her|my) (left|right)? [{_BODY}]",
            f"(brok|broke|broken|fractured|sprained|twisted|dislocated) (me|my|his|her|their) (left|right)? [{_BODY}]",
        ),
        unless=r"pinned (?:my|the) (?:tweet|post|comment)|hit the nail|nail on the head|slap in the|pain in the|hit "
        r"me in the (?:face|eye)|joke|game|ball",
        fires=(
            "A slab of it came down and hit my nephew on the shoulder.",
            "The gate swung back and struck her on the head.",
            "A roof tile came down and cut him on the hand.",
        ),
        silent=(
            "You hit the nail on the head.",
            "The tile did not land on anyone, nobody was struck on the head.",
            "The cold hit me in the face when I stepped out.",
        ),
    ),
    Rule(
        name="safety.made_ill",
        flag=FlagName.SAFETY,
        says="Somebody coughs, wheezes, faints or has headaches from damp, fumes or gas, a gas alarm sounds, or "
        "water runs into electrics.",
        claim=Claim.DANGER,
        recent=True,
        phrases=(
            "(water|rain|leak|leaking|dripping|pouring|running) _4 (inside|into|through|in|behind|onto|over) the "
            "[fuse|consumer|light|lights|socket|sockets|electrics|plug] (box|board|unit|fitting)?",
            "(baby|toddler|daughter|son|child|kids|children|husband|wife|mum|dad|i|she|he|nan|we|both of us|all of us|"
            "lad|girl|boy) (have|has|had|is|are|was|were|been|keep|keeps)? (all|both)? (been|had|got|having|a)? _2 "
            "[wheezing|wheezy|coughing|headaches|vomiting|dizzy|breathless|fainted|fainting|collapsed|rash|rashes]",
            "(co|gas) [alarm] (has|is|was|keeps|have|had)? (just)? (gone|going|went|goes|sounded|sounding)",
        ),
        needs=r"\b(?:damp|mould|mouldy|gas|fuse|consumer unit|light|lights|sockets?|electric\w*|boiler|fumes|co "
        r"alarm|monoxide|dust|leak|sewage|fibreglass|spores|paint|"
        r"inhaler|asbestos|black stuff)\b",
        unless=r"low battery|(?:alarm )?test|drill|hay ?fever|laughing|dizzy with",
        fires=(
            "My son has been coughing since the mould came through the wall.",
            "The CO alarm has sounded again and we have all had headaches.",
            "Since your fitter sprayed the paint I have been dizzy and breathless from the fumes.",
        ),
        silent=(
            "I have been coughing all week, can I move my appointment?",
            "The gas alarm test went well and nobody had headaches.",
            "We do not have headaches from the paint.",
        ),
    ),
    Rule(
        name="safety.into_the_road",
        flag=FlagName.SAFETY,
        says="An obstruction sends people into the traffic.",
        claim=Claim.DANGER,
        recent=True,
        phrases=(
            "(walk|walking|go|going|step|stepping|push|pushing|take|taking|wheel|wheeling|forced|forces|forcing|"
            "out) _5 "
            "(in|into|on|onto|out into|out in) (the)? (main|busy)? [road|traffic|carriageway] _2 (round|past|because|"
            "avoid|with|get|to get|to pass)",
        ),
        unless=r"\bdrive|driving|take the (?:second|next|first)|\bturn\b|car park",
        fires=(
            "Your skip is across the pavement and I must push the pram into the road to get past.",
            "Blind residents are walking out into the traffic to avoid your boxes.",
            "We have to step into the carriageway because your cabinet takes up the path.",
        ),
        silent=(
            "Turn left and go into the road past the school.",
            "Nobody has to walk in the road to get round it.",
            "Take the next exit onto the main road to avoid the works.",
        ),
    ),
    Rule(
        name="safeguarding.seen",
        flag=FlagName.SAFEGUARDING,
        says="The writer saw or heard somebody hurt, shut in or shouted at who cannot defend themselves.",
        claim=Claim.EVENT,
        recent=True,
        phrases=(
            "(they|staff|carers|he|she) (lock|locks|locked|keep|keeps|hide|hides) (the)? [food] (away|from|locked|up)",
            "(has|have|had|was|were|is) not (been)? [fed|washed|changed|toileted] (since|for|all|in)",
            "(marks|bruises|burns|welts|scratches) (on|all over|down|up) (his|her|their) [legs|arms|back|face|body|"
            "neck|wrists]",
            "(carer|carers|nurse|nurses|staff|childminder|warden|they|he|she) _1 [ties|tied|straps|drugs|drugged|"
            "sedates|starves|tying] (my|him|her|the|mr|mrs|a|residents|them) ",
            "(left|leave|leaves|lies|sits|sitting|lying|lay|sat) in (her|his|their) own [mess|urine|filth|waste|"
            "faeces|excrement]",
            "(saw|seen|heard|watched|hear|witnessed|filmed|caught) (her|him|them|the|a|your|one of|staff|carer) _4 "
            "[slap|"
            "slapping|shake|shaking|shove|shoving|drag|dragging|smack|smacking|kick|kicking|hitting|punch|punching] "
            "(his|"
            "her|him|them|my|the|a|an|old)",
            "(lad|boy|girl|child|children|kid|kids|baby|toddler|pupil|mum|dad|nan|she|he|they|resident|residents|"
            "him|her|"
            "lass|lady|bairn) _9 [locked|shut|chained|tied|strapped|confined] (on|in|out on|up in|inside|outside|to|"
            "out|"
            "onto) (the|a|an|his|her|their) _1 (balcony|room|bedroom|cupboard|garden|bathroom|cage|shed|chair|bed|"
            "cellar|"
            "garage|attic|loft|yard)",
            "(shouts|screams|swears|shouting|screaming|swearing|yells|yelling|bawls|bawling) at (him|her|them|the|"
            "my|old) "
            "_6 [wall|walls|night|crying|corridor|daily]",
        ),
        needs=_FRAIL,
        unless=r"locked (?:myself|himself|herself|ourselves)|by accident|accidentally|\b(?:ball|button|tv|football)\b|"
        r"shut (?:in|up) (?:the|a) shop|dog|cat\b",
        fires=(
            "I saw the carer shove my neighbour, an elderly man, against the rail.",
            "The boy upstairs is tied to his bed in the evenings, I can hear him.",
            "The nurse next door is shouting at him half the night.",
        ),
        silent=(
            "I locked my bike in the garage, not the child.",
            "We watched the boy kick the ball.",
            "None of the residents is locked in a room.",
        ),
    ),
    Rule(
        name="self_harm.goodbye",
        flag=FlagName.SELF_HARM,
        says="The writer thinks that others would be better off without them, or says farewell.",
        claim=Claim.WORDS,
        phrases=(
            "(think|thinking|thought) (about|of) [ending] (it all|everything|my life)",
            "(can't|cannot|cant|no longer|don't|do not) see (a|any|the|much)? [reason|point] (to|in) (carry on|"
            "carrying on|go on|going on|live|living|get up|be here)",
            "(everyone|everybody|they|they'd|theyd|family|kids|children|all|world|she|she'd|he|he'd|wife|husband|"
            "mum) (would|"
            "will|all|might|may|'d)? (all)? be (all|so much|much|far|a lot|honestly)? [better|happier] off? "
            "(without me|with me "
            "gone|if i wasn't|if i wasnt|if i weren't|if i was not|if i were|if i was gone|with the insurance|if "
            "i'd|if "
            "i didn't)",
            "(easier|simpler|kinder|better) if i (just)? (wasn't|wasnt|weren't|werent|was not|were not|was|were) _1 "
            "[here|"
            "around|gone|alive]",
            "(won't|wont|will not|shan't|not) be (here|around) (for)? (very)? much [longer]",
            "(written|wrote|leaving|left|said|saying) (the|my|all my|our) (last)? [goodbyes|goodbye]",
            "(counted|saved up|saving up|stockpiled|lined up) (out)? (my|the|enough|all my|all the) [pills|tablets|"
            "paracetamol]",
            "(done|finished) with [life|living]",
        ),
        unless=r"better off if i (?:switch|chang)|paying|using|subscription|contract|membership|retir|moving "
        r"(?:house|out|away)|new job|leaving do|lol|haha|"
        r"ending it (?:with|soon)|better off (?:financially|on)|as a customer|"
        r"not (?:saying|going to say)",
        fires=(
            "some days I think my family would be better off without me and your letters do not help",
            "It would be simpler if I wasn't here, wouldn't it, then nobody owes anything.",
            "I have said my goodbyes, you can keep the flat.",
        ),
        silent=(
            "Would I be better off on the other tariff?",
            "We retire in May, so we will not be here much longer.",
            "They would be better off if I switched to the monthly plan.",
        ),
    ),
    Rule(
        name="staff_misconduct.told",
        flag=FlagName.STAFF_MISCONDUCT,
        says="A worker insulted, shouted at, mocked, stole from or turned somebody away for who they are.",
        claim=Claim.EVENT,
        phrases=(
            "(rude|obscene|filthy|sexual) [gesture|gestures|comment|comments|remark|remarks] (at|to|about|towards)",
            "(laughed|laughing|laughs|sniggered|sniggering|giggled|smirked) at (his|her|my|our) _1 [stammer|accent|"
            "hearing|wheelchair|weight|name|english|mother|son|daughter|husband|disability|hijab|turban]",
            "(went|going|gone|rummaged|rummaging|looking|looked) through (my|our|her|his) [drawers|handbag|purse|"
            "wardrobe|underwear|cupboards|bedroom]",
            "(courier|driver|man|lady|woman|carer|agent|engineer|manager|cashier|clerk|warden|officer|nurse|teacher|"
            "he|she|"
            "they|staff|assistant|guard|adviser) (has|have|had|then|openly|just|who|next door)? _1 [insulted|insulting|"
            "mocked|taunted|ridiculed|belittled|humiliated|jeered|sneered|shouts|screams|swears|yells|leered] (at)? "
            "(me|us|"
            "him|her|them|my|our|his|the|old)",
            "(carer|warden|nurse|teacher|officer|staff) _9 (shouts|screams|swears|yells) [at] (him|her|them|my|"
            "residents)",
            "(lady|man|woman|manager|he|she|they|staff|clerk|cashier|driver|agent|guard|assistant|branch|who) _4 (said|"
            f"says|told me|told him|told her|told us) (that)? ({_PEOPLE}) (people|folk|customers|users|women|men|ones|"
            "passengers|families|couples)? [ought|should|must|belong|need]",
            "(come|came) back with _1 (somebody|someone|a carer|an adult|your husband|your son|a man) (who)? (can|"
            "could)? "
            "[walk|hear|see|speak|understand|english]",
            "(put|puts|slipped|stuffed|tucked|hid) (it|them|my|the) _4 (in|into|inside|under) (his|her) _1 [jacket|"
            "coat|"
            "pocket|hoodie|rucksack|sleeve]",
            "(drivers|couriers|staff|engineers|workers|driver|fitters|cleaners|colleagues) _2 [take|takes|taking|pinch|"
            "pinching|nick|nicking|sell|selling] (parcels|parcel|packages|stuff|stock|customers) (home|off|away|on)",
            "(driver|courier|fitter|engineer|man) _5 (open|opened|tore open|rifled|slit) (my|our|the|her) (box|parcel|"
            "packet|package|bag) _5 (and)? [take|took|taken|removed|kept]",
            "(agent|salesman|rep|seller|he|she) _2 (got|tricked|talked|pressured|pressurised|bullied|rushed) (him|"
            "her|mum|"
            "dad|my @kin|me) (into|to) (sign|signing|pay|paying|hand|give) _8 [understand|savings|details|confused|"
            "plan]",
        ),
        unless=r"(?:nobody|no one) (?:insulted|mocked)|hand(?:s)? in|phone in|in (?:the|a) (?:play|film)|mocked up|"
        r"insulting (?:offer|price|letter|amount)|(?:son|daughter|child|baby|dog|kids?) (?:who )?(?:screams|shouts)|"
        r"(?:should|ought|need) (?:to )?(?:go|come) first",
        fires=(
            "Your driver insulted my father on his own doorstep.",
            "The warden shouts at him every morning.",
            "The man at the desk said disabled people should use another station.",
            "I was told to come back with someone who can speak.",
        ),
        silent=(
            "Nobody mocked me, the manager was kindness itself.",
            "The insulting offer of five pounds is declined.",
            "The sign says old people should go first, which is right.",
        ),
    ),
    Rule(
        name="discrimination.told",
        flag=FlagName.DISCRIMINATION,
        says="Somebody was treated worse for what they are, told by what was said or done.",
        claim=Claim.EVENT,
        phrases=(
            "(would not|wouldn't|refused|won't|refuse|turned|denied|ignored|searched|stopped|singled|treated) _6 "
            "because (we|i|he|she|they) (are|am|is|was|were)? (a|an)? [travellers|traveller|gypsies|gypsy|roma|gay|"
            "lesbian|muslim|muslims|jewish|black|asian|polish|romanian|foreign|foreigners]",
            "[people] like (me|us|him|her) (could|can|would|were|are|should|shouldn't|cannot|can't|don't|do not|"
            "belong)",
            "(heard|hears|saw|sees|seen) (my|his|her|our) _1 [accent|surname|skin|headscarf|hijab|turban|wheelchair]",
            "(insulted|refused|mocked|abused|searched|followed|turned away|sent away|laughed at|ignored|singled out|"
            "questioned|thrown out|denied|stopped|treated|sneered|asked to leave|turned) (me|him|her|us|my|them|"
            "away|like)? "
            f"_5 (because of|on account of|over|due to|for|about|because|at) (my|his|her|our|their) _1 [{_TRAIT}]",
            "(lady|man|woman|manager|he|she|they|staff|clerk|cashier|driver|agent|guard|assistant|branch|who) _4 (said|"
            f"says|told me|told him|told her|told us) (that)? ({_PEOPLE}) (people|folk|customers|users|women|men|ones|"
            "passengers|families|couples)? [ought|should|must|belong|need]",
            "(come|came) back with _1 (somebody|someone|a carer|an adult|a man) (who)? (can|could)? [walk|hear|see|"
            "speak|"
            "english]",
            "(your|our|my|their) (kind|sort) (are|aren't|were|is|isn't|of people) (not)? [welcome|wanted|served]",
            "(the|a|every) [white|english|british|straight] (couple|man|woman|lady|family|people|customers|passengers|"
            "lads|girl) (in front|behind|next|before|after|ahead|got|was|were|weren't|wasn't|walked|went)",
            "(asked|demanded|wanted|asking) _9 (immigration|visa|residence) [papers|documents|status|permit]",
        ),
        needs=r"\b(?:said|told|asked|because|over|for|about|refused|insulted|mocked|manager|staff|served|searched|"
        r"branch|"
        r"suddenly|gone|changed|no longer|could|can'?t|belong|shop|we were born|white|english|british|accent|skin|"
        r"colour)\b",
        unless=r"apply|application|(?:should|ought|need) (?:to )?(?:go|come) first|white (?:goods|van)|treated "
        r"(?:for|well|"
        r"kindly)|refused (?:for|the) colour|asked (?:about|for) the colour",
        fires=(
            "Your driver refused him entry over his skullcap.",
            "The clerk said blind people should bring somebody.",
            "I was asked for my immigration papers; the white family behind got straight in.",
        ),
        silent=(
            "I was not refused because of my accent, I must say.",
            "Which colour of turban do you stock?",
            "My wheelchair is being treated for rust.",
        ),
    ),
    Rule(
        name="discrimination.kept_out",
        flag=FlagName.DISCRIMINATION,
        says="Somebody is kept out or kept from a service by what they need, or lost work over a pregnancy.",
        claim=Claim.EVENT,
        phrases=(
            "(would not|wouldn't|will not|won't|refused to|declined to|cannot|can't) (take|carry|accept|serve|have) "
            "_4 (guide|assistance|hearing) [dog|dogs]",
            "[pregnant|pregnancy] (and|then|that|so)? _4 (shifts|hours|contract|offer|interview|trial|job|post) (were|"
            "was|got|has been|have been) (cut|withdrawn|gone|ended|cancelled|dropped|reduced)",
            "(feed|nurse|breastfeed) (my|the|our|her)? _1 (in|by) the [toilet|toilets|loo|loos]",
            "(told|asked|ordered) (me|her|my @kin)? (to)? (stop|cover up while|cover up when) [breastfeeding]",
            "(no|without an|without a|no sign of the|no sign of an) (sign language|bsl|deaf)? [interpreter|signer] "
            "(came|turned up|was there|was booked|had been booked|arrived|so|again)",
            "(cannot|can't|could not|couldn't|not|doesn't|does not|won't) (be)? _2 (by|with|for|to) (a|my|any)? "
            "[screen] (reader|readers)",
            "(asked|asking|asks) (me|us|him|her|my @kin)? where (i|we|he|she|they) (was|were|is|am|are|come|came)? "
            "[really|originally] (was|were|is|am|are|come|came|comes)? (from)?",
        ),
        unless=r"for fun|(?:lovely|nice|friendly) chat",
        fires=(
            "The cab could not take us, he said, he won't have a guide dog on his seats.",
            "A week after I told them I was pregnant my shifts were cut to one.",
            "Your manager pointed and told me to feed my baby in the toilet.",
            "The letter promised help, but no interpreter turned up and I signed without knowing what.",
            "Your claim page cannot be read by my screen reader.",
            "He asked where I was really from and then the flat had gone.",
        ),
        silent=(
            "The interpreter came early and was splendid.",
            "Is there somewhere I may feed my baby in the museum?",
            "The cable is not made for a screen, but for a reader of cards.",
            "I am pregnant and my midwife is lovely.",
            "They were kind to my guide dog and let us board first.",
        ),
    ),
    Rule(
        name="media.publicity",
        flag=FlagName.MEDIA,
        says="The writer has readers, a story for a paper, or speaks for one.",
        claim=Claim.THREAT,
        phrases=(
            "(coming|come|comes|came|round|sending|bringing) _6 [photographer|reporter|cameraman|journalist]",
            "[programme|show|column|podcast] (on|in) (the|local|a)? _1 (radio|television|tv|paper|papers|gazette)",
            "(short|in need|in search) of a? (good)? [story|stories] (for|this|from|like)?",
            "(i|we|i've|we've) (have|got|have got)? _2 [followers|subscribers]",
            "(my|our) (#digits|many|own|loyal|social media)? _1 [followers|subscribers|viewers] (will|should|are|would|"
            "deserve|need|and|know|can)",
            "[rt|retweet] (this|it)? (till|until|far|widely|everyone|everybody|so|please)",
            "[reporter|journalist|newsdesk|correspondent] (here|from|with|at|writing|wants|rang|called)",
            "[read] about (it|this|yourselves|yourself) (in|over|on) (the|your|page)",
            "(would like|want|need|invite) (a|your|an official) [statement|comment] (by|before|for publication|on "
            "the record)",
        ),
        unless=r"bank statement|(?:get|gain|buy|more|free) (?:\w+ ){0,2}(?:followers|subscribers)|giveaway|competition|"
        r"win a|\bprize|collaborat|i (?:really )?(?:enjoy|love)|follow (?:and|&)",
        fires=(
            "My cousin edits the weekly and is always short of a story in August.",
            "I have 20k followers and they will see every photograph.",
            "Journalist here, writing about the school buses; whom do I ask?",
        ),
        silent=(
            "Gain more followers today, I have 20k!",
            "Would you tell me what the reporter needs?",
            "RT this to win a prize in our giveaway.",
        ),
    ),
    Rule(
        name="regulator.elected",
        flag=FlagName.REGULATOR,
        says="An elected member writes, or the matter goes to a council or parliament.",
        claim=Claim.THREAT,
        phrases=(
            "(raise|raising|raised|bring|bringing|table|tabling|take|taking|put|putting) (it|this|the matter|them|that|"
            "your name)? _3 (in|at|to|before) (the|full|next|our)? _1 [council|chamber|parliament|assembly|scrutiny|"
            "senedd|holyrood|westminster]",
            "on behalf of (my|the|a|our|one of my|above|an)? _2 [constituent|constituents]",
            "(my|above|a|named|said) [constituent|constituents] (who|has|have|is|are|mr|mrs|ms|miss|lives|in|cannot|"
            "about)",
        ),
        unless=r"council tax|how (?:do|can) (?:i|we)|take (?:it|this|them) to the council (?:tip|depot|dump)",
        fires=(
            "I will be bringing this before the full council next month.",
            "I write for a constituent who has had no bin for a month, and on behalf of two other constituents.",
            "Expect this to be raised in Parliament: I am putting it in the chamber on Tuesday.",
        ),
        silent=(
            "How can I raise a matter in full council?",
            "We took it to the council tip.",
            "The constituent parts of the kit arrived.",
        ),
    ),
    Rule(
        name="many_affected.others_too",
        flag=FlagName.MANY_AFFECTED,
        says="Others nearby have the same, told without set words.",
        claim=Claim.EVENT,
        phrases=(
            "every [house|flat|home|shop|household|tenant|neighbour|cottage] (in|on|along|at|round) (the|our|this|my)",
            "(not|isn't|it's not|wasn't) [just|only] (me|us|my house|our house|our flat|ours|mine)",
            "(all|every one) (of the|of our|the|our)? (@number|#digits)? [flats|houses|homes|cottages|households] "
            "_3 (have|has|are|is|without|had|with|got)",
            "[nobody|noone] (in|on|at|along|round|down|else in) (the|our|this|my|here)? _2 (has|can|could|have|had|"
            "is|gets) "
            "(been able|any|a|had|got|get|log|use|reach|receive|send|signal|water|power|heat|hot)",
            "(@number|several|eleven|dozens of|at least two|at least three) [other] (flats|houses|homes|neighbours|"
            "tenants|"
            "traders|shops|families|customers|stalls|businesses|households|residents|parents|passengers|doors|"
            "cottages)",
            "(the)? [same] (here|with us)? (at|over at|in) (number|no|flat|our house|ours)",
            "(whole|entire|half the|all the|rest of the) [street|estate|village|terrace|lane|block|building|"
            "postcode] (and|"
            "plus|too|as well|off|dark|down|out|again|went)",
        ),
        needs=r"\b(?:same|too|also|stain|brown|without|affected|did|los\w+|adding|complain\w*|no|off|out|down|dark|"
        r"power|water|"
        r"heat\w*|"
        r"cold|candles|nobody|able|since|leak\w*|damp|broken|signal|fault\w*|wrong)\b",
        unless=r"lovely|great|brilliant|love|happy|book(?:ing)? for|travel(?:l)?ing with|same (?:at|in) (?:number|"
        r"no) (?:time|"
        r"way|doubt)",
        fires=(
            "Nobody on our road has had a drop of water since breakfast.",
            "Four other flats have the same leak.",
            "Same here at number 12, whole street and the shop, no power.",
        ),
        silent=(
            "Two other families are travelling with us, no changes please.",
            "Whole street and all loved the party, no complaints.",
            "Three other shops sell it.",
        ),
    ),
)
