"""`twinwright`: finds the command, runs it, and turns every error into words, JSON and an exit code.

Exit codes: 0 done (concluded, cannot_tell and nothing_wrong are answers); 1 ended without an answer; 2 bad input;
130 interrupted.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from twinwright_tools.errors import InputError, TwinwrightError, UnknownNameError, UsageError

from .plain import plain, plain_json
from .stages import begin_run

# name -> what it does; the module `commands.<name>` holds the function `command`.
COMMANDS = {
    "demo": "Make the demo plant, break something in it, and find out what.",
    "ask": "Investigate one question: evidence, a ranked cause, a report, a draft work order.",
    "chat": "The same, as a conversation.",
    "show": "Replay a past investigation step by step, or list them.",
    "query": "Ask the twin graph, in the Azure Digital Twins query language.",
    "twins": "Change twins, see what was changed, bring them in and write them out.",
    "history": "Search past work orders, alarms and notes, or count them with SQL.",
    "reliability": "Failure rates, Pareto, repeats and similar incidents of past work orders.",
    "window": "Look at telemetry: statistics, quality, a plot.",
    "analyse": "Test an idea: SQL over twins, history and aligned signals, or a named operation.",
    "limit": "When drifting signals cross their limits; a fleet ranked by it.",
    "diagnose": "The deterministic diagnosis engine alone.",
    "simulate": "Try a what-if in the physics model attached to a twin.",
    "check": "Open a plant folder and say what was found.",
    "modes": "List failure modes, show one, check your own.",
    "orders": "Drafted work orders: look, edit, submit, see what became of them.",
    "cmms": "Connect the maintenance system: scorecards, a check, assets, past orders.",
    "eval": "Run the offline evaluation suite.",
    "completion": "Print the completion script for bash, zsh or fish.",
}


class LazyCommands(click.Group):
    """A group that imports a command's module when that command is asked for, so that `--help` is quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            raise UnknownNameError.of("command", cmd_name, COMMANDS)
        module = importlib.import_module(f"twinwright_cli.commands.{cmd_name}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=LazyCommands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="twinwright", prog_name="twinwright")
def cli() -> None:
    """Ask an industrial digital twin why, and get evidence, a ranked cause and a draft work order.

    Every command takes -C PLANT (default: the folder you stand in) and --json.
    """
    begin_run()


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command and returns its exit code."""
    words = gather_files(list(sys.argv[1:] if arguments is None else arguments))
    try:
        code = cli.main(args=words, prog_name="twinwright", standalone_mode=False)
        return code if isinstance(code, int) else 0
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return 2
    except click.UsageError as error:
        return _fail(_usage(error), "--json" in words)
    except TwinwrightError as error:
        return _fail(error, "--json" in words)
    except (KeyboardInterrupt, click.Abort) as error:
        told = TwinwrightError(str(error) or "interrupted", code="interrupted")
        if "--json" in words:
            _fail(told, as_json=True)
        else:
            click.echo(plain(told.message), err=True)
        return 130
    except BrokenPipeError:
        # The reader went away (`twinwright … | head`): nothing is left to say, and Python would complain at exit.
        sys.stderr.close()
        return 0
    except OSError as error:
        return _fail_of_system(error, "--json" in words)


def gather_files(words: list[str]) -> list[str]:
    """`--telemetry A B` as `--telemetry A --telemetry B`, for files: click has no option of many values."""
    gathered: list[str] = []
    taking = False
    for word in words:
        is_file = not word.startswith("-") and word.endswith((".parquet", ".csv"))
        if taking and is_file and gathered[-1] != "--telemetry":
            gathered.append("--telemetry")
        taking = word == "--telemetry" or (taking and is_file)
        gathered.append(word)
    return gathered


def _usage(error: click.UsageError) -> UsageError:
    near = list(getattr(error, "possibilities", None) or [])
    where = f" (see `{error.ctx.command_path} --help`)" if error.ctx else ""
    return UsageError(error.format_message() + where, suggestions=near)


def _fail_of_system(error: OSError, as_json: bool) -> int:
    """What the system refused, in words: most often the output, on a full disk."""
    what = f"{error.filename}: " if error.filename else "writing failed: "
    told = TwinwrightError(f"{what}{error.strerror or error}", code="system")
    try:
        sys.stdout.flush()
        return _fail(told, as_json)
    except OSError:
        # Standard output itself is broken; what is left for it must not be tried again at exit.
        with Path(os.devnull).open("w") as nowhere:
            os.dup2(nowhere.fileno(), 1)
        return _fail(told, as_json=False)


def _fail(error: TwinwrightError, as_json: bool) -> int:
    if as_json:
        click.echo(plain_json(json.dumps({"error": error.as_dict()}, ensure_ascii=False, indent=2)))
    else:
        click.echo(f"error: {plain(error.message)}", err=True)
        if error.suggestions and not all(hint in error.message for hint in error.suggestions):
            click.echo(f"did you mean: {plain(', '.join(error.suggestions))}", err=True)
        if error.position is not None:
            click.echo(f"at character {error.position + 1} of the text", err=True)
    return 2 if isinstance(error, InputError) else 1
