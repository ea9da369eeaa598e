"""Turns fetched bytes into messages: one reader for each kind of media."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from amends.domain.message import Message
from amends.errors import AmendsError, Unprocessable
from amends.ports import Fetched


@dataclass(frozen=True, slots=True)
class Laden:
    """A message, and the bytes of those of its attachments that are to be kept by themselves."""

    message: Message
    files: tuple[bytes, ...] = ()


#: Reads one fetched thing, whose bytes are kept under the given SHA-256.
#: Raises Unprocessable when it can never be a message, and OwnMessage when we wrote it.
Reader: TypeAlias = Callable[[Fetched, str], Message | Laden]
#: One of things that bring no files.
MessageReader: TypeAlias = Callable[[Fetched, str], Message]


class OwnMessage(AmendsError):
    """We wrote it ourselves: it is accounted for, and left alone."""


#: The reason of what could not be opened. It is no verdict on what is inside, so it is tried again.
UNREADABLE = "unreadable"


class Media:
    """How fetched bytes are to be read."""

    MAIL = "message/rfc822"
    X_POST = "application/x-post+json"
    X_MESSAGE = "application/x-x-message+json"
    MASTODON_STATUS = "application/x-mastodon-status+json"
    BLUESKY_POST = "application/x-bluesky-post+json"
    FORM = "application/form+json"
    #: A contact that a colleague logged.
    LOGGED = "application/x-amends-contact+json"
    #: What a customer said on a status page.
    ADDITION = "application/x-amends-addition+json"
    #: What another form tool sent.
    WEBHOOK = "application/x-amends-webhook+json"
    #: A line or a file that its connector could not tell the kind of.
    UNKNOWN = "application/octet-stream"
    #: A file that may not be opened; it is tried again at the next pass.
    UNREADABLE = "application/x-amends-unreadable"
    #: A file that does not fit into memory; it stays where it is.
    TOO_LARGE = "application/x-amends-too-large"
    #: The header of a mail that is larger than its mailbox may bring; the mail stays there.
    MAIL_HEADER = "text/rfc822-headers"
    #: A mail that its server lists and does not give.
    NOT_GIVEN = "application/x-amends-not-given"
    #: A mail that went from its mailbox while it was fetched.
    GONE = "application/x-amends-gone"


#: How that is read which came through a web form, by what its source is called before the colon.
FORM_MEDIA = {"status": Media.ADDITION, "webhook": Media.WEBHOOK}

_NOT_READ = {
    Media.UNKNOWN: ("unknown_media", "nobody knows how to read it: it is no mail, no post and no form"),
    Media.UNREADABLE: (
        UNREADABLE,
        "the file may not be opened; allow it, and the next pass takes it in",
    ),
    Media.TOO_LARGE: ("too_large", "the file is too large to be read; it stays where it is, for a person to look at"),
    Media.MAIL_HEADER: (
        "over_size",
        "the mail is larger than its mailbox may bring, and stays there; read it there, or raise size_mb of the "
        "mailbox and start `amends run ingest` again",
    ),
    Media.NOT_GIVEN: (
        "not_given",
        "the mail server lists this mail and does not give it; mend the mailbox, and it is taken in at the next "
        "connection",
    ),
    Media.GONE: (
        "gone",
        "the mail went from its mailbox while it was being fetched: somebody deleted or moved it; if it is wanted, put "
        "it back",
    ),
}
#: How that is read which stands for a mail in a mailbox, by the reason for which it was parked.
MEDIA_WITHOUT_MAIL = {_NOT_READ[media][0]: media for media in (Media.MAIL_HEADER, Media.NOT_GIVEN, Media.GONE)}
#: Reasons of mails that are still in their mailbox, to be fetched when that can be done.
STILL_IN_MAILBOX = frozenset(MEDIA_WITHOUT_MAIL) - {_NOT_READ[Media.GONE][0]}


def read(fetched: Fetched, raw_sha256: str, readers: Mapping[str, Reader]) -> Laden:
    """Read one fetched thing.

    Raises:
        Unprocessable: it can never be a message.
        OwnMessage: we wrote it.
    """
    reader = readers.get(fetched.media)
    if reader is None:
        reason, says = _NOT_READ.get(fetched.media, _NOT_READ[Media.UNKNOWN])
        raise Unprocessable(says, reason=reason)
    try:
        found = reader(fetched, raw_sha256)
        return found if isinstance(found, Laden) else Laden(found)
    except (Unprocessable, OwnMessage):
        raise
    except Exception as why:
        # A reader is meant never to raise anything else. If one does, the message is kept and a person sees it.
        raise Unprocessable(f"the reader failed on it ({type(why).__name__})", reason="reader_failed") from why
