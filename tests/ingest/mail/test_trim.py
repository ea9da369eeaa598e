"""What a customer wrote stays; what somebody else wrote goes, if that is certain."""

# Letters of other scripts are meant to be what they are.
# ruff: noqa: RUF001

from __future__ import annotations

import pytest

from ingest.mail.trim import trim_reply

ATTRIBUTIONS = [
    "On Tue, 3 Mar 2026 at 16:20, Customer Care <care@shop.example> wrote:",
    "On Tue, 3 Mar 2026 at 16:20, Customer Care <\ncare@shop.example> wrote:",
    "Le mar. 3 mars 2026 à 16:20, Service <care@shop.example> a écrit :",
    "Am 03.03.2026 um 16:20 schrieb Kundendienst <care@shop.example>:",
    "El 3 mar 2026, a las 16:20, Servicio <care@shop.example> escribió:",
    "Il giorno mar 3 mar 2026 alle ore 16:20 Servizio <care@shop.example> ha scritto:",
    "Op di 3 mrt 2026 om 16:20 schreef Klantenservice <care@shop.example>:",
    "Em ter., 3 de mar. de 2026 às 16:20, Atendimento <care@shop.example> escreveu:",
    "W dniu 3.03.2026 o 16:20, Obsługa <care@shop.example> pisze:",
    "Den 3. mar. 2026 kl. 16.20 skrev Kundeservice <care@shop.example>:",
    "вт, 3 мар. 2026 г. в 16:20, Служба <care@shop.example> написал:",
    "在 2026年3月3日 16:20，客服 <care@shop.example> 写道：",
    "2026年3月3日(火) 16:20 サポート <care@shop.example>:",
    "---- On Tue, 03 Mar 2026 16:20:00 +0000 Care &lt;care@shop.example&gt; wrote ----",
]


@pytest.mark.parametrize("attribution", ATTRIBUTIONS)
def test_quoted_history_goes_in_many_languages(attribution: str) -> None:
    assert trim_reply(f"My own words.\n\n{attribution}\n\n> Please send a photo.\n> Care") == "My own words."


@pytest.mark.parametrize("attribution", ATTRIBUTIONS)
def test_unquoted_history_under_a_clear_attribution_goes_too(attribution: str) -> None:
    assert trim_reply(f"My own words.\n\n{attribution}\n\nPlease send a photo.\nCare") == "My own words."


@pytest.mark.parametrize(
    "block",
    [
        "From: Care <care@shop.example>\nSent: Tuesday, 3 March 2026 16:20\nTo: Ada\nSubject: Your case",
        "Von: Kundendienst\nGesendet: Dienstag, 3. März 2026 16:20\nAn: Ada\nBetreff: Ihr Fall",
        "De : Service\nEnvoyé : mardi 3 mars 2026 16:20\nÀ : Ada\nObjet : Votre dossier",
        "*From:* Care\n*Sent:* 3 March\n*To:* Ada\n*Subject:* Your case",
        "-----Original Message-----",
        "---------- Forwarded message ---------",
        "Begin forwarded message:",
        "-----Ursprüngliche Nachricht-----",
    ],
)
def test_an_older_mail_below_its_head_goes(block: str) -> None:
    assert trim_reply(f"My own words.\n\n{block}\n\nDear Ada, please wait.") == "My own words."


@pytest.mark.parametrize(
    "own",
    [
        "Flight details:\nFrom: London\nTo: Madrid\nDate: 4 May\n\nI was refused boarding.",
        "On 3 May 2024 at 14:30 your agent wrote:\n\nYou will get a refund.\n\nI never did.",
        "Last week you wrote:\n\nWe will call you.\n\nNobody called.",
        "First problem\n\n-----------\n\nThe lamp is broken.",
        "My list\n***\nlamp\n***\nbulb",
        "The item was\nSent with my last order and arrived broken, like the phone before",
        "I called from mobile",
        "From my side all good now",
        "2024-05-03 17:21 called you, no answer\n2024-05-04 09:00 called again",
        "They wrote:\nno.\nI say: yes.",
        "Subject: refund\nTo: you\nplease pay",
        "> is the mark I mean\n\nnothing else",
        "```\n> not a quote\n-- \nnot a signature\n```",
        "Dear all,\n--\nI forgot to say:\n" + "the boiler leaks and nobody comes. " * 40,
    ],
)
def test_a_customers_own_words_are_never_taken_for_history(own: str) -> None:
    assert trim_reply(f"Hello,\n\n{own}").split() == f"Hello,\n\n{own}".split()


def test_answers_between_quoted_questions_keep_the_questions() -> None:
    text = "On 3 Mar 2026 at 10:00 Care <care@shop.example> wrote:\n> When?\n\nYesterday.\n\n> Where?\n\nIn Leeds."

    assert trim_reply(text) == "> When?\n\nYesterday.\n\n> Where?\n\nIn Leeds."


def test_an_answer_below_the_only_quote_stands_alone() -> None:
    assert trim_reply("On 3 Mar 2026 at 10:00 Care <care@shop.example> wrote:\n> When?\n\nYesterday.") == "Yesterday."


@pytest.mark.parametrize(
    "signature",
    [
        "Sent from my iPhone",
        "Get Outlook for Android",
        "Von meinem iPhone gesendet",
        "Envoyé de mon iPhone",
        "-- \nAda\n12 Mill Lane",
        "Enviado desde mi iPhone",
        "Отправлено с iPhone",
        "发自我的iPhone",
        "Verzonden vanaf mijn Samsung telefoon",
    ],
)
def test_signatures_go(signature: str) -> None:
    assert trim_reply(f"My own words.\n\n{signature}") == "My own words."


@pytest.mark.parametrize("text", ["> only a quote", "-- \nAda", "Sent from my iPhone", "-----\n-----"])
def test_a_text_of_nothing_else_is_returned_whole(text: str) -> None:
    assert trim_reply(text).split() == text.split()


def test_a_forwarded_mail_without_own_words_keeps_its_text() -> None:
    head = "---------- Forwarded message ---------\nFrom: N <n@x.example>\nDate: today\nSubject: lift"
    text = f"{head}\n\nThe lift is stuck."

    assert trim_reply(text) == "The lift is stuck."


def test_a_text_too_long_to_search_is_kept_whole() -> None:
    text = "word\n" * 30_000 + "> quoted"

    assert trim_reply(text) == text
