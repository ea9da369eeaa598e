"""How mail programs, in many languages, announce what somebody else wrote.

Every pattern is anchored, looks at one short line (or a few joined ones, cut at `LINE_CHARS`), and has no nested
repetition, so that no text can make it slow.
"""

# Words of other scripts are meant to be what they are.
# ruff: noqa: RUF001

from __future__ import annotations

import re

LINE_CHARS = 500

#: A line of nothing but rule characters, at least two.
RULE = re.compile(r"\s*(?:[-*#~=_+\u2013\u2014\u2500\u2501.]\s?){2,}\Z")
#: The signature mark of RFC 3676, and the rules that some programs put in its place.
SIGNATURE_MARK = re.compile(r"\s{0,3}(?:--|\u2014\u2014|\u2013\u2013)\s*\Z")
QUOTE = re.compile(r"\s{0,3}[>\uff1e]")
#: Quotes marked with the initials or first name of who is quoted: `JD> `.
INITIALS_QUOTE = re.compile(r"\s{0,2}[A-Za-z]{1,10}>(?:\s|\Z)")
FENCE = re.compile(r"\s{0,3}```")
#: Characters that programs leave in otherwise empty lines.
INVISIBLE = re.compile("[\u1427\u200b\u200c\u200d\u2060\ufeff\u00ad\u200e\u200f]")

_DEVICE = (
    r"i ?phone|i ?pad|i ?pod|android|mobile|mobil\w*|phone|smart ?phone|cell\w*|handy|blackberry|samsung|"
    r"galaxy|huawei|xiaomi|nokia|htc|"
    r"pixel|windows (?:mail|phone|\d+)|outlook|yahoo|gmail|proton\s?mail|mailbox|airmail|mailspring|"
    r"thunderbird|k-9|spark|"
    r"aqua ?mail|bluemail|superhuman|gmx|web\.de|mail\.ru|tablet|laptop|pc|computer|device|appareil|t[ée]l[ée]phone|"
    r"celular|m[óo]vil|dispositivo|telefon\w*|телефон\w*|устройств\w*|mail\b"
)
#: A whole line that a program adds under what its user wrote.
PROGRAM_SIGNATURE = re.compile(
    r"[\s(<\[*_-]*(?:"
    rf"sent (?:via|with|by|using|on) (?:my |a |the )?(?:{_DEVICE})[^.!?\n]{{0,40}}|"
    r"sent from [^\n]{1,110}|from my [\w -]{2,25}|"
    r"get (?:\[?outlook for|the new)[^\n]{0,80}|"
    r"(?:envoy[ée]|exp[ée]di[ée]) (?:depuis|de|à partir de|avec|par)[^\n]{2,60}|"
    r"(?:diese (?:nachricht|e-?mail|mail) wurde )?(?:von|mit) mei\w+[^\n]{2,60}(?:gesendet|geschickt|"
    r"gesandt|verschickt)\b[^\n]{0,20}|"
    r"(?:gesendet|verschickt) (?:von|mit|aus|[üu]ber)[^\n]{2,60}|"
    r"(?:verzonden|verstuurd|verstuurt) (?:met|vanaf|vanuit|via|van)[^\n]{2,60}|"
    r"enviad[oa] (?:desde|con|do|de|a partir d|pel|atrav[ée]s)[^\n]{2,60}|"
    r"(?:inviato|spedito|inviata) (?:da|dal|con|tramite)[^\n]{2,60}|"
    r"(?:skickat|s[äa]nt|sendt|lagt) (?:fr[åa]n?|fra|med|via)[^\n]{2,60}|"
    r"l[äa]hetetty [^\n]{2,60}|(?:wys[łl]an[eoay]|wiadomo[śs][ćc] wys[łl]ana) (?:z|przez|za)[^\n]{2,60}|"
    r"odesl[áa]no (?:z|ze|pomoc)[^\n]{2,60}|odoslan[ée] (?:z|zo)[^\n]{2,60}|trimis (?:de pe|din|cu)[^\n]{2,60}|"
    r"(?:отправлено|отправлена|послано|надіслано|відправлено) (?:с|со|из|з|від)[^\n]{2,60}|"
    r"(?:从|從|由|來自|来自|发自|發自|自)\s?(?:我的)?\s?[^\n]{1,30}?(?:[傳传发發][送出][^\n]{0,6})|发自我的[^\n]{1,30}|"
    r"[^\n]{1,30}から送信[^\n]{0,6}|나의 [^\n]{1,20}에서 보냄|"
    r"[^\n]{1,30}(?:['\u2019]?(?:den|dan|mdan|imden|[ıi]mdan)) g[öo]nderildi"
    r")[\s)>\].*_-]*\Z",
    re.IGNORECASE,
)
#: How an ASCII line that fits `PROGRAM_SIGNATURE` may begin, in lower case.
PROGRAM_WORDS = (
    "sent ",
    "from my ",
    "get ",
    "envoye ",
    "expedie ",
    "diese ",
    "von ",
    "mit ",
    "gesendet ",
    "verschickt ",
    "verzonden ",
    "verstuurd ",
    "verstuurt ",
    "enviad",
    "inviat",
    "spedito ",
    "skickat ",
    "sendt ",
    "lagt ",
    "wyslan",
    "wiadomosc ",
    "trimis ",
)
#: Names a device or a mail program. A line that names none must be very short to count as a program's.
DEVICE = re.compile(rf"(?<![^\W\d_])(?:{_DEVICE})(?![^\W\d_])|送信|보냄|我的", re.IGNORECASE)
#: A name and a device, `Someone from mobile`: counts only beside a program's signature.
NAME_FROM_DEVICE = re.compile(rf"\s{{0,3}}\w+(?: \w+)? from (?:my )?(?:{_DEVICE})\s*\Z", re.IGNORECASE)
URL = re.compile(r"https?://[^\s<>\])]{1,300}")

