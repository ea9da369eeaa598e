"""Where the writer will take it, or has: court, regulator, elected member, press."""

from __future__ import annotations

from amends.domain.verdict import FlagName
from triage.rules.rule import Claim, Rule

RULES = (
    Rule(
        name="legal_threat.action",
        flag=FlagName.LEGAL_THREAT,
        says="A lawyer, a court or a claim is threatened or involved.",
        claim=Claim.THREAT,
        phrases=(
            "(legal|court) [action|proceedings|advice|claim|steps|route|case|representation]",
            "[legal] (remedy|redress|rights|team will|options|letter)",
            "(my|our|a|his|her|the|through|instruct|instructed|instructing|consult|consulted|consulting|speak to|"
            "speaking to|spoken to|contact|contacted|seek|see|get|with|of|from|to|via) (family|own)? [solicitor|"
            "solicitors|lawyer|lawyers|barrister|attorney|attorneys]",
            "[sue|suing|sued] (you|your|the|for|them|this|over|if|because|and)",
            "(will|going to|gonna|intend to|about to|want to|i'll|we'll|could|have to|forced to|should|might|may|"
            "have grounds to|happy to|prepared to) [sue]",
            "(take|taking|taken|see|seeing|go|going|took|took|drag|haul) (you|this|it|them|your company|the matter|"
            "to|my case|my claim|us|further)? (all)? (the way)? (to|in) (small claims|the small claims|the county|"
            "county|magistrates|the high)? [court|tribunal]",
            "(county|small claims|magistrates|crown|high|through the) [court|courts|tribunal]",
            "small [claims|claim]",
            "(employment|property|first tier|send|disability|lands) [tribunal]",
            "[letter|notice] before (action|claim)",
            "(pre action) [protocol|letter]",
            "(file|filing|filed|issue|issuing|issued|bring|bringing|start|starting|making|lodge|submit|pursue|"
            "pursuing|make) _2 (legal|court|compensation|personal injury|insurance|negligence|civil|formal|small)? "
            "[claim|lawsuit|proceedings|litigation] (against|for damages|in court|in the|through|online)",
            "(class action) [lawsuit|suit]",
            "[lawsuit|litigation|litigate]",
            "(seek|seeking|claim|claiming|pursue|sue for|sue you for|demand) _1 [damages]",
            "see you in [court]",
            "hear from _1 [solicitor|solicitors|lawyer|lawyers|attorney]",
            "(section|under the) #digits? _3 (consumer rights|consumer credit|housing|landlord and tenant|"
            "misrepresentation|protection from harassment|equality|care|supply of goods|sale of goods) [act]",
            "(consumer rights|consumer credit|landlord and tenant|protection from harassment|sale of goods|supply of "
            "goods) [act]",
            "[breach|breached|breaching] (of)? (the|my|our|your)? (contract|tenancy agreement|duty of care|statutory "
            "duty)",
            "judicial [review]",
            "[negligent|negligence] (and|in|of|by|on|has|claim|your|caused|which|that|from)",
        ),
        unless=r"powers? of attorney|(?:tennis|food|basketball|squash|badminton|netball|royal) court|court (?:shoes?|"
        r"booking|hire|road|"
        r"street|house|lane|avenue|drive|close)|solicitors? (?:vacanc|firm seeking|job)|(?:i am|i'm|as|we are) "
        r"(?:a |an )?(?:\w+ )?(?:solicitor|lawyer|barrister|paralegal)s? (?:looking|applying|enquiring|"
        r"interested|offering|specialis\w+|by trade)|(?:i am|i'm) a solicitor's|"
        r"\bmy (?:daughter|son|nephew|niece|brother|sister|cousin|wife|husband) the (?:solicitor|barrister|lawyer) "
        r"(?:says|can|thinks)|registered the attorney|court (?:car park|trip)|"
        r"(?:near|past|outside|opposite|beside|behind|from|stops? at) the (?:old )?"
        r"(?:county|crown|magistrates'?|sheriff|high) court|been a (?:solicitor|lawyer|barrister|judge)|"
        r"litigation clerk|(?:searches|survey)[^.]{0,30}solicitor|"
        r"(?:drawing up|drafting) (?:my|the|his|her|our) will|"
        r"(?:conveyancing|buying|selling|sale of|purchase of|probate|my will|a will|wills|estate)\b[^.]{0,60}solicitor|"
        r"solicitor[^.]{0,40}\b(?:conveyancing|purchase|completion|exchange|probate)|(?:no win|claim your|free "
        r"(?:legal|claim)|claims? management)",
        fires=(
            "If I do not hear by Friday I will take legal action.",
            "My solicitor will be writing to you.",
            "See you in court.",
            "If you had answered we'd be friends, but now I shall sue you.",
            "I shall issue a claim against you in the county court.",
        ),
        silent=(
            "Would I be able to sue if it rains at my wedding?",
            "I am not going to sue anybody.",
            "I shan't be suing over two feet of white paint.",
            "If that roof had gone in the storm my solicitor would be on to you; it held.",
            "We are out of pocket for the searches, the survey and the solicitor.",
            "Can I book the tennis court for Sunday?",
        ),
    ),
    Rule(
        name="regulator.body",
        flag=FlagName.REGULATOR,
        says="A regulator, an ombudsman, trading standards or an elected member is threatened or involved.",
        claim=Claim.THREAT,
        phrases=(
            "[ombudsman|ombudsmen|ombudswoman|ofcom|ofgem|ofwat|ofsted|ofqual|cqc|icofficer|phso|lgsco|iopc|hse|"
            "ipso|finra|cfpb|healthwatch|fcc|ftc|bbb]",
            "(report|reporting|reported|complain|complaining|complained|complaint|go|going|take|taking|refer|"
            "referring|referred|raise|write|writing|contact|contacting|contacted|informed|involve|escalate|"
            "escalating|escalated|inform|informing|copied|copying|cc|email|emailed|lodge|tell|taken|told|with|from|"
            "by|via|to|notify|notified) _6 (the|to|your|with|our)? [fca|ico|fos|asa|sra|gmc|nmc|caa|cma|prs|hcpc|rbi|"
            "irdai|trai|regulator|regulators|commissioner|cedr|adr|dvsa|ofs|orr]",
            "(the) [fca|ico|gmc|nmc|caa|cma|hcpc|regulator|watchdog] (will|has|have|is|would|should|about|told|says|"
            "investigate|and|if|know|regarding|immediately|as)",
            "trading [standards]",
            "(information|housing|financial|charity|gambling|electoral|traffic|police and crime) [commissioner|"
            "commission]",
            "(care quality) [commission]",
            "(health and safety) [executive]",
            "(environmental) [health] (will|has|have|officer|officers|team|department|about|to|and|were|are|is)?",
            "consumer [court|forum]",
            "(my|our|local|the|your|write to|writing to|contact|contacted|contacting|copied to|copied in|cc|involve|"
            "to|raise with|emailed|written to|a) (local|ward)? [mp|councillor|councillors|congressman|congresswoman|"
            "senator|msp|td|assemblyman]",
            "member of [parliament|congress]",
            "financial [conduct] authority",
            "(advertising) [standards]",
            "(report|reporting|reported|complaint|complain) _4 (to|with) (the)? [government|minister]",
            "better [business] bureau",
            "attorney [general]",
        ),
        unless=r"(?:vacanc|apply for|job|role) (?:\w+ ){0,4}(?:ombudsman|regulator)|voltage regulator|pressure "
        r"regulator|gas regulator|regulator (?:valve|pump|knob|switch)|window regulator|advice (?:on|about) "
        r"(?:which|what|how)|ombudsman (?:leaflet|thing|scheme|guide|referrals?)|(?:regulated|authorised|approved) by|"
        r"(?:you|who) (?:may|can|could|might) (?:\w+ ){0,6}(?:ombudsman|commissioner|regulator)|"
        r"(?:was|were) (?:quite |fully |all )?(?:prepared|ready) to|(?:dear|hello|hi) environmental|"
        r"(?:knows?|about) a councillor|mp ?3|\d+ ?mp\b|mp camera",
        fires=(
            "I am taking this to the ombudsman.",
            "I have copied in my MP.",
            "Trading standards will hear about it.",
            "I will report you to the FCA.",
        ),
        silent=(
            "What does the ombudsman do?",
            "I do not intend to go to the regulator.",
            "I shan't be troubling the Ombudsman.",
            "If you had lost my wages I'd be on to the Ombudsman, but you didn't.",
            "Kestrel Bank is regulated by the Financial Conduct Authority.",
            "The lady at Citizens Advice was kind.",
            "Do you stock a pressure regulator for a gas bottle?",
        ),
    ),
    Rule(
        name="media.press",
        flag=FlagName.MEDIA,
        says="Press, broadcasters or a public campaign are threatened or involved.",
        claim=Claim.THREAT,
        phrases=(
            "(local|national|sunday|the) [paper|papers|newspaper|press] (is|are|were|was|have|has|been|will be|"
            "coming|told|interested|next)",
            "(telling|tell|told|ringing|contacting|contacted|going to|taking this to|phoning|emailing|in touch with) "
            "the local [paper|papers|press|radio|newspaper|news]",
            "(posting|post|putting|share|sharing|upload|uploading|publish) (the|this|my|all|whole|it)? _3 [video|"
            "footage|photos|photographs|screenshots|recording|pictures] (online|with|everywhere|on|to|for)",
            "(go|going|gone|went|take|taking|taken|tell|telling|told|speak|speaking|spoken|contact|contacting|"
            "contacted|sell|inform|informing|write|writing|written|talk|talking|run|email|emailed|emailing|leak|"
            "story|pitch|send|sending|share|sharing) _6 (to|with|in|the|our|my) (the|a|my|our|local|national)? "
            "(local|national)? "
            "[press|media|papers|newspaper|newspapers|journalist|journalists|bbc|itv|tabloids|reporter|reporters|"
            "guardian|mirror|telegraph|watchdog]",
            "(local|national) [radio|television] (will|would|is|are|has|have|came|coming|rang|interested)",
            "(local|national|the) [press|newspaper|newspapers|papers|media] (will|would|is|are|may|might|know|"
            "hear|about|has|have|and will|shall|interested|running|involved|loves|love)",
            "(a|the|our) (local)? [journalist|reporter] (is|has|will|from|at|who|friend|already|and)",
            "(go|going|make|making|went|gone|goes|made) (this|it|you|your company|the video)? _1 [viral]",
            "(post|posting|put|putting|share|sharing|plaster|publish|publishing|expose|exposing|spread|posted|tell|"
            "telling) _5 (all over|across|on every|on all|over) (of)? (social|facebook|twitter|instagram|tiktok|the "
            "internet|youtube|trustpilot|your|the|every)? [media|facebook|twitter|instagram|tiktok|internet|youtube|"
            "trustpilot|linkedin|platform|platforms]",
            "(name) and [shame]",
            "[naming] and shaming",
            "(will|going to|let me|shall|gonna|i'll|we'll) [expose] (you|your|this|the|them)",
            "[bbc|itv] (will|watchdog|news|has|have|about|and|are|is|know|to|journalist|reporter)",
        ),
        unless=r"(?:i am|i'm|as|we are) (?:a |an )?(?:\w+ )?(?:journalist|reporter)|press (?:release|office|enquir\w+|"
        r"pass|officer|the|and hold|\d)|social media (?:team|manager|job|role|account|marketing|page)|great "
        r"(?:post|work) |media (?:player|centre|studies|kit|enquir\w+)|"
        r"viral (?:infection|marketing|fever|load|video (?:of yours|was))|(?:share|post|tell) (?:\w+ ){0,3}(?:your "
        r"(?:story|photos?|experience)|with friends)|read (?:it |about \w+ )?in the|saw (?:it |you |your \w+ )?(?:in|"
        r"on) the|love(?:d)? (?:your|the|listening)|advert|read (?:such )?(?:a lot )?in the|rash went|talk in the|"
        r"\bin (?:19\d\d|200\d)\b",
        fires=(
            "I am going to the press with this.",
            "A journalist from the local paper is already interested.",
            "I'll make this go viral if nobody calls me.",
        ),
        silent=(
            "I saw your job in the local newspaper.",
            "I won't go to the press, I just want it mended.",
            "Who runs your media centre?",
            "The chairs are torture and the radio is worse.",
            "I wouldnae dream of going to the papers.",
        ),
    ),
)
