"""The typer app around the commands: one of them real, the others only their names, so that help is quick."""

from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.metadata import version
from typing import Annotated, Any

import typer

from pipeline.cli.commands import COMMANDS

CONTEXT = {"help_option_names": ["-h", "--help"]}


def wanted(arguments: Sequence[str]) -> tuple[str | None, Sequence[str]]:
    """The command that the arguments name, and the flags before it."""
    for index, argument in enumerate(arguments):
        if not argument.startswith("-"):
            return argument, arguments[:index]
    return None, arguments


def build(name: str | None) -> Callable[..., Any]:
    """The app, with the command of this name imported."""
    app = typer.Typer(
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        add_completion=False,
        no_args_is_help=True,
        context_settings=CONTEXT,
    )
    app.callback()(_root)
    for command in COMMANDS:
        if command.name == name:
            function = getattr(import_module(command.module), command.function)
            app.command(name, help=help_of(function), short_help=command.summary, context_settings=CONTEXT)(
                function
            )
        else:
            app.command(command.name, help=command.summary)(_elsewhere)
    return app


def help_of(function: Callable[..., Any]) -> str:
    """A function's docstring as help: examples unwrapped, what concerns callers only left out."""
    text = (function.__doc__ or "").partition("\n    Raises:")[0]
    return text.replace("    Examples:\n", "    \b\n    Examples:\n")


def _print_version(asked: bool) -> None:  # noqa: FBT001 - how typer calls it
    if asked:
        typer.echo(f"cxstream {version('cxstream')}")
        raise typer.Exit


def _root(
    *,
    debug: Annotated[bool, typer.Option("--debug", help="Print a traceback when something fails.")] = False,
    show_version: Annotated[
        bool,
        typer.Option("--version", help="Print the version and exit.", is_eager=True, callback=_print_version),
    ] = False,
) -> None:
    """Customer journeys and metric windows from Kafka to ClickHouse, exact and self-correcting.

    Start with `cxstream demo`, or `cxstream up` and `cxstream doctor`.
    """
    _ = (debug, show_version)  # main reads the first, before anything can fail


def _elsewhere() -> None:
    """Stand for a command that was not asked for."""
