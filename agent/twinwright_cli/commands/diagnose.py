"""`twinwright diagnose`: the deterministic engine alone."""

from __future__ import annotations

from datetime import datetime

import click
from rich.console import Console

from ..options import Options, at_option, plant_options
from ..output import show, table, working


@click.command("diagnose", short_help="The deterministic diagnosis engine alone.")
@click.option(
    "--symptom",
    "symptoms",
    multiple=True,
    metavar="TWIN[.SIGNAL]",
    help="What is complained of; may be given several times.",
)
@click.option("--what-if", is_flag=True, help="Try the leading hypotheses in the models attached to their twins.")
@at_option
@plant_options
def command(options: Options, symptoms: tuple[str, ...], what_if: bool, at: datetime | None) -> None:
    """Rank the causes of what deviates at a moment. Nothing after --at is read."""
    from twinwright_tools.times import for_people

    doing = "comparing every signal with its own past"
    with options.opened(at) as plant, working(options.as_json, plant.zone, doing=doing) as progress:
        # Imported here, as it takes its time.
        from twinwright_tools.diagnosis import diagnose, parse_symptom

        found = diagnose(plant, [parse_symptom(text, plant.graph) for text in symptoms])
        if what_if:
            from twinwright_tools.simulation.hypotheses import try_hypotheses

            found = try_hypotheses(plant, found, progress)
        zone = plant.zone

    def people(console: Console) -> None:
        console.print(f"{found.verdict} at {for_people(found.at, zone)}", style="bold")
        rows = [
            (
                one.rank,
                f"{one.confidence:.2f}",
                one.twin,
                one.signal or "",
                one.mode or "",
                for_people(one.onset, zone) if one.onset else "",
                " → ".join(one.path),
            )
            for one in found.hypotheses[:10]
        ]
        console.print(table(["#", "confidence", "twin", "signal", "mode", "onset", "path"], rows))
        for row in found.evidence:
            if row["kind"] == "what_if":
                console.print(f"model, {row['verdict']} {row['mode']}: {row['text']}", markup=False)
        if found.next_check is not None:
            check = found.next_check
            console.print(
                f"next check, {check['twin']}: {check['text']} "
                f"({check['minutes']:g} min, {check['skill']}, {check['bits']:.2f} bit)",
                markup=False,
            )
        for sentence in (*found.missing, *found.assumptions):
            console.print(f"- {sentence}", markup=False)

    show(options.as_json, found.as_dict(), people)
