"""`rank_causes`: the deterministic diagnosis engine as a tool."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, get_args

from pydantic import AfterValidator, Field

from ..diagnosis.result import DeviationKind, Diagnosis, Hypothesis, Symptom
from ..evidence import Fact, Finding
from ..registry import Tool, ToolContext
from ..telemetry.series import parse_key
from ..times import iso
from .arguments import ToolArguments, between, sized
from .bounds import command, fitting, shortened
from .engine import diagnosis_of

if TYPE_CHECKING:
    from ..diagnosis.failure_modes import FailureMode
    from ..plant import Plant

# How much of its evidence a hypothesis brings along: the leading ones more.
_LEADING, _EVIDENCE_LEADING, _EVIDENCE_OTHERS = 2, 4, 2
_MOST_EXPLAINED = 3
# Failure modes that are held against each other: of the first twin, and of each of the next.
_TWINS, _MODES_FIRST, _MODES_NEXT = 3, 4, 2
_MODES_ALWAYS, _LEAST_SHARE = 2, 0.02
_SAID_CHARS = 160
# Reasons that the first hypothesis gives; the next gives one less, and so on.
_BECAUSE_FIRST = 3


class RankCauses(ToolArguments):
    """Arguments of `rank_causes`."""

    symptoms: Annotated[list[str], AfterValidator(sized(0, 6))] = Field(
        description="0 to 6 of TWIN or TWIN.SIGNAL; [] for the whole plant."
    )
    top: Annotated[int, AfterValidator(between(1, 10))] = Field(description="How many hypotheses, 1 to 10.")


def rank_causes(arguments: RankCauses, context: ToolContext) -> Finding:
    """The engine's verdict and its leading hypotheses.

    Raises:
        UnknownNameError: a twin or signal that isn't there.
    """
    from ..diagnosis.failure_modes import modes_of_plant

    plant = context.plant
    symptoms = [_symptom(plant, text) for text in arguments.symptoms]
    found = diagnosis_of(plant, symptoms)
    leading = found.hypotheses[: arguments.top]
    modes = modes_of_plant(plant).modes
    evidence = {str(one["id"]): one for one in found.evidence}
    rows = fitting([_row(one, modes, evidence) for one in leading])
    shown = leading[: len(rows)]
    options = [word for text in arguments.symptoms for word in ("--symptom", text)]
    return Finding(
        summary=_summary(found, shown, modes),
        facts=[
            Fact(name="verdict", value=found.verdict),
            Fact(name="deviating signals", value=len(found.deviations)),
            *(fact for one in shown for fact in _facts(one, modes)),
        ],
        data={
            "verdict": found.verdict,
            "missing": list(found.missing),
            "symptoms": arguments.symptoms,
            "hypotheses": rows,
            "said": _said(rows, evidence),
            "modes": _modes(shown),
            "assumptions": shortened(list(found.assumptions[:4])),
            "next_check": _check(found),
        },
        reproduce=command("diagnose", "--at", iso(plant.at), *options),
        provenance="engine",
    )


def _symptom(plant: Plant, text: str) -> Symptom:
    if text in plant.graph.twins:
        return Symptom(text)
    key = parse_key(text, plant.graph.twins)
    plant.telemetry.info(key)
    return Symptom(key.twin, key.signal)


def _summary(found: Diagnosis, shown: Sequence[Hypothesis], modes: dict[str, FailureMode]) -> str:
    words = {
        "cause": "The engine names a cause",
        "cannot_tell": "The engine can't tell the cause from the data",
        "nothing_wrong": "The engine finds nothing wrong",
    }[found.verdict]
    if not shown:
        return f"{words}: it has no hypothesis."
    first = shown[0]
    name = f" {modes[first.mode].name}" if first.mode in modes else ""
    since = f" since {iso(first.onset)}" if first.onset else ""
    return f"{words}; likeliest is {first.twin}{name}{since} (confidence {first.confidence:.4g})."


def _check(found: Diagnosis) -> dict[str, Any] | None:
    """What tells most about the leading hypotheses for its time."""
    if found.next_check is None:
        return None
    kept = ("twin", "text", "minutes", "skill")
    return {name: shortened(found.next_check[name]) for name in kept}


def _row(one: Hypothesis, modes: dict[str, FailureMode], evidence: dict[str, dict[str, Any]]) -> dict[str, Any]:
    mode = modes.get(one.mode or "")
    return {
        "rank": one.rank,
        "twin": one.twin,
        "signal": one.signal,
        "mode": one.mode,
        "mode_name": mode.name if mode else None,
        "origin": one.origin,
        "confidence": round(one.confidence, 4),
        "onset": iso(one.onset) if one.onset else None,
        "path": list(one.path),
        "explains": [str(key) for key in one.explains[:_MOST_EXPLAINED]] if one.rank == 1 else [],
        "because": _because(one, evidence),
        "evidence": _sentences(one, evidence),
        "checks": shortened(list(mode.checks[:2])) if mode else [],
    }


def _sentences(one: Hypothesis, evidence: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """The engine's evidence in its own words, which hold the figures with their units."""
    found = [evidence[ref] for ref in _sentence_ids(one, evidence)]
    return [{"id": item["id"], "kind": item.get("kind"), "text": shortened(item.get("text"))} for item in found]


