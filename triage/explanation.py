"""Why a message was judged as it was, and whether it would be judged so again."""

from __future__ import annotations

from typing import Any

from amends.domain.verdict import Verdict
from amends.ports import Judge
from amends.unit_of_work import JudgedMessage
from triage.components.learned import FAMILY
from triage.rules import all_rules
from triage.stage import to_judge

_LEARNED = "the encoder took these words for such a flag's: see the model's card"


def explanation(judged: JudgedMessage, judge: Judge) -> dict[str, Any]:
    """Tell the verdict that is stored, what each of its rules means, and what is judged today."""
    message, verdict = judged.message, judged.verdict
    says = {rule.name: rule.says for rule in all_rules()}
    [today] = judge.judge([to_judge(message)])
    return {
        "message": message.id,
        "received_at": message.received_at.isoformat(),
        "kind": verdict.kind.value,
        "confidence": round(verdict.confidence, 4),
        "severity": verdict.severity.word if verdict.severity else None,
        "needs_person": verdict.needs_person,
        "flags": [
            {
                "flag": flag.name.value,
                "quote": flag.quote,
                "start": flag.start,
                "end": flag.end,
                "rule": flag.rule,
                "says": _LEARNED
                if flag.rule.startswith(f"{FAMILY}.")
                else says.get(flag.rule, "a rule that is no longer there"),
            }
            for flag in verdict.flags
        ],
        "model": verdict.model,
        "again": _again(verdict, today),
    }


def _again(then: Verdict, today: Verdict) -> str:
    if _told(then) == _told(today):
        return "judged the same today" + ("" if then.model == today.model else f" by {today.model}")
    differs = f"today: {today.kind.value}, severity {today.severity.word if today.severity else 'none'}"
    if then.model != today.model:
        return f"{differs}, by {today.model}, another model or other rules"
    return f"{differs}, by the same model and rules: the message was read otherwise, or the database was changed"


def _told(verdict: Verdict) -> tuple[Any, ...]:
    return (verdict.kind, verdict.severity, verdict.needs_person, verdict.flags)
