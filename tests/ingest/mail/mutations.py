"""Breaks mails on purpose, reproducibly.

`python -m tests.ingest.mail.mutations --count 10000 --seed 1 --out DIR` writes mutants as files, so that
`amends mail parse` can be run over them. The same seed, count and seeds give the same mutants.
"""

from __future__ import annotations

import argparse
import os
import random
import re
from collections.abc import Callable, Iterator
from pathlib import Path

CORPUS = Path(__file__).parents[2] / "corpus" / "mail"
SHARED = Path(os.environ.get("AMENDS_SHARED_DATA", Path(__file__).parents[3].parent / "shared" / "data")) / "mail"

_MOST_BYTES = 400_000
_CHARSETS = [
    b"utf-16",
    b"utf-7",
    b"iso-2022-jp",
    b"hz",
    b"gb2312",
    b"punycode",
    b"base64",
    b"x-unknown",
    b"\xff\xfe",
    b"cp037",
    b"idna",
]
_ENCODINGS = [b"base64", b"quoted-printable", b"x-uuencode", b"8bit", b"nonsense", b""]


def flip_bytes(raw: bytes, chance: random.Random) -> bytes:
    broken = bytearray(raw)
    for _ in range(chance.randint(1, 1 + len(raw) // 50)):
        if broken:
            broken[chance.randrange(len(broken))] = chance.randrange(256)
    return bytes(broken)


def truncate(raw: bytes, chance: random.Random) -> bytes:
    return raw[: chance.randint(0, len(raw))]


def drop_front(raw: bytes, chance: random.Random) -> bytes:
    return raw[chance.randint(0, len(raw)) :]


def duplicate_lines(raw: bytes, chance: random.Random) -> bytes:
    lines = raw.split(b"\n")
    at = chance.randrange(len(lines))
    return b"\n".join(lines[:at] + [lines[at]] * chance.choice([2, 10, 1000]) + lines[at:])


def delete_lines(raw: bytes, chance: random.Random) -> bytes:
    return b"\n".join(line for line in raw.split(b"\n") if chance.random() > 0.1)


def shuffle_lines(raw: bytes, chance: random.Random) -> bytes:
    lines = raw.split(b"\n")
    chance.shuffle(lines)
    return b"\n".join(lines)


def change_line_ends(raw: bytes, chance: random.Random) -> bytes:
    return raw.replace(b"\r\n", b"\n").replace(b"\n", chance.choice([b"\r", b"\r\n", b"\r\r\n", b"\n\r", b"\n\n"]))


def insert_nulls(raw: bytes, chance: random.Random) -> bytes:
    at = chance.randint(0, len(raw))
    return raw[:at] + b"\0" * chance.choice([1, 100, 10_000]) + raw[at:]


def nest_multiparts(raw: bytes, chance: random.Random) -> bytes:
    depth = chance.choice([5, 50, 1000])
    name = chance.choice([b"x%d", b"same", b"x" * 60 + b"%d"])
    boundaries = [name % level if b"%" in name else name for level in range(depth)]
    head = b"".join(
        b'Content-Type: multipart/%s; boundary="%s"\n\n--%s\n' % (chance.choice([b"mixed", b"alternative"]), one, one)
        for one in boundaries
    )
    return b"From: a@example.com\nSubject: deep\n" + head + raw


def nest_messages(raw: bytes, chance: random.Random) -> bytes:
    return b"Content-Type: message/rfc822\n\n" * chance.choice([3, 30, 1000]) + raw


def nest_comments(raw: bytes, chance: random.Random) -> bytes:
    depth = chance.choice([10, 1000, 20_000])
    close = chance.choice([b")" * depth, b"", b")" * (depth // 2)])
    field = chance.choice([b"From", b"To", b"Date", b"Message-ID", b"Content-Type", b"Return-Path"])
    return field + b": " + b"(" * depth + b"x" + close + b" a@example.com\n" + raw


def grow_header(raw: bytes, chance: random.Random) -> bytes:
    piece = chance.choice(
        [
            b"a",
            b'"',
            b"<",
            b"a@b,",
            b"=?",
            b"=?utf-8?q?",
            b"=?utf-8?b?4pya?= ",
            b" \n",
            b"\\",
            b";a=",
            b"[",
            b"@",
            b"a.",
        ]
    )
    field = chance.choice(
        [b"Subject", b"To", b"From", b"References", b"Content-Type", b"Content-Disposition", b"X-Long", b"Date"]
    )
    return field + b": " + piece * (chance.choice([1000, 100_000]) // len(piece)) + b"\n" + raw


def many_headers(raw: bytes, chance: random.Random) -> bytes:
    return b"".join(b"X-%d: %d\n" % (number, number) for number in range(chance.choice([100, 20_000]))) + raw


def lie_about_charset(raw: bytes, chance: random.Random) -> bytes:
    return re.sub(rb"charset\s*=\s*\"?[^\s;\"]+", lambda _: b"charset=" + chance.choice(_CHARSETS), raw)


def lie_about_encoding(raw: bytes, chance: random.Random) -> bytes:
    changed = re.sub(
        rb"(?i)(content-transfer-encoding:)[^\r\n]*", lambda found: found[1] + b" " + chance.choice(_ENCODINGS), raw
    )
    return changed if changed != raw else b"Content-Transfer-Encoding: " + chance.choice(_ENCODINGS) + b"\n" + raw


def swap_boundaries(raw: bytes, chance: random.Random) -> bytes:
    found = sorted(set(re.findall(rb"boundary=\"?([^\s;\"]+)", raw)))
    if not found:
        return b"Content-Type: multipart/mixed; boundary=none\n" + raw
    one = chance.choice(found)
    other = chance.choice([*found, one + b"-", one[:-1], b"", one.upper()])
    return raw.replace(b"--" + one, b"--" + other, chance.choice([1, -1]))


def many_boundaries(raw: bytes, chance: random.Random) -> bytes:
    return b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n" * chance.choice([10, 50_000]) + raw


def break_html(raw: bytes, chance: random.Random) -> bytes:
    piece = chance.choice(
        [
            b"<div>",
            b"<b><i>",
            b"<ul><li>",
            b"<table><tr><td>",
            b"<",
            b"<!--",
            b"<a href='",
            b"&amp",
            b"<p a=1 ",
            b"<blockquote>",
            b"<style>",
            b"<pre>",
            b"</p>",
        ]
    )
    return b"Content-Type: text/html\n\n" + piece * chance.choice([100, 20_000]) + raw[:5000]


def quote_deeply(raw: bytes, chance: random.Random) -> bytes:
    line = chance.choice(
        [
            b">" * 2000,
            b"On Mon, 1 Jan 2024 at 10:00, A <a@b.example> wrote:",
            b"From: a@b.example",
            b"--",
            b"wrote:",
            b"<" * 300,
            b"Sent from my",
        ]
    )
    return b"From: a@example.com\n\n" + (line + b"\n") * chance.choice([10, 5000]) + raw[:2000]


MUTATIONS: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    flip_bytes, truncate, drop_front, duplicate_lines, delete_lines, shuffle_lines, change_line_ends, insert_nulls,
    nest_multiparts, nest_messages, nest_comments, grow_header, many_headers, lie_about_charset, lie_about_encoding,
    swap_boundaries, many_boundaries, break_html, quote_deeply,
)  # fmt: skip


def seeds(*, with_shared: bool = True) -> list[bytes]:
    """Return the mails to break: our own, and the shared ones where they are at hand."""
    own = [path.read_bytes() for path in sorted(CORPUS.glob("*.eml"))]
    if not with_shared or not SHARED.is_dir():
        return own
    folders = ["sisimai", "flufl_bounce", "ruby-mail", "spamassassin", "stalwart_mail_parser", "chatwoot_fork"]
    files = [path for folder in folders for path in sorted((SHARED / folder).rglob("*")) if path.is_file()]
    return own + [path.read_bytes() for path in files if path.suffix in (".eml", ".txt")]


def mutants(count: int, seed: int, mails: list[bytes]) -> Iterator[bytes]:
    """Yield `count` broken mails; one to three mutations each."""
    chance = random.Random(seed)  # noqa: S311 - reproducible, not secret.
    for _ in range(count):
        mail = chance.choice(mails)
        for mutate in chance.choices(MUTATIONS, k=chance.choice([1, 1, 2, 3])):
            mail = mutate(mail, chance)[:_MOST_BYTES]
        yield mail


def main() -> None:
    """Write mutants as files."""
    parser = argparse.ArgumentParser(description="Write broken mails, reproducibly.")
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--own-only", action="store_true", help="start from our own mails only")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    mails = seeds(with_shared=not options.own_only)
    for number, mutant in enumerate(mutants(options.count, options.seed, mails)):
        (options.out / f"{options.seed}-{number:06}.eml").write_bytes(mutant)
    print(f"{options.count} mutants of {len(mails)} mails, seed {options.seed}, in {options.out}")


if __name__ == "__main__":
    main()
