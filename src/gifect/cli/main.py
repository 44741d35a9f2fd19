"""The command ``gifect``."""

from __future__ import annotations

import os
import sys
from typing import Annotated, Any, NoReturn

import typer

from gifect.cli import collect, evaluate, library, models, read, scale, serve, sound, text, train, tune, votes
from gifect.cli.errors import UsageError
from gifect.cli.words import printable
from gifect.errors import GifectError

__all__ = ["app", "main"]

EPILOGUE = "Exit codes: 0 all was done, 1 something could not be read or done, 2 wrong usage, 130 stopped by Ctrl-C."

app = typer.Typer(
    name="gifect",
    help="Read the feelings in animated GIFs and short clips.",
    epilog=EPILOGUE,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("read", epilog=EPILOGUE)(read.read)
app.command("batch", epilog=EPILOGUE)(scale.batch)
app.command("sound", epilog=EPILOGUE)(sound.sound)
app.command("search", epilog=EPILOGUE)(library.search)
app.command("recommend", epilog=EPILOGUE)(library.recommend)
app.add_typer(library.app, name="library")
app.command("text", epilog=EPILOGUE)(text.text)
app.add_typer(models.app, name="models")
app.add_typer(votes.app, name="votes")
app.add_typer(collect.app, name="collect")
app.command("serve")(serve.serve)
app.add_typer(serve.tokens, name="tokens")
app.command("train")(train.train)
app.command("tune")(tune.tune)
app.command("evaluate")(evaluate.evaluate)


def _print_version(wanted: bool) -> None:
    if wanted:
        from gifect import __version__

        print(f"gifect {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Read the feelings in animated GIFs and short clips."""


def main() -> NoReturn:
    """Run the command line; every error is one line on stderr."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    sys.exit(_run())


def _run() -> int:
    try:
        code = app(prog_name="gifect", standalone_mode=False)
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except UsageError as error:
        return _complain(str(error), 2)
    except GifectError as error:
        return _complain(str(error), 1)
    except (KeyboardInterrupt, typer.Abort):
        return _complain("stopped", 130)
    except BrokenPipeError:
        # whoever read our output has gone; nothing may be flushed into the pipe at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        return _complain(str(error), 1)
    except ParserError as error:
        return _complain(error.format_message(), 2)


# The parent of BadParameter is click's or typer's own, depending on typer's version.
ParserError: Any = next(kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "ClickException")


def _complain(message: str, code: int) -> int:
    print(f"gifect: {printable(' '.join(message.split()))}", file=sys.stderr)
    return code