_VERBS = (
    r"wrote|writes|a [ée]crit|schrieb|schreibt|geschrieben|geschreven|schreef|escribi[óo]|ha escrito|"
    r"escreveu|ha scritto|scrisse|"
    r"skrev|skrifa[ðd]i|kirjoitti|napisa[łl]\(a\)|napisa[łlo]\w*|pisze|napsal\w*|nap[íi]sal\w*|[íi]rta|"
    r"a scris|scris|rakst[īi]ja|ra[šs][ėe]|"
    r"kirjutas|pi[šs]e|pisao|yazd[ıi]|[ée]grapse|έγραψε|написал\w*|пишет|пише|написав\w*|написа|"
    r"写道|寫道|写到|書きました|のメール|님이 작성|작성|كتب|כתב\w*|đã viết|menulis|เขียน"
)
VERB = re.compile(rf"(?<![^\W\d_])(?:{_VERBS})(?![^\W\d_])|写道|寫道|書きました|작성|님이", re.IGNORECASE)
_YEAR_OR_DATE = r"(?:19|20)\d\d|\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d{4}[年년./-]"
DATE = re.compile(_YEAR_OR_DATE)
TIME = re.compile(r"\d{1,2}\s?[:.h]\s?\d\d|\d{1,2} ?(?:am|pm|uhr)\b|[上下]午\s?\d|오[전후]", re.IGNORECASE)
ADDRESS = re.compile(r"[^\s<>@]{1,100}@[^\s<>@]{2,100}")
#: How an attribution may begin: a preposition or weekday before a date, a date, or a name before an address.
OPENING = re.compile(
    r"\s{0,4}[-*_>|]{0,6}\s?(?:"
    r"(?:on|at|le|el|il|em|am|op|den|dnia|w dniu|dne|d[ňn]a|v|ve|la|p[åa]|kell|data|pada|vào|στις|в|у|"
    r"il giorno|a|el d[íi]a|"
    r"ngày|tarihinde|dana|dátum|[àa]|στισ)\b[^\n]{0,40}\d|"
    r"(?:在|于|於)\s?\d|\d{1,4}[\s./年년-]|[^\W\d_]{2,15}\.?,? (?:den )?\d{1,2}[.\s]|"
    r"[\"'\u201c]?[^\n<>@:!?]{1,100}[\"'\u201d]?\s*(?:<|&lt;|\[mailto:)|[^\s<>@]{1,64}@[^\s<>@]{2,100}+(?!>)"
    r")",
    re.IGNORECASE,
)
#: Words of somebody telling what happened; a program's attribution has none.
TELLING = re.compile(
    r"(?<![^\W\d_])(?:your|my|our|his|her|their|they|he|she|we|i|who|the|support|agent|team|colleague|"
    r"someone|somebody|"
    r"ihr|ihre|ihrer|mein|unser|wir|ich|sie|er|der|die|votre|vos|mon|notre|nous|elle|qui|su|mi|nuestr[oa]|nos|que|"
    r"uw|mijn|onze|jullie|ik|suo|vostro|mio|seu|sua|meu|minha)(?![^\W\d_])",
    re.IGNORECASE,
)
IN_BRACKETS = re.compile(
    r"[<\[(](?:mailto:)?[^\s<>@]{1,100}@[^\s<>@]{2,100}[>\])]|&lt;[^\s@]{1,100}@|<\s[^\s<>@]{1,100}@"
)
#: The end of an attribution whose address was broken across lines; looks like a quoted line.
BROKEN_ENDING = re.compile(r">\s?[^\n>]{0,40}[:：]\s*\Z")
#: Attributions without a verb: `2016-03-03 17:21 GMT+01:00 Some One`, `2013/7/20 sam <a@b.c>`.
VERBLESS = re.compile(
    r"\s{0,3}(?:\d{4}-\d\d-\d\d \d{1,2}:\d\d (?:GMT|UTC)[+-]\d\d:?\d\d .{1,200}|"
    r"\d{4}[/年-]\d{1,2}[/月-]\d{1,2}日?(?:\([^)]{1,6}\))?,? [^\n]{0,120}"
    r"<[^<>\n]{3,120}@[^<>\n]{3,120}>\s*[:：]?)\s*\Z",
)
VERBLESS_OPEN = re.compile(r"\s{0,3}\d{4}-\d\d-\d\d \d{1,2}:\d\d (?:GMT|UTC)[+-]\d\d:?\d\d [^\n]{1,200}<\s*\Z")
ENDING = re.compile(r"(?:[:：]|\bwrote\s*-{2,}|\bwrote)\s*[*_]{0,2}\Z", re.IGNORECASE)