def _because(one: Hypothesis, evidence: dict[str, dict[str, Any]]) -> list[str]:
    """Ids of what speaks for it; its path, and what it explains, stand beside it.

    Its first deviation, then what only the engine says (broken relations, jobs, instruments), then more deviations.
    """
    kinds = {ref: evidence[ref].get("kind") for ref in one.evidence if ref in evidence}
    told = [ref for ref, kind in kinds.items() if kind not in ("path", "explains")]
    found = sorted(told, key=lambda ref: (ref != told[0], kinds[ref] in get_args(DeviationKind)))
    return found[: max(1, _BECAUSE_FIRST + 1 - one.rank)]


def _sentence_ids(one: Hypothesis, evidence: dict[str, dict[str, Any]]) -> list[str]:
    most = _EVIDENCE_LEADING if one.rank <= _LEADING else _EVIDENCE_OTHERS
    return [ref for ref in one.evidence if ref in evidence][:most]


def _said(rows: Sequence[dict[str, Any]], evidence: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """What the rows' `because` names, each sentence once; how loud a signal is, `find_deviations` says."""
    texts = {ref: str(evidence[ref]["text"]) for row in rows for ref in row["because"]}
    return [{"id": ref, "text": shortened(text.partition(", at most ")[0], _SAID_CHARS)} for ref, text in texts.items()]


def _modes(shown: Sequence[Hypothesis]) -> list[dict[str, Any]]:
    """How well the failure modes of the leading twins fit: which signs show, miss or are contradicted."""
    from ..diagnosis.failure_modes import shares

    leading = {one.twin: one for one in reversed(shown)}
    twins = list(dict.fromkeys(one.twin for one in shown))[:_TWINS]
    found = []
    for place, twin in enumerate(twins):
        fits = leading[twin].modes
        chances = shares(fits)
        for number, fit in enumerate(fits[: _MODES_NEXT if place else _MODES_FIRST]):
            if number >= _MODES_ALWAYS and chances[fit.mode] < _LEAST_SHARE:
                break
            signs = {"shows": fit.seen, "missing": fit.missing, "against": fit.contradicted}
            found.append(
                {"twin": twin, "mode": fit.mode, "share": round(chances[fit.mode], 3)}
                | {name: list(each) for name, each in signs.items()}
            )
    return found


def _facts(one: Hypothesis, modes: dict[str, FailureMode]) -> list[Fact]:
    label = f"hypothesis {one.rank}"
    facts = [
        Fact(name=f"{label} twin", value=one.twin),
        Fact(name=f"{label} confidence", value=round(one.confidence, 4)),
    ]
    if one.signal:
        facts.append(Fact(name=f"{label} signal", value=f"{one.twin}.{one.signal}"))
    if one.mode:
        facts.append(Fact(name=f"{label} mode", value=one.mode))
        if one.mode in modes:
            facts.append(Fact(name=f"{label} mode name", value=modes[one.mode].name))
    if one.onset:
        facts.append(Fact(name=f"{label} onset", value=iso(one.onset)))
    return facts


RANK_CAUSES = Tool(
    name="rank_causes",
    description="The deterministic diagnosis engine: a verdict and ranked hypotheses.",
    arguments=RankCauses,
    function=rank_causes,
)
