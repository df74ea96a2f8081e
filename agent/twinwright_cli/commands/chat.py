"""`twinwright chat`: investigations one after another, each knowing what was said before."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import click

from ..investigating import budget_of, print_investigation, traces_of
from ..options import Options, at_option, budget_options, model_option, plant_options
from ..output import console_for_people, show, working


@click.command("chat", short_help="The same, as a conversation.")
@model_option
@budget_options
@at_option
@plant_options
def command(options: Options, bounds: Mapping[str, Any], at: datetime | None) -> None:
    """Ask one question after another; an empty line or Ctrl-D ends it.

    Questions are read from standard input, so a file can be piped in. With --json, all investigations are printed as
    one document at the end.
    """
    from twinwright_agent.conversation import Conversation
    from twinwright_agent.models.choose import choose_model, why_rules
    from twinwright_agent.models.rules import RulesModel
    from twinwright_tools.toolbox import standard_registry

    told: list[dict[str, Any]] = []
    settings = options.settings
    with options.opened(at) as plant, traces_of(options) as traces:
        with working(options.as_json, doing="choosing a model") as progress:
            chosen = choose_model(settings, progress)
        conversation = Conversation(
            plant,
            chosen,
            standard_registry(),
            budget_of(plant, bounds),
            fallback=RulesModel() if chosen.name != "rules" else None,
            hand_over=why_rules(settings),
            postgres=settings.postgres,
            traces=traces,
        )
        console = console_for_people()
        while question := _next_question():
            with working(options.as_json, plant.zone, doing="reading the question") as progress:
                found = conversation.ask(question, progress=progress)
            told.append(found.model_dump(mode="json"))
            if not options.as_json:
                print_investigation(console, found, plant.zone, settings)
    if options.as_json:
        show(options.as_json, {"value": told}, lambda console: None)


def _next_question() -> str:
    if sys.stdin.isatty():
        click.echo("? ", nl=False, err=True)
    return sys.stdin.readline().strip()
