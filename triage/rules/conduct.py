"""How people behave: discrimination and misconduct by staff, abuse of staff."""

from __future__ import annotations

from amends.domain.verdict import FlagName
from triage.rules.rule import Claim, Rule

_GROUND = (
    "disabled|disability|race|religion|gender|sex|age|skin|colour|color|black|white|asian|indian|pakistani|chinese|"
    "african|muslim|jewish|"
    "christian|hindu|sikh|gay|lesbian|trans|transgender|bisexual|pregnant|pregnancy|accent|nationality|foreign|"
    "foreigner|immigrant|hijab|"
    "turban|woman|female|ethnicity|ethnic|sexuality|sexual orientation|polish|romanian|irish|gypsy|traveller|"
    "autistic|deaf|blind|wheelchair|old|too old|guide dog|"
    "assistance dog|headscarf|faith|where i come from|where i'm from|breastfeeding"
)

#: Who works for those who are written to, and cannot be another customer.
_OURS = (
    "driver|engineer|technician|installer|plumber|fitter|contractor|officer|guard|bouncer|doorman|conductor|steward|"
    "carer|nurse|doctor|dentist|teacher|coach|bailiff|courier|inspector|employee|member of staff|manager|cashier|"
    "waiter|your lads|your men|your man|your crew|your lot|your people|your security|of your staff"
)

