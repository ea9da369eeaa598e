"""Bounces in prose: what mail systems write when they do not follow RFC 3464.

Facts about wordings were gathered from the bounces of some hundred systems; the rules are general on purpose:

1. Only the report counts: reading stops where the returned mail begins (a line that announces a copy, or a bare
   `Received:` or `Return-Path:` field) and after `MOST_CHARS`.
2. An address has failed if it stands at the start of a line (perhaps in brackets, after a bullet or a label such as
   `Recipient:`), or right behind words such as "undeliverable to" or "unknown user:". Failing that, the first other
   address counts. The report's own sender never does, nor do addresses on lines about contact or header lines.
"""

from __future__ import annotations

import re

MOST_CHARS = 20_000
_MOST_LINES = 400
_LINE_CHARS = 400

SUBJECT = re.compile(
    r"undeliver|non[- ]?deliver|not (?:be )?deliver|return(?:ed|ing) (?:e?-?mail|message|to sender)|returned:? |"
    r"deliver\w* (?:status|fail|problem|error|report|warning|notification|has failed|delay|impossible|unsuccessful)|"
    r"(?:mail|message|delivery|email)[^a-z]{0,3}(?:delivery )?(?:failed|failure|problem)|failure (?:notice|"
    r"delivery|notification)|"
    r"fail(?:ed|ure)? (?:mail|delivery|to deliver)|couldn't be delivered|could not (?:be )?(?:deliver|sen)|"
    r"cannot be delivered|"
    r"mail system error|mail error|rejected mail|processing error|delayed (?:mail|\d+)|(?:message|"
    r"mail) (?:\S+ )?delayed|"
    r"not yet been delivered|user unknown|unknown (?:user|address)|mailbox (?:full|unavailable)|over quota|"
    r"(?:are|is) not (?:a )?member|loop alert|problem delivering|unable to deliver|error (?:sending|"
    r"delivering)|address (?:not found|rejected|unknown)|"
    r"unzustellbar|nicht zustell|zustell(?:ung|bar)|non remis|echec de|échec de|non[- ]?distribu|nicht ausgeliefert|"
    r"no entregad|impossibile recapit|mancata consegna|non recapitat|onbestelbaar|niet bezorgd|n[ãa]o entregue|"
    r"недоставлен|не доставлен|невозможно доставить|возвращ|"
    r"退信|無法傳遞|无法送达|投递失败|配信(?:エラー|不能)|送信エラー|エラー通知|"
    r"不達|リターンメール|반송|배달 실패",
    re.IGNORECASE,
)
#: Words that stand in a report and hardly ever in a mail from a person.
REPORT = re.compile(
    r"(?:could|can|was|were|is|has|have|did|been|will|be)\s?(?:not|n't|not been|not yet been|"
    r"unable to)\s(?:be\s|been\s)?"
    r"(?:successfully\s)?(?:deliver|sent|reach|receive|relay|transmit)|"
    r"undeliverable|undelivered|non-?deliver|not deliver(?:ed|able)|unable to (?:deliver|relay|send|reach)|"
    r"cannot be delivered|"
    r"deliver\w+ (?:has |to [^\n]{0,80})?fail|failed to deliver|failed (?:recipient|address|permanently)|"
    r"failure reasons|"
    r"delivery (?:errors?|problems?|failure|status|attempts)|permanent (?:fatal )?error|"
    r"transient (?:non-)?fatal error|"
    r"this is the [^\n]{0,60}(?:program|mail delivery|mail system)|mail delivery (?:software|agent|system|subsystem)|"
    r"following (?:recipient|address|destination|user)\w*(?:\(e?s\))? (?:was|were|had|fail|could|did|cannot|can't)|"
    r"did not reach|recipient(?:'s)? (?:name |address )?(?:is |was )?(?:not recogni[sz]ed|unknown|rejected)|"
    r"user (?:is )?unknown|unknown user|no such (?:user|recipient|address|mailbox)|invalid (?:user|"
    r"recipient|final delivery)|"
    r"user not found|mailbox (?:is )?(?:full|unavailable|not found|disabled|disk quota)|(?:over|"
    r"exceed\w*) (?:\w+ )?quota|"
    r"message (?:could not|was not|cannot|has been (?:returned|rejected))|host (?:unknown|not found)|"
    r"returned (?:mail|message|to sender)|returning (?:mail|message)|mail (?:was |is |has been )?returned|"
    r"rejected (?:by|for)|automatically rejected|returned because|has been postponed|account (?:is |"
    r"has been )?(?:disabled|suspended)|"
    r"address(?:es)? had (?:permanent|transient|delivery)|transcript of session|you sent (?:to|could)|"
    r"not listed in (?:domino|public)|smtp error|remote (?:host|mail server|server|smtp server) (?:said|"
    r"rejected|returned|replied)|"
    r"not a member of this mailing list|duplicated message-id|"
    r"nicht zugestellt|nicht ausgeliefert|konnte nicht|unzustellbar|pas pu [êe]tre|non remis|n'a pas [ée]t[ée]|"
    r"no (?:se )?(?:ha |pudo |puede )?(?:podido )?(?:ser )?entrega|"
    r"non [èe] stat[oa] (?:possibile )?(?:consegna|recapita)|"
    r"не может быть доставлен|не доставлен|невозможно доставить|невозможно|不能送达|无法发送|无法投递|"
    r"届けられません|配信できません|送信できません|配送できません|あて先|宛先|返送|エラー|受信者|送信に失敗|見つかりません",
    re.IGNORECASE,
)
COPY = re.compile(
    r"^[ \t>*|=_-]*(?:(?:this is |here is |included is |below (?:this|the next|is) )?(?:the |a )?(?:line is )?(?:a )?"
    r"(?:copy of (?:the|your)|original message|original mail|returned (?:mail|message)|unsent message|"
    r"undelivered message|"
    r"message headers?\b|(?:start of )?(?:the )?returned message|the header|non-delivered|message text|old message|"
    r"first \d+ lines|the following (?:mail|message) has been)|"
    r"--+ ?(?:message|original|forwarded|below|the header|returned|unsent|undelivered|body of|copy|header)|"
    r"below (?:this|the next) line|included is a copy|here is a copy|original message|-----original|"
    r"the first \d+ lines|"
    r"received: |return-path: ?<|---- ?(?:start|begin)|\*+ ?original)",
    re.IGNORECASE | re.MULTILINE,
)
#: Decides whatever else the report says.
STILL_TRYING = re.compile(
    r"not yet been delivered|delivery attempts will|will (?:continue to try|be retried|keep trying)|"
    r"still being retried|"
    r"no action is required|has been postponed",
    re.IGNORECASE,
)
DELAYED = re.compile(
    r"delayed|not yet been delivered|will (?:continue|be retried|keep trying|retry)|still (?:being|trying)|postponed|"
    r"no action is required|has been queued|warning: message|temporar(?:y|ily)[^\n]{0,40}(?:will|again)|"
    r"retry (?:for|until)|"
    r"delivery attempts will continue",
    re.IGNORECASE,
)
GIVEN_UP = re.compile(
    r"given up|giving up|permanent(?:ly)?|will not be retried|not be delivered|has failed|delivery failed|"
    r"\bfailed\b|no further",
    re.IGNORECASE,
)
#: What only a program writes; required where the sender does not look like a mail system.
UNMISTAKABLE = re.compile(
    r"(?<![\d.])[45]\.\d\.\d{1,3}(?![\d.])|transcript of (?:the )?session|(?:remote|smtp) (?:host|server|"
    r"error)[^\n]{0,30}(?:said|returned|:)|"
    r"did not reach the following recipient|this is the [^\n]{0,60}program at|mail delivery (?:software|"
    r"agent|subsystem)|"
    r"could not be delivered to(?: the following recipients?)?:?\s+<?[^\s@<>]{1,64}@|\brcpt to:|"
    r"permanent fatal error|"
    r"not a member of this mailing list|duplicated message-id|non-delivery report|delivery attempts will",
    re.IGNORECASE,
)
CODE = re.compile(r"\b[45]\d\d[ -]|\b[45]\.\d{1,3}\.\d{1,3}\b|#[45]\.\d\.\d")
_ENHANCED = re.compile(r"(?<![\d.])([45]\.\d{1,3}\.\d{1,3})(?![\d.])")
_BASIC = re.compile(r"(?<![\d.@-])([45]\d\d)(?=[ -][A-Za-z<#\d])")

