"""Who writes to us: a contact, and the addresses and handles by which we know them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from amends.domain.ids import derived_id


class IdentityKind(StrEnum):
    """How we know somebody. Each kind is its own name space: equal values of two kinds prove nothing."""

    #: An address that wrote to us.
    EMAIL = "email"
    #: An author id of X, which stays when the handle changes.
    X = "x"
    #: An account's id on the server that we read it from, `id@server`.
    MASTODON = "mastodon"
    #: A DID, which stays when the handle changes.
    BLUESKY = "bluesky"
    #: An address that somebody typed into a form. Nobody has shown that it is theirs.
    TYPED_EMAIL = "typed_email"
    #: A form filled in without an address: known by the submission alone.
    ANONYMOUS = "anonymous"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """One address or handle. The value is never empty: an empty one would match everybody without one."""

    kind: IdentityKind
    value: str

    def __post_init__(self) -> None:
        if not self.value.strip():
            raise ValueError(f"an identity of kind {self.kind} needs a value")

    @property
    def contact_id(self) -> str:
        """The id of the contact that this identity opens."""
        return derived_id("contact", self.kind, self.value)

    @property
    def ordering_key(self) -> str:
        """What records of this person are keyed by, so that they stay in order.

        An address typed into a form shares the key of that address as a sender:
        the two contacts stay apart, but a look from one case to the other never races.
        """
        kind = IdentityKind.EMAIL if self.kind is IdentityKind.TYPED_EMAIL else self.kind
        return derived_id("person", kind, self.value)

    @property
    def address(self) -> str | None:
        """The e-mail address, where there is one to write to."""
        return self.value if self.kind in {IdentityKind.EMAIL, IdentityKind.TYPED_EMAIL} else None

    @property
    def mailbox(self) -> Identity:
        """Whose mailbox it is, whatever tag stands behind a plus sign (RFC 5233): `help+7@x` is that of `help@x`."""
        local, at, domain = self.value.rpartition("@")
        bare = local.partition("+")[0]
        return replace(self, value=f"{bare}{at}{domain}") if self.address and bare else self


def email_identity(address: str) -> Identity:
    """Give the identity of a mail's author; letter case never tells two mailboxes apart in practice."""
    return Identity(kind=IdentityKind.EMAIL, value=address.strip().lower())
