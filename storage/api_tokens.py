"""The tokens of programs, and what their changes were answered with."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from amends.domain.api_token import Answered, ApiToken
from storage.tables import api_answers, api_tokens


class SqlTokenStore:
    """Tokens within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, token: ApiToken) -> None:
        """Store a token."""
        self._connection.execute(
            insert(api_tokens).values(
                id=token.id,
                name=token.name,
                role=token.role,
                sha256=token.sha256,
                made_by=token.made_by,
                made_at=token.made_at,
                ends_at=token.ends_at,
                revoked_at=token.revoked_at,
                revoked_by=token.revoked_by,
            )
        )

    def listed(self) -> list[ApiToken]:
        """Give all tokens, oldest first."""
        rows = self._connection.execute(select(api_tokens).order_by(api_tokens.c.made_at, api_tokens.c.id))
        return [_token(row) for row in rows]

    def known_by(self, sha256: str) -> ApiToken | None:
        """Give the token with a hash, whether it still holds or not; None if there is none."""
        row = self._connection.execute(select(api_tokens).where(api_tokens.c.sha256 == sha256)).first()
        return _token(row) if row else None

    def revoke(self, token_id: str, *, by: str, at: datetime) -> None:
        """Let a token let nobody in any more."""
        self._connection.execute(
            update(api_tokens).where(api_tokens.c.id == token_id).values(revoked_at=at, revoked_by=by)
        )


def _token(row: Row[Any]) -> ApiToken:
    return ApiToken(**row._mapping)


class SqlAnswerStore:
    """Answers within one transaction: that of the change itself, so that there is one exactly where it was done."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def find(self, token_id: str, key: str) -> Answered | None:
        """Give what a token's change with this key was answered with; None if there was none."""
        row = self._connection.execute(
            select(api_answers).where(api_answers.c.token_id == token_id, api_answers.c.key == key)
        ).first()
        return Answered(asked_sha256=row.asked_sha256, status=row.status, body=row.body) if row else None

    def keep(self, token_id: str, key: str, answered: Answered, *, at: datetime, forget_before: datetime) -> None:
        """Keep an answer, and forget those of before a moment."""
        self._connection.execute(delete(api_answers).where(api_answers.c.at < forget_before))
        self._connection.execute(
            insert(api_answers).values(
                token_id=token_id,
                key=key,
                asked_sha256=answered.asked_sha256,
                status=answered.status,
                body=answered.body,
                at=at,
            )
        )