_MAILBOX = r"[A-Za-z0-9_.!#$%&'*+/=?^`{|}~-]{1,100}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,200}[A-Za-z0-9])?"
_PREFIX = re.compile(r"(?:smtp|rfc822|mailto)[=:;]", re.IGNORECASE)
_ANY = re.compile(rf"(?<![A-Za-z0-9@]){_MAILBOX}")
_AT_START = re.compile(
    r"^[\s>*|\-\u2022(\"'\[]*(?:(?:failed |final |intended |invalid )?(?:recipient|address(?:ee)?|user|to|user name|"
    r"undeliverable address|addressed to|mailbox|rcpt to|recipients?|"
    r"e-?mail(?: address)?)(?: \(?(?:address|name)\)?)?\s*[:=]\s*)?"
    rf"(?:\[?smtp:|mailto:|dda:smtp=)?[<\"'\[(]*({_MAILBOX})",
    re.IGNORECASE,
)
_AFTER_WORDS = re.compile(
    r"(?:undeliverable\s+to|unknown user:?|invalid final delivery userid:|attempts:|"
    r"addressed to(?: email address)?:?|delivery to|"
    r"message to|mail to|deliver(?:ed)? to|message for|mail for|recipient|smtp=|user|mailbox|rcpt to:|"
    r"address(?: \w+)?:?|to the address|"
    r"reach|account|sent to|550[^<\n]{0,60}|553[^<\n]{0,60}|554[^<\n]{0,60})"
    rf"(?:[\s:]+['\"<(\[]*|['\"<(\[]+)({_MAILBOX})",
    re.IGNORECASE,
)
_EXPANDED = re.compile(rf"\(expanded from: <?({_MAILBOX})", re.IGNORECASE)
#: Behind these words the addresses that failed are listed; what stands before is about the mail itself.
_LISTED_BELOW = re.compile(
    r"(?:did not reach|(?:could|was|were) not (?:be )?deliver\w+ to|could not be reached|"
    r"following (?:recipient|address|destination))"
    r"[^\n]{0,120}:[ \t]*$",
    re.IGNORECASE | re.MULTILINE,
)
_NOT_FAILED = re.compile(
    r"contact|questions|assistance|administrator|help ?desk|support|^[\s>]*(?:from|sender|cc|reply-to|"
    r"return-path|message-id|"
    r"subject|mail from|references|in-reply-to|x-[a-z-]+)\b[^\n]{0,3}:|mail from:|gateway|please (?:send|"
    r"write|forward)|"
    r"<<<|>>> (?!rcpt)|\bby \S+ with\b|\bfrom <",
    re.IGNORECASE,
)


