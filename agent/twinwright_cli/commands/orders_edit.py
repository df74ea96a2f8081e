"""`twinwright orders edit | cancel`: what a planner does with a draft."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from twinwright_tools.errors import InputError, OrderError, UsageError

from ..options import Options, plant_options
from ..output import show
from .orders_desk import desk, now
from .orders_diff import print_changes
from .orders_text import print_order


@click.command("edit")
@click.argument("order")
@click.option("--set", "sets", multiple=True, metavar="FIELD=VALUE", help="Set a field; a list is written as YAML.")
@click.option("--by", default=None, help="In whose name (default: your account).")
@plant_options
def command(options: Options, order: str, sets: tuple[str, ...], by: str | None) -> None:
    """Edit a draft: with --set, or in $EDITOR.

    Fields: title, problem, failure_mode, priority, start, due, duration_h, skills, tasks, isolation, parts, notes.
    """
    from twinwright_tools.diagnosis.failure_modes import modes_of_plant
    from twinwright_tools.orders.editing import as_yaml, edited, from_words, from_yaml

    with desk(options, "edit", by) as at:
        draft, revision = at.book.revision(order)
        if draft.status != "draft":
            raise OrderError(f"{draft.id} is {draft.status}; only a draft can be edited", code="order.no_draft")
        text = None if sets else _in_editor(as_yaml(draft))
        modes = modes_of_plant(at.plant).modes
        what: dict[str, Any] = {}

        def change(now_is: Any) -> Any:
            wanted = from_words(sets) if text is None else from_yaml(text)
            after, differs = edited(now_is, wanted, by=at.by, modes=modes, plan=at.planner(now_is.asset))
            what.update(differs)
            return after, differs

        try:
            done = at.book.change(order, revision, change, by=at.by, at=now())
        except InputError as error:
            if text is not None:
                error.message += f"; your text is kept in {_kept(text, draft.id)}"
            raise
        zone = at.plant.zone

    def people(console: Console) -> None:
        if not what:
            console.print("nothing was changed")
            return
        print_changes(console, what, zone)
        print_order(console, done, zone)

    show(options.as_json, done.model_dump(mode="json") | {"changes": what}, people)


@click.command("cancel")
@click.argument("order")
@click.option("--reason", default="", help="Why, for the log.")
@click.option("--by", default=None, help="In whose name (default: your account).")
@plant_options
def cancel(options: Options, order: str, reason: str, by: str | None) -> None:
    """Cancel a draft: it stays in the book and is never sent."""
    with desk(options, "edit", by) as at:
        done = at.book.cancel(order, by=at.by, at=now(), reason=reason)
    show(
        options.as_json,
        done.model_dump(mode="json"),
        lambda console: console.print(f"{done.id} is cancelled", markup=False),
    )


def _in_editor(text: str) -> str:
    if not sys.stdin.isatty():
        raise UsageError("nobody is at an editor here; give --set FIELD=VALUE", code="orders.no_editor")
    return click.edit(text, extension=".yaml") or text


def _kept(text: str, order: str) -> Path:
    with tempfile.NamedTemporaryFile("w", prefix=f"{order}-", suffix=".yaml", delete=False, encoding="utf-8") as file:
        file.write(text)
    return Path(file.name)
