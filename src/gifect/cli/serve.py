"""``gifect serve`` and ``gifect tokens``: the web app, and who may use it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gifect.cli.errors import UsageError
from gifect.cli.train import raise_missing

if TYPE_CHECKING:
    from gifect.server.tokens import TokenStore

__all__ = ["serve", "tokens"]

FolderOption = Annotated[
    Path,
    typer.Option(
        "--data", envvar="GIFECT_SERVER", help="Folder of readings, jobs and, if no store is named, the database."
    ),
]
StoreOption = Annotated[
    str | None,
    typer.Option(
        "--store",
        metavar="URL",
        envvar="GIFECT_VOTES",
        help="Database of votes, labels and tokens: sqlite:///FILE or postgresql://... [default: gifect.db in --data]",
        show_default=False,
        show_envvar=True,
    ),
]
DEFAULT_FOLDER = Path("gifect-data")

tokens = typer.Typer(help="Say who may use a server that others can reach.", no_args_is_help=True)


def serve(
    folder: FolderOption = DEFAULT_FOLDER,
    host: Annotated[str, typer.Option("--host", help="Where to listen; 0.0.0.0 for every address.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="0 for any that is free.")] = 8000,
    store: StoreOption = None,
    library: Annotated[
        str | None,
        typer.Option(
            "--library", envvar="GIFECT_LIBRARY", help="Folder of the library [default: in --data]", show_default=False
        ),
    ] = None,
    gifs: Annotated[
        Path | None, typer.Option("--gifs", help="Folder of GIFs to vote on and to label.", show_default=False)
    ] = None,
    auth: Annotated[
        bool | None,
        typer.Option(
            "--auth/--no-auth",
            help="Ask for tokens [default: unless only this machine can connect]",
            show_default=False,
        ),
    ] = None,
    anonymous: Annotated[
        str | None,
        typer.Option(
            "--anonymous",
            metavar="ROLE",
            help="What those without a token may do: reader, voter or labeler.",
            show_default=False,
        ),
    ] = None,
    rates: Annotated[
        bool | None,
        typer.Option(
            "--limit-rates/--no-limit-rates",
            help="Limit how often one may ask [default: as --auth]",
            show_default=False,
        ),
    ] = None,
    workers: Annotated[
        int | None, typer.Option("--workers", min=1, help="Processes that decode.", show_default=False)
    ] = None,
    hosts: Annotated[
        list[str] | None,
        typer.Option(
            "--allow-host", metavar="NAME", help="A name by which the server is reached; * for any.", show_default=False
        ),
    ] = None,
    origins: Annotated[
        list[str] | None,
        typer.Option("--allow-origin", metavar="URL", help="A site whose pages may call the API.", show_default=False),
    ] = None,
    proxy: Annotated[
        str | None,
        typer.Option(
            "--proxy",
            metavar="ADDRESS",
            help="Of the proxy in front, whose X-Forwarded-* are believed.",
            show_default=False,
        ),
    ] = None,
    allow_private: Annotated[
        bool, typer.Option("--allow-private", help="Read addresses of this machine and private networks, too.")
    ] = False,
    max_mb: Annotated[int, typer.Option("--max-mb", min=1, help="Of one file.")] = 32,
) -> None:
    """Serve the web app and the REST API; Ctrl-C ends it when running clips are read."""
    try:
        from gifect.server.run import run
        from gifect.server.settings import Caps, Settings
    except ModuleNotFoundError as error:
        raise_missing(error, "the server", "server")
    if anonymous == "admin":
        raise UsageError("--anonymous admin: whoever comes by would own the server; use --no-auth if that is meant")
    more = {} if workers is None else {"workers": workers}
    settings = Settings(
        folder=folder,
        host=host,
        port=port,
        store=store,
        library=library,
        gifs=gifs,
        auth=auth,
        anonymous=anonymous,
        rates=rates,
        hosts=tuple(hosts or ()),
        origins=tuple(origins or ()),
        allow_private=allow_private,
        caps=Caps(upload_bytes=max_mb << 20),
        **more,
    )
    run(settings, proxy)


def _open(folder: Path, store: str | None) -> TokenStore:
    try:
        from gifect.server.settings import Settings
        from gifect.server.tokens import TokenStore
    except ModuleNotFoundError as error:
        raise_missing(error, "the server", "server")
    folder.mkdir(parents=True, exist_ok=True)
    return TokenStore(Settings(folder=folder, store=store).store_address)


@tokens.command("add")
def add_token(
    name: Annotated[str, typer.Argument(help="Whose it is; stands under their votes and labels.", show_default=False)],
    role: Annotated[str, typer.Option("--role", help="reader, voter, labeler or admin.")] = "reader",
    folder: FolderOption = DEFAULT_FOLDER,
    store: StoreOption = None,
) -> None:
    """Make a token and print its secret, which is kept nowhere."""
    print(_open(folder, store).add(name, role))


@tokens.command("list")
def list_tokens(folder: FolderOption = DEFAULT_FOLDER, store: StoreOption = None) -> None:
    """List the tokens."""
    from datetime import UTC, datetime

    from gifect.cli.words import printable

    for token in _open(folder, store).all():
        made = datetime.fromtimestamp(token.made_ms / 1000, UTC)
        print(printable(f"{token.name}\t{token.role}\t{made:%Y-%m-%d}"))


@tokens.command("revoke")
def revoke_token(
    name: Annotated[str, typer.Argument(help="Whose token.", show_default=False)],
    folder: FolderOption = DEFAULT_FOLDER,
    store: StoreOption = None,
) -> None:
    """Make a token worthless at once, with the sessions that were begun with it."""
    _open(folder, store).revoke(name)
