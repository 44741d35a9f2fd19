"""Who is asking, and whether they may: tokens of programs, sessions of browsers, names of voters."""

from __future__ import annotations

import asyncio
import math
import secrets
from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import Depends, Request
from fastapi.security import HTTPBearer
from starlette.responses import Response

from gifect.server.house import House, house_of
from gifect.server.problems import Refusal
from gifect.server.settings import ROLES
from gifect.server.tokens import LONGEST_NAME

__all__ = [
    "SESSION",
    "Admin",
    "Labeler",
    "Looker",
    "Person",
    "Reader",
    "SignIn",
    "Voter",
    "ensure_voter",
    "may",
    "name_of",
    "person_of",
    "set_cookie",
]

SESSION: Final = "gifect_session"
VOTER: Final = "gifect_voter"
bearer = HTTPBearer(auto_error=False, description="A token of `gifect tokens add`; none is asked for on localhost")


@dataclass(frozen=True)
class Person:
    """Somebody who asks: their role, and their name if a token told it."""

    role: str | None
    name: str | None = None
    by_token: bool = False


def person_of(request: Request) -> Person:
    """Return who asks, looked up once a request.

    Raises
    ------
    Refusal
        401 if a token is given that is none.
    """
    known = getattr(request.state, "person", None)
    if known is None:
        known = request.state.person = _look_up(request, house_of(request))
    assert isinstance(known, Person)
    return known


def _look_up(request: Request, house: House) -> Person:
    settings = house.settings
    if not settings.asks_tokens:
        return Person("admin")
    kind, _, secret = request.headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer" and secret:
        token = house.tokens.find(secret.strip())
        if token is None:
            raise Refusal(401, "no such token", {"WWW-Authenticate": "Bearer"})
        return Person(token.role, token.name, True)
    if session := request.cookies.get(SESSION):
        token = house.tokens.of_session(session)
        if token is not None:
            return Person(token.role, token.name, True)
    return Person(settings.anonymous)


def may(person: Person, role: str | None) -> bool:
    """Return whether somebody has a role, or one above it; everybody has none."""
    return role is None or (person.role is not None and ROLES.index(person.role) >= ROLES.index(role))


def allow(role: str | None, kind: str) -> Any:
    """Return a dependency: somebody with a role (or one above it), whose rate of a kind of requests is not used up."""

    async def check(request: Request, _token: Annotated[object, Depends(bearer)] = None) -> Person:
        house = house_of(request)
        if house.settings.limits_rates:
            caller = request.client.host if request.client else "unknown"
            wait = house.rates.wait_for(caller, kind)
            if wait:
                raise Refusal(429, "too many requests: wait", {"Retry-After": str(math.ceil(wait))})
        person = await asyncio.to_thread(person_of, request) if house.settings.asks_tokens else person_of(request)
        if may(person, role):
            return person
        if person.role is None:
            raise Refusal(401, "a token is asked for: Authorization: Bearer TOKEN", {"WWW-Authenticate": "Bearer"})
        raise Refusal(403, f"this needs a token of role {role}, and yours is of {person.role}")

    return Depends(check)


Looker = Annotated[Person, allow("reader", "look")]
Reader = Annotated[Person, allow("reader", "read")]
Voter = Annotated[Person, allow("voter", "write")]
Labeler = Annotated[Person, allow("labeler", "write")]
Admin = Annotated[Person, allow("admin", "write")]
SignIn = Annotated[Person, allow(None, "sign in")]


def name_of(request: Request, person: Person, given: str | None) -> str:
    """Return the name under which somebody votes or labels: their token's, the one given, or the browser's own.

    Raises
    ------
    Refusal
        If a token has another name than the one given, or there is none at all.
    """
    given = given.strip() if given else None
    if person.by_token:
        if given and given != person.name and person.role != "admin":
            raise Refusal(403, f"your token is of {person.name!r}: you cannot act as {given!r}")
        return given or str(person.name)
    name = given or request.cookies.get(VOTER)
    if not name or len(name) > LONGEST_NAME:
        raise Refusal(422, f"say who you are: a name of 1 to {LONGEST_NAME} signs")
    return f"guest {name}" if house_of(request).settings.asks_tokens else name  # nobody stands in for a token's owner


def ensure_voter(request: Request, response: Response) -> str:
    """Return the name that a browser votes under, and give it a random one if it has none."""
    name = request.cookies.get(VOTER)
    if not name or len(name) > LONGEST_NAME:
        name = f"anonymous-{secrets.token_hex(6)}"
        set_cookie(request, response, VOTER, name)
    return name


def set_cookie(request: Request, response: Response, name: str, value: str) -> None:
    """Set a cookie that scripts cannot read and other sites cannot send."""
    secure = request.url.scheme == "https"
    response.set_cookie(name, value, max_age=365 * 86_400, httponly=True, secure=secure, samesite="strict", path="/")
