"""Tokens: who may do what. A secret is shown once; its SHA-256 is all that is kept (secrets are 256 random bits)."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from dataclasses import dataclass
from typing import Final

from sqlalchemy import BigInteger, Column, Engine, Integer, MetaData, String, Table, delete, insert, select

from gifect.errors import ServerError
from gifect.server.settings import ROLES
from gifect.votes.database import Schema, open_engine, writing

__all__ = ["LONGEST_NAME", "Token", "TokenStore"]

PREFIX: Final = "gfx_"
LONGEST_NAME: Final = 64
SESSION_S: Final = 30 * 86_400  # of a browser that signed in

metadata = MetaData()
tokens = Table(
    "tokens",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String, nullable=False, unique=True),
    Column("role", String, nullable=False),
    Column("digest", String, nullable=False, unique=True),
    Column("made_ms", BigInteger, nullable=False),
)
SCHEMA: Final = Schema("tokens", metadata, first="tokens_0001", now="tokens_0001")


@dataclass(frozen=True)
class Token:
    """A token as it is known; its name stands under votes and labels."""

    id: int
    name: str
    role: str
    digest: str
    made_ms: int


class TokenStore:
    """Tokens in a database, as of ``gifect.votes.store``."""

    def __init__(self, address: str) -> None:
        self.engine: Engine = open_engine(address, SCHEMA)

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()

    def add(self, name: str, role: str) -> str:
        """Make a token and return its secret, which is kept nowhere.

        Raises
        ------
        ServerError
            If there is no such role, the name is taken, empty or too long.
        """
        if role not in ROLES:
            raise ServerError(f"no role {role!r}: expected one of {', '.join(ROLES)}")
        if not 0 < len(name.strip()) <= LONGEST_NAME:
            raise ServerError(f"{name!r}: expected a name of 1 to {LONGEST_NAME} signs")
        secret = PREFIX + secrets.token_urlsafe(32)
        row = {"name": name.strip(), "role": role, "digest": _digest(secret), "made_ms": int(time.time() * 1000)}
        with writing(self.engine) as connection:
            if connection.scalar(select(tokens.c.id).where(tokens.c.name == row["name"])) is not None:
                raise ServerError(f"there is a token {name!r} already: revoke it first")
            connection.execute(insert(tokens).values(row))
        return secret

    def revoke(self, name: str) -> None:
        """Make a token worthless at once.

        Raises
        ------
        ServerError
            If there is none of this name.
        """
        with writing(self.engine) as connection:
            if not connection.execute(delete(tokens).where(tokens.c.name == name)).rowcount:
                raise ServerError(f"no token {name!r}")

    def all(self) -> list[Token]:
        """Return all tokens, oldest first."""
        with self.engine.connect() as connection:
            return [Token(*row) for row in connection.execute(select(tokens).order_by(tokens.c.id))]

    def find(self, secret: str) -> Token | None:
        """Return the token of a secret."""
        with self.engine.connect() as connection:
            row = connection.execute(select(tokens).where(tokens.c.digest == _digest(secret))).first()
        return None if row is None else Token(*row)

    def session(self, token: Token, now: float | None = None) -> str:
        """Return what a signed-in browser keeps: the token's number and an end, signed with the digest of its secret.

        It ends with the token: when that is revoked, nothing is left to sign with.
        """
        until = int((time.time() if now is None else now) + SESSION_S)
        return f"{token.id}.{until}.{_signature(token, until)}"

    def of_session(self, session: str) -> Token | None:
        """Return the token that a browser signed in with, if the session is genuine and has not ended."""
        number, _, rest = session.partition(".")
        until, _, signature = rest.partition(".")
        if not (number.isdecimal() and until.isdecimal() and len(number) < 10 and len(until) < 12):
            return None
        if int(until) < time.time():
            return None
        with self.engine.connect() as connection:
            row = connection.execute(select(tokens).where(tokens.c.id == int(number))).first()
        if row is None:
            return None
        token = Token(*row)
        return token if hmac.compare_digest(_signature(token, int(until)), signature) else None


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _signature(token: Token, until: int) -> str:
    return hmac.new(bytes.fromhex(token.digest), f"session {token.id} {until}".encode(), "sha256").hexdigest()
