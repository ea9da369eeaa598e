"""The pages of posts look as the X API v2 gives them (data dictionary: post, user, meta)."""

from datetime import datetime
from typing import Any

import pytest

from tests.samples.reading import expected, pages, posts

PAGES = pages()
#: Milliseconds that ids count from, and the bits below them.
EPOCH_MS, LOW_BITS = 1_288_834_974_657, 22
EXPECTED = {entry.file: entry for entry in expected()}
BY_ID = {post["id"]: post for _, post in posts()}
OWN = "NorthmoorHelp"


def _usernames() -> dict[str, str]:
    return {user["id"]: user["username"] for _, page in PAGES for user in page["includes"]["users"]}


@pytest.mark.parametrize(("name", "page"), PAGES)
def test_a_page_counts_its_posts_and_runs_from_new_to_old(name: str, page: dict[str, Any]) -> None:
    ids = [int(post["id"]) for post in page["data"]]
    assert ids == sorted(ids, reverse=True)
    assert page["meta"]["result_count"] == len(ids)
    assert (page["meta"]["newest_id"], page["meta"]["oldest_id"]) == (str(ids[0]), str(ids[-1]))


def test_pages_lead_to_each_other_by_tokens() -> None:
    metas = [page["meta"] for _, page in PAGES]
    assert ["next_token" in meta for meta in metas] == [True] * (len(metas) - 1) + [False]
    assert ["previous_token" in meta for meta in metas] == [False] + [True] * (len(metas) - 1)


@pytest.mark.parametrize(("ref", "post"), list(posts()), ids=lambda value: value if isinstance(value, str) else "")
def test_a_post_has_the_fields_of_the_api(ref: str, post: dict[str, Any]) -> None:
    assert {"id", "text", "author_id", "created_at", "conversation_id", "lang"} <= set(post)
    assert {"retweet_count", "reply_count", "like_count", "quote_count"} <= set(post["public_metrics"])
    assert post["edit_history_tweet_ids"][-1] == post["id"]
    assert len(post["text"]) <= 280, ref


@pytest.mark.parametrize("post", BY_ID.values(), ids=BY_ID.keys())
def test_the_id_of_a_post_holds_the_time_it_was_made(post: dict[str, Any]) -> None:
    made = datetime.fromisoformat(post["created_at"])
    assert (int(post["id"]) >> LOW_BITS) + EPOCH_MS == round(made.timestamp() * 1000)


@pytest.mark.parametrize("post", BY_ID.values(), ids=BY_ID.keys())
def test_entities_point_at_their_words(post: dict[str, Any]) -> None:
    entities = post.get("entities", {})
    marks = [(m, "@" + m["username"]) for m in entities.get("mentions", [])]
    marks += [(url, url["url"]) for url in entities.get("urls", [])]
    marks += [(tag, "#" + tag["tag"]) for tag in entities.get("hashtags", [])]
    assert [post["text"][mark["start"] : mark["end"]] for mark, _ in marks] == [words for _, words in marks]


@pytest.mark.parametrize(("name", "page"), PAGES)
def test_every_author_is_among_the_included_users(name: str, page: dict[str, Any]) -> None:
    users = {user["id"] for user in page["includes"]["users"]}
    assert {post["author_id"] for post in page["data"]} <= users
    assert all({"id", "name", "username"} <= set(user) for user in page["includes"]["users"])


def test_an_answer_stays_in_the_conversation_of_what_it_answers() -> None:
    answers = [
        (post, BY_ID[referenced["id"]])
        for post in BY_ID.values()
        for referenced in post.get("referenced_tweets", [])
        if referenced["type"] == "replied_to"
    ]
    assert len(answers) >= 8
    for post, answered in answers:
        assert post["conversation_id"] == answered["conversation_id"]
        assert post["in_reply_to_user_id"] == answered["author_id"]
        assert post["created_at"] > answered["created_at"]


def test_our_own_posts_and_only_they_are_expected_as_own() -> None:
    names = _usernames()
    assert {ref for ref, post in posts() if names[post["author_id"]] == OWN} == {
        ref for ref, entry in EXPECTED.items() if entry.fate == "own"
    }


def test_whoever_is_no_reposter_mentions_us_or_is_us_or_joins_a_conversation_with_us() -> None:
    names = _usernames()
    strangers = [
        ref
        for ref, post in posts()
        if f"@{OWN}".lower() not in post["text"].lower() and names[post["author_id"]] != OWN
    ]
    assert strangers == []


def test_one_post_is_cut_and_its_whole_text_lies_beside_it() -> None:
    cut = [post for post in BY_ID.values() if "note_tweet" in post]
    assert len(cut) == 1
    assert cut[0]["text"].endswith("…")
    assert cut[0]["note_tweet"]["text"].startswith(cut[0]["text"].removesuffix("…"))


def test_there_is_a_repost_a_quote_an_edit_and_a_post_on_two_pages() -> None:
    kinds = {referenced["type"] for post in BY_ID.values() for referenced in post.get("referenced_tweets", [])}
    assert kinds == {"replied_to", "quoted", "retweeted"}
    assert any(len(post["edit_history_tweet_ids"]) == 3 for post in BY_ID.values())
    assert sum(page["meta"]["result_count"] for _, page in PAGES) == len(BY_ID) + 1