RULES = (
    Rule(
        name="discrimination.named",
        flag=FlagName.DISCRIMINATION,
        says="The writer says they or others were discriminated against or met with racism and the like.",
        claim=Claim.EVENT,
        phrases=(
            "[discriminated|discriminating|discriminates] (against|me|on|because|towards)?",
            "[discrimination|discriminatory]",
            "[racist|sexist|homophobic|transphobic|islamophobic|antisemitic|ableist|ageist|misogynistic|xenophobic]",
            "[racism|sexism|homophobia|transphobia|islamophobia|ableism|ageism|antisemitism|misogyny|xenophobia]",
            "[racially] (abused|profiled|abusive|profiling|motivated|insulted|harassed|assaulted|offensive)",
            "(racial|racially|homophobic|sexist|religious) [slur|slurs|abuse|profiling|harassment|remark|remarks|"
            "comments|hatred]",
            "(breach|breached|breaching|breaches|contrary to|under|violates|violation of) (of)? (the|your duty under "
            "the)? [equality] act",
            "(failed|refused|refusing|failing|fail|refuse|without|lack of|no|denied|deny|make|made) _3 reasonable "
            "[adjustment|adjustments]",
        ),
        unless=r"discrimination (?:act|law|policy|training)\b[^.]*\?|price discrimination|anti[- ]?(?:racis\w+|"
        r"discrimination)|zero tolerance|stop racism|say no to racism|age discrimination rules|discriminating "
        r"(?:taste|customer|palate|buyer)",
        fires=(
            "I was discriminated against by your letting agent.",
            "The doorman used a racial slur.",
            "Your college refused to make reasonable adjustments for my exam.",
        ),
        silent=(
            "I have not been discriminated against, I am just disappointed.",
            "Do you have a discrimination policy?",
            "For a discriminating customer this is fine.",
        ),
    ),
    Rule(
        name="discrimination.because_of",
        flag=FlagName.DISCRIMINATION,
        says="Somebody was refused or treated worse because of who they are.",
        claim=Claim.EVENT,
        phrases=(
            "(told|telling|shouted|said|saying|yelled) _4 go back (to)? [home|where]",
            "[laughed|laughing] at _2 (accent|stammer|stutter|disability|religion|turban|hijab|speech|walk|"
            "wheelchair|english)",
            "[misgendered|misgendering|deadnamed|deadnaming]",
            "(refused|denied) (me|us)? (service|entry|boarding) _6 (guide|assistance) [dog|dogs]",
            "[refused|denied|turned away|asked to leave|thrown out|stopped|searched|treated differently|treated "
            "badly|treated worse|ignored|mocked|laughed at|refused entry|rejected|sacked|dismissed|followed|singled "
            "out|passed over|humiliated|not allowed|overlooked|kicked out|barred] _8 (because|due|for|over) (to)? "
            f"_4 ({_GROUND})",
            "[because|simply because|just because] (i|he|she|we|they) (am|is|are|was|were|i'm|have|has|had|wear|"
            f"wears|speak|speaks|use|uses|look|looked|do not speak|couldn't speak) (a|an|my|too)? ({_GROUND})",
            "(go|going|went) back to (your|where you) (own)? [country|came|come]",
            "(refused|denied|would not let|wouldn't let|not let|wouldn't allow|refusing|refuse|turned away|threw out|"
            "would not allow) _6 (guide|assistance) [dog|dogs]",
            "(guide|assistance) [dog|dogs] (was|were|is|has been|had been) (refused|turned away|not allowed|denied|"
            "banned)",
            "(no|not|without|isn't|zero) _1 (wheelchair|disabled|step free) [access|accessible]",
            "[mocked|mimicked|imitated|mocking|mimicking] (my|his|her|our|their) (accent|stammer|stutter|disability|"
            "religion|turban|hijab|speech|walk)",
            "(treated) (me|us|him|her|them) (differently|worse|like dirt|like a criminal) [because]",
        ),
        needs=r"",
        unless=r"because (?:i|we) (?:am|was|were|are|had) (?:a |an )?(?:old customer|white label)",
        fires=(
            "I was turned away because I am gay.",
            "The taxi refused to take my guide dog.",
            "The clerk mocked my accent in front of everyone.",
        ),
        silent=(
            "I was turned away because the shop was full.",
            "My guide dog was not refused, and I thank you.",
        ),
    ),
    Rule(
        name="staff_misconduct.abusive",
        flag=FlagName.STAFF_MISCONDUCT,
        says="Staff swore, shouted, threatened, bullied, harassed, or laughed at somebody.",
        claim=Claim.EVENT,
        phrases=(
            "made (my @kin|me|her|him|us) [cry]",
            "(reduced|left) (me|her|him|us|my @kin) (to|in) (floods of)? [tears]",
            "(told|telling) (me|us|him|her|my @kin) to [shut|get lost|piss|clear off|fuck|do one|sod]",
            "[laughed|laughing|sneered] at (me|us|him|her|my|our|the state of my)",
            "(was|were|been|being|felt|feel|am) (so|very|deeply|utterly|completely|really)? [humiliated|bullied|"
            "harassed|intimidated]",
            "(got|gave|given|received|mouthful|torrent|stream|hurled|screamed|shouted|hurling|verbal) (of|me|us|a)? "
            "_1 [abuse] (from|at|by|for|when|and)?",
            "[shouting|shouted|banging|hammering|screaming] (through|on|at) (the|my|our) (letter box|letterbox|door|"
            "front door|windows)",
            "(@staff|he|she|they|who|you|staff|team) (had|has|then|actually|just|also|literally|even|repeatedly|"
            "started|kept|began|was|were|been)? [swore|swearing|cursed|shouted|shouting|yelled|yelling|screamed|"
            "screaming|spat|sneered|snarled] (at|in my face|and|abuse|obscenities|on)",
            "(@staff|he|she|they|who|you|staff) (had|has|then|actually|just|also|even|repeatedly)? [called|branded] "
            "(me|him|her|us|my @kin) (a|an|stupid|thick|liar|fat|ugly|names) (stupid|fat|ugly|silly|thick|liar|idiot|"
            "moron|cow|bitch|thief|names)?",
            "[verbally] (abused|abusive|attacked|assaulted)",
            "(was|were|been|became|is|got|very|extremely|aggressive|rude|manager|driver|staff|he|she|being) (very|"
            "extremely|really|so|and|verbally|rude and|quite)? [abusive|threatening|intimidating|bullying] (to|"
            "towards|toward|and|when|behaviour|manner|language|on|in|with|over|attitude)?",
            "[bullied|harassed|intimidated|humiliated|threatened|belittled] (me|us|him|her|my @kin|into|by) (a|your|"
            "the|me|one|staff)?",
            "(was|were|been|being|felt|feel|got|and|am) (badly|publicly|really|totally)? [bullied|harassed|"
            "intimidated|humiliated|threatened|belittled] (by|in front|at|into)",
            "(sexual|inappropriate|lewd|suggestive|obscene|unwanted) [comments|comment|remarks|remark|messages|"
            "advances|behaviour|touching|texts]",
            "[aggressive|aggressively] (and|towards|toward|with|behaviour|manner|to|member of staff|staff|doorman|"
            "driver|security|attitude|bailiff|when|in my face)",
            "(@staff|he|she|they|staff|who) (all|just|then|actually|openly)? [laughed|laughing] (at|in my face|"
            "about) (me|us|him|her|my|it)?",
            f"({_OURS}) (then|just|actually|deliberately|even|also)? "
            "[shoved|slapped|kicked|punched|manhandled|elbowed|pinched|groped] (me|us|him|her|my|our|the dog|the cat)",
            "(would not|wouldn't|refused to|not going to) [leave] (my|our|the)? (house|home|flat|hall|doorstep)? until "
            "(i|we|she|he|my @kin) _4 (signed|paid|stars|review|agreed)",
            "(@staff|he|she|staff|they) (was|were|had been|is|are|smelt of|smelled of|stank of|seemed|appeared|"
            "clearly|who was) _1 [drunk|alcohol|intoxicated|stoned|cannabis|drugs]",
        ),
        unless=r"aggressive(?:ly)? (?:pricing|marketing|growth|discount|strategy|advertis\w+|sales targets)|"
        r"aggressive(?:ly)? priced|not to be abusive|"
        r"(?:advert|ad|film|song|video|book|ending|story|trailer) made me cry",
        fires=(
            "The driver swore at me and slammed the doors.",
            "Your manager called me a liar in front of the whole shop.",
            "The bailiff was threatening and pushed into the hall.",
            "One of your lads kicked my dog.",
            "He would not leave until I had given him five stars.",
        ),
        silent=(
            "The lady on the desk was a little short with me.",
            "Nobody shouted at me, it was just slow.",
            "A goat kicked me at your petting farm.",
            "The children would not leave until we had seen the seals.",
            "You have very aggressive pricing.",
            "Your new advert made me cry on the bus.",
        ),
    ),
    Rule(
        name="staff_misconduct.dishonest",
        flag=FlagName.STAFF_MISCONDUCT,
        says="Staff lied, falsified, took bribes, pressured or mis-sold.",
        claim=Claim.EVENT,
        phrases=(
            "(@staff|he|she|they|you|staff|company|team|who) (had|has|have|deliberately|blatantly|clearly|outright|"
            "openly|simply|just|then|also|all|repeatedly|been|basically|literally|flat out|keep|was|were)? [lied|"
            "lying] (to|about|through|on|and)?",
            "(told|telling|tells|tell|fed|been told|was told) (me|us|him|her|them|my @kin)? (a|nothing but|blatant|"
            "complete|barefaced|outright|a pack of|pack of)? [lie|lies]",
            "[falsified|falsifying|forged|fabricated|doctored|backdated|altered] (the|my|our|his|her|a|records|notes|"
            "evidence|signature|documents|paperwork|timesheet|timesheets|reports?)",
            "[forged] (my|his|her|our|the) signature",
            "[bribe|bribes|bribed|bribery|backhander|backhanders]",
            "(deliberately|knowingly|wilfully) [misled|deceived|concealed|withheld|misinformed|mislead]",
            "[missold|misselling]",
            "mis [sold|selling|sell]",
            "[pressured|forced|tricked|bullied|coerced|pressurised|conned|duped|misled] (me|us|him|her|my @kin|them) "
            "into (buying|signing|paying|agreeing|taking|a)",
            "(was|were|been) [pressured|forced|tricked|coerced|pressurised|misled] into (buying|signing|paying|"
            "agreeing|taking|a)",
            "(cover|covered|covering) [up] (the|your|what|their|this|for|mistakes|by|his|her|of)",
            "[gross] misconduct",
            "(professional|staff|serious) [misconduct]",
        ),
        unless=r"no lie\b|not (?:gonna|going to) lie|(?:can't|cannot|won't) lie\b|lie (?:down|in|ahead)|i (?:lied|was "
        r"lying|am lying|'?m lying)|lying (?:on|in|around|down|there|at|about the|under|next)|lay lying|"
        r"cover(?:ed|ing)? up (?:the|my|your) (?:hole|furniture|car|window|tattoo)",
        fires=(
            "Your salesman lied to us about the guarantee.",
            "Somebody forged my signature on the direct debit.",
            "The plan was mis-sold to my father.",
        ),
        silent=(
            "The parcel was lying on the doorstep.",
            "I am not saying that he lied.",
            "Not going to lie, I loved it.",
        ),
    ),
    Rule(
        name="abusive_language.insult",
        flag=FlagName.ABUSIVE_LANGUAGE,
        says="Insults, obscene abuse or threats directed at staff or the organisation. It raises no severity.",
        claim=Claim.WORDS,
        phrases=(
            "[fuck|fck|fk|screw] (you|off|u|yourself|yourselves|your|y'all|the lot of you)",
            "(you|u|ya|your|you're|ur|yous|bunch of|lot of|pack of|these|those|such|absolute|complete|load of|"
            "useless|is a|are|youre|staff are|lazy|stupid|lying|thieving|thick|incompetent|fucking|total|utter) "
            "(are|a|all|just|bunch of|lot of|a bunch of|useless|absolute|complete|fucking|stupid|lazy|lying|thieving|"
            "total|utter|of)? (a|useless|fucking|stupid|lazy|lying|thieving|of|absolute)? "
            "[idiots|idiot|morons|moron|imbeciles|imbecile|cunts|cunt|bastards|bastard|wankers|wanker|scum|dickheads|"
            "dickhead|arseholes|arsehole|assholes|asshole|cretins|cretin|pricks|prick|twats|twat|clowns|"
            "parasites|vermin|bitch|bitches|tossers|tosser|scumbags|scumbag|retards|retard|thickos|halfwits|"
            "shitheads|muppets]",
            "(hope|wish|pray) (you|u|you all|your @kin|your children|your kids) (all|both)? [die|rot|burn|choke|"
            "suffer|get cancer|get hit]",
            "[rot|burn] in hell",
            "[piss|bugger|sod] off",
            "(kiss|lick) my [arse|ass]",
            "go (to)? [hell]",
            "(shove|stick) _4 up your [arse|ass|backside|bum]",
            "(i|we|gonna|going to|will|i'll) (will|am going to|am gonna)? [kill|smash|punch|batter|burn|hunt|stab|"
            "break] _2 (you|your|the lot of you|ya) (people|lot|all|up|down|staff|office|place|head|face|windows|"
            "legs|branch|driver|building)?",
        ),
        unless=r"(?:i am|i'm|i feel like|i was|was i|am i) (?:such )?(?:an? )?(?:absolute |complete |total |utter "
        r")?(?:idiot|moron|muppet|clown|wanker)|not an idiot|hell of a|(?:treat|treated|take|took|takes|calls?|"
        r"called|calling) (?:me|us|him|her) (?:for |as |like )?(?:an? )?(?:\w+ )?(?:idiot|moron|clown|bitch)",
        fires=(
            "You are a bunch of useless morons.",
            "Fuck off and give me my money back.",
            "I hope you all rot, the lot of you.",
        ),
        silent=(
            "I felt like an idiot standing there.",
            "The fucking train is late again.",
            "Your driver called me an idiot.",
        ),
    ),
)