_ORIGINAL = (
    r"original (?:message|e-?mail|mail|appointment)|forwarded (?:message|by)[^\n]{0,60}|"
    r"weitergeleitete (?:nachricht|mail)|"
    r"urspr[üu]ngliche (?:nachricht|mail|e-?mail)|original-?nachricht|message (?:d'|d\u2019)origine|"
    r"message (?:original|transf[ée]r[ée])|"
    r"courriel original|mensaje (?:original|reenviado)|mensagem (?:original|encaminhada)|"
    r"messaggio (?:originale|inoltrato)|"
    r"oorspronkelijk(?:e)? bericht|doorgestuurd bericht|originalmeddelande|ursprungligt meddelande|"
    r"oprindelig meddelelse|"
    r"opprinnelig melding|videresendt melding|alkuper[äa]inen viesti|oryginalna wiadomo[śs][ćc]|"
    r"wiadomo[śs][ćc] oryginalna|"
    r"p[ůu]vodn[íi] (?:zpr[áa]va|e-?mail)|p[ôo]vodn[áa] spr[áa]va|eredeti [üu]zenet|mesaj original|"
    r"orijinal mesaj|[ıi]letilen ileti|"
    r"исходное сообщение|пересылаемое сообщение|оригинальное сообщение|вихідне повідомлення|"
    r"原始邮件|原始郵件|转发的?邮件|轉寄郵件|元のメッセージ|転送(?:された)?メッセージ|"
    r"원본 메시지|전달된 메시지|الرسالة الأصلية|הודעה מקורית"
)
FORWARD_MARK = re.compile(
    rf"\s{{0,3}}\*?[-_=*]{{2,60}}\s?(?:{_ORIGINAL})\s*:?\s?[-_=*]{{2,60}}\*?\s*\Z|"
    r"\s{0,3}(?:begin forwarded message|anfang der weitergeleiteten (?:nachricht|e-?mail)|"
    r"d[ée]but du message (?:r[ée]exp[ée]di[ée]|transf[ée]r[ée])|"
    r"inicio del mensaje reenviado|in[íi]cio da mensagem (?:encaminhada|reenviada)|inizio messaggio inoltrato|"
    r"begin doorgestuurd bericht|vidarebefordrat brev|videresendt besked|"
    r"начало переадресованного сообщения|転送されたメッセージ)\s*[:：]\s*\Z",
    re.IGNORECASE,
)
_FROM = (
    r"from|von|de|da|van|fr[åa]n?|fra|od|от|від|l[äa]hett[äa]j[äa]|felad[óo]|kimden|g[öo]nderen|"
    r"发件人|寄件者|差出人|보낸 ?사람|من|מאת|από|de la"
)
_SUBJECT = (
    r"subject|betreff|objet|asunto|oggetto|assunto|onderwerp|[äa]mne|emne|aihe|temat|p[řr]edm[ěe]t|predmet|"
    r"t[áa]rgy|subiect|konu|тема|"
    r"主题|主旨|件名|제목|الموضوع|נושא|θέμα"
)
_OTHER = (
    r"sent|date|to|cc|bcc|reply-?to|importance|attachments?|gesendet(?: am)?|datum|an|kopie|envoy[ée]|[àa]|"
    r"cc|enviado(?: el| em)?|fecha|para|"
    r"inviato|data|a|verzonden|aan|skickat|till|sendt|til|kopi|l[äa]hetetty|vastaanottaja|wys[łl]ano|do|dw|"
    r"odesl[áa]no|komu|kopie|"
    r"odoslan[ée]|k[üu]ldve|c[íi]mzett|trimis|c[ăa]tre|g[öo]nderildi|kime|tarih|отправлено|дата|кому|копия|надіслано|"
    r"发送时间|收件人|抄送|日期|時間|寄件日期|收件者|副本|送信日時|宛先|日時|"
    r"받는 ?사람|보낸 ?날짜|날짜|تاريخ|إلى|אל|תאריך|risposta|rispondi a|"
    r"antwort an|r[ée]pondre [àa]|responder a|sendt den|dato|p[åa]|kl"
)
HEADER_FROM = re.compile(rf"\s{{0,3}}\*?(?:{_FROM})\s?[:：]\*?\s*(\S[^\n]*)?\Z", re.IGNORECASE)
HEADER_SUBJECT = re.compile(rf"\s{{0,3}}\*?(?:{_SUBJECT})\s?[:：]", re.IGNORECASE)
HEADER_ANY = re.compile(rf"\s{{0,3}}\*?(?:{_FROM}|{_SUBJECT}|{_OTHER})\s?[:：]", re.IGNORECASE)
