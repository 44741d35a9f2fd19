"""The pages: Read, Library, Vote, Label, Data set, the API's, and signing in."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Annotated, Any, Literal

from fastapi import APIRouter, FastAPI, Form, Query, Request, Response
from fastapi.responses import RedirectResponse
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from gifect.emotions import SEVENTEEN
from gifect.library.results import Filters
from gifect.server import uploads
from gifect.server.access import (
    SESSION,
    Reader,
    SignIn,
    ensure_voter,
    may,
    person_of,
    set_cookie,
)
from gifect.server.house import house_of
from gifect.server.readings import PLAIN
from gifect.server.routes import labels as label_routes
from gifect.server.routes.library import Quadrant, Seven, entry_view, match_view
from gifect.server.schemas import Emotion
from gifect.server.views import STATIC, circle_words, render, show

router = APIRouter()

SHOWN = 48  # clips on a page of the library
PLACES = 40  # of a ranking
VERDICTS = 60
READS_WORDS = find_spec("rapidocr") is not None


def guest(request: Request) -> Response | None:
    """Return the way to the sign-in page for who may not read, None for others."""
    if may(person_of(request), "reader"):
        return None
    return RedirectResponse(f"/sign-in?to={request.url.path}", 303)


@router.get("/")
def read_page(request: Request) -> Response:
    """Drop a clip."""
    return guest(request) or render(request, "read.html", shown=None, reads_words=READS_WORDS)


@router.post("/read")
async def read_form(request: Request, _: Reader) -> Response:
    """Read a clip sent by a form, where no script runs."""
    kept = await uploads.read_one(request, house_of(request), PLAIN)
    return RedirectResponse(f"/r/{kept.id}", 303)


@router.get("/r/{reading_id}")
def reading_page(request: Request, reading_id: str) -> Response:
    """A reading; whoever has its address may see it."""
    shown = show(house_of(request).readings.get(reading_id))
    return render(request, "read.html", shown=shown, reads_words=READS_WORDS)


@router.get("/library")
def library_page(
    request: Request,
    q: Annotated[str, Query(max_length=500)] = "",
    how: Literal["words", "message"] = "words",
    emotion: Seven | Literal[""] = "",
    quadrant: Quadrant | Literal[""] = "",
    similar: Annotated[str, Query(pattern=r"^([0-9a-f]{64})?$")] = "",
    page: Annotated[int, Query(ge=1, le=100_000)] = 1,
) -> Response:
    """The grid, searched or not."""
    if away := guest(request):
        return away
    shelf = house_of(request).shelf
    library = shelf.library
    chosen = Filters(emotion=emotion or None, quadrant=quadrant or None)
    total = library.count(chosen)
    like: Any = None
    q = q.strip()
    if similar:
        like = entry_view(shelf.entry(similar))
        cards: list[Any] = [match_view(m) for m in library.similar(similar, SHOWN, chosen) if m.id != similar]
    elif q and how == "message":
        cards = [match_view(match) for match in library.recommend(q, SHOWN, filters=chosen)]
    elif q:
        cards = [match_view(match) for match in library.search(q, SHOWN, chosen)]
    else:
        cards = [entry_view(e) for e in library.entries(chosen, SHOWN * (page - 1), SHOWN, newest_first=True)]
    return render(
        request,
        "library.html",
        cards=cards,
        q=q,
        how=how,
        chosen=chosen,
        like=like,
        total=total,
        page=page,
        pages=-(-total // SHOWN) if not (q or similar) else 1,
    )


@router.get("/library/stats")
def library_stats(request: Request) -> Response:
    """What is in the library, in numbers."""
    return guest(request) or render(request, "library_stats.html", stats=house_of(request).shelf.stats())


@router.get("/library/{entry_id}")
def entry_page(request: Request, entry_id: str) -> Response:
    """One clip of the library, with its tags and what is like it."""
    if away := guest(request):
        return away
    shelf = house_of(request).shelf
    entry = entry_view(shelf.entry(entry_id))
    like = [match_view(match) for match in shelf.library.similar(entry_id, 9) if match.id != entry_id]
    words = circle_words(entry.intensities)
    return render(request, "library_entry.html", entry=entry, like=like, words=words)


@router.get("/vote")
def vote_page(request: Request) -> Response:
    """Which better expresses it?"""
    if away := guest(request):
        return away
    house = house_of(request)
    counts = house.votes.counts()
    response = render(request, "vote.html", counts=counts, gifs=len(house.store.gifs()), emotions=SEVENTEEN)
    ensure_voter(request, response)
    return response


@router.get("/ranking")
def rankings_page(request: Request) -> Response:
    """All emotions, and the plot of all scores."""
    return guest(request) or render(request, "rankings.html", counts=house_of(request).votes.counts())


@router.get("/ranking/{emotion}")
def ranking_page(request: Request, emotion: Emotion) -> Response:
    """The ranking of an emotion, with its uncertainty."""
    if away := guest(request):
        return away
    house = house_of(request)
    ranking = house.votes.ranking(emotion)
    places = ranking.places[:PLACES]
    low = min((p.mu - 3 * p.sigma for p in places), default=0.0)
    high = max((p.mu + 3 * p.sigma for p in places), default=50.0)
    spread = max(high - low, 1e-9)
    bars = [
        {
            "place": p,
            "from": 100 * (p.mu - 3 * p.sigma - low) / spread,
            "width": 100 * 6 * p.sigma / spread,
            "at": 100 * (p.mu - low) / spread,
        }
        for p in places
    ]
    shown = house.gallery.shown()
    return render(request, "ranking.html", ranking=ranking, bars=bars, shown=shown, counts=house.votes.counts())


@router.get("/label")
def labels_page(request: Request) -> Response:
    """How far the labels of all emotions are."""
    if away := guest(request):
        return away
    house = house_of(request)
    states = [label_routes.state_of(house.labels, emotion) for emotion in SEVENTEEN]
    return render(request, "labels.html", states=states)


@router.get("/label/{emotion}")
def label_page(
    request: Request,
    emotion: Emotion,
    view: Literal["label", "positive", "negative", "open", "disagree"] = "label",
) -> Response:
    """The queue of an emotion, or what came of it."""
    if away := guest(request):
        return away
    house = house_of(request)
    found = [] if view == "label" else label_routes.verdicts_of(house.labels, emotion, view)
    response = render(
        request,
        "label.html",
        emotion=emotion,
        view=view,
        state=label_routes.state_of(house.labels, emotion),
        verdicts=found[:VERDICTS],
        found=len(found),
    )
    ensure_voter(request, response)
    return response


@router.get("/dataset")
def dataset_page(
    request: Request,
    emotion: Emotion | Literal[""] = "",
    split: Literal["train", "test", ""] = "",
    page: Annotated[int, Query(ge=1, le=100_000)] = 1,
) -> Response:
    """What labelers have agreed on."""
    if away := guest(request):
        return away
    house = house_of(request)
    items = label_routes.dataset_items(house.labels, emotion or None, split or None)
    return render(
        request,
        "dataset.html",
        about=label_routes.dataset_of(house.labels),
        items=items[SHOWN * (page - 1) : SHOWN * page],
        found=len(items),
        emotion=emotion,
        split=split,
        page=page,
        pages=-(-len(items) // SHOWN),
    )


@router.get("/api")
def api_page(request: Request) -> Response:
    """The API for people."""
    document = request.app.openapi()
    groups: dict[str, list[dict[str, Any]]] = {}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            told = {"method": method.upper(), "path": path, **operation}
            groups.setdefault(operation["tags"][0], []).append(told)
    return guest(request) or render(request, "api.html", groups=groups, document=document)


@router.get("/sign-in")
def sign_in_page(request: Request, to: Annotated[str, Query(max_length=200)] = "/") -> Response:
    """Where a token is given."""
    return render(request, "sign_in.html", to=_inside(to), wrong=False)


@router.post("/sign-in")
def sign_in(
    request: Request,
    _: SignIn,
    token: Annotated[str, Form(max_length=200)],
    to: Annotated[str, Form(max_length=200)] = "/",
) -> Response:
    """Keep a session for the token, if it is one."""
    house = house_of(request)
    found = house.tokens.find(token.strip())
    if found is None:
        return render(request, "sign_in.html", status=401, to=_inside(to), wrong=True)
    response = RedirectResponse(_inside(to), 303)
    set_cookie(request, response, SESSION, house.tokens.session(found))
    return response


@router.post("/sign-out")
def sign_out() -> Response:
    """Forget the session."""
    response = RedirectResponse("/", 303)
    response.delete_cookie(SESSION)
    return response


def _inside(to: str) -> str:
    """Return a path of this server; anything else leads to its first page."""
    return to if to.startswith("/") and not to.startswith(("//", "/\\")) else "/"


class Static(StaticFiles):
    """Files whose addresses change with what is in them, so that browsers may keep them."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Return a file."""
        response = await super().get_response(path, scope)
        if b"v=" in scope["query_string"]:
            response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response


def mount_static(app: FastAPI) -> None:
    """Serve styles, scripts and the icon."""
    app.mount("/static", Static(directory=STATIC), name="static")