def report_of(text: str) -> tuple[str, bool]:
    """Return the part of a text that is the mail system's report, and whether a returned mail follows it."""
    head = text[:MOST_CHARS]
    copy = COPY.search(head)
    # A report may open with such a line ("Original message follows" never stands first without a word before).
    while copy and not head[: copy.start()].strip():
        copy = COPY.search(head, copy.end())
    return (head[: copy.start()], True) if copy else (head, False)


def failed_addresses(report: str, not_these: frozenset[str]) -> tuple[str, ...]:
    """Return the addresses that a report names as not reached, in order, each once; at most 100."""
    listed = _LISTED_BELOW.search(report)
    if listed:
        below = _failed_in(report[listed.end() :], not_these)
        if below:
            return below
    return _failed_in(report, not_these)


def _failed_in(report: str, not_these: frozenset[str]) -> tuple[str, ...]:
    at_start: list[str] = []
    after_words: list[str] = []
    others: list[str] = []
    for line in report.split("\n")[:_MOST_LINES]:
        line = line[:_LINE_CHARS]
        if "@" not in line:
            continue
        expanded = _EXPANDED.search(line)
        if expanded and at_start:
            _keep(expanded[1], at_start, not_these)
            continue
        if _NOT_FAILED.search(line):
            continue
        start = _AT_START.match(line)
        if start:
            _keep(start[1], at_start, not_these)
            continue
        for match in _AFTER_WORDS.finditer(line):
            _keep(match[1], after_words, not_these)
        for match in _ANY.finditer(line):
            _keep(match[0], others, not_these)
    return tuple((at_start or after_words or others[:1])[:100])


def status_of(report: str) -> str:
    """Return the first enhanced status code in a report, else the first basic one, else an empty string."""
    found = _ENHANCED.search(report) or _BASIC.search(report)
    return found[1] if found else ""


def diagnostic_of(report: str) -> str:
    """Return the line that gives the reason: the one with a status code, else an empty string."""
    for line in report.split("\n")[:_MOST_LINES]:
        if CODE.search(line[:_LINE_CHARS]):
            return " ".join(line.split())[:500]
    return ""


def _keep(address: str, kept: list[str], not_these: frozenset[str]) -> None:
    address = _PREFIX.sub("", address.strip("'")).rstrip(".")
    local, _, domain = address.rpartition("@")
    written = f"{local}@{domain.lower()}"
    if written.lower() not in not_these and "." in domain and written not in kept:
        kept.append(written)
