"""From ranked candidates to the answer: hypotheses with failure mode, path and evidence in plain sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ..telemetry.series import SignalKey, is_free_text
from ..times import from_micros, iso
from ..twins.graph import TwinGraph
from .data_quality import Statements
from .explained import Explanation
from .instrument_words import instrument_words
from .instruments import Instruments
from .job_evidence import of_explanation, of_induced
from .maintenance import MaintenanceEvent
from .modes.match import ModeFit, best_of, rank_modes, shares
from .modes.types import Library
from .next_check import Leading, next_check, recorded_roles
from .past_failures import orders_of, past_nats
from .ranking import Candidate
from .relations import FAR, Relations
from .result import Deviation, Diagnosis, Hypothesis, Symptom, Verdict
from .sensors import Verdict as SensorVerdict
from .sensors import sensor_or_process
from .suspicion import DEVIATES, Look, Suspicion

if TYPE_CHECKING:
    from ..twins.dtdl import ModelSet

_FIRST = 12
_DISTINCT_TWINS = 12
_MOST_EVIDENCE = 4
_MOST_JOBS = 2
_MOST_EXPLAINED = 12
_LOOKED_INTO = 5  # leading hypotheses whose instrument is doubted
_SENSOR_NATS = 1.5  # how much the odds of an instrument's fault count for the modes of instruments, against the others
_SENSOR_MOST = 4.0  # … nats at most
_TOLD_APART = 5  # leading hypotheses that the next check has to tell apart
_MODES_EACH = 3  # … with so many failure modes each


@dataclass(frozen=True)
class Context:
    """All that an answer is written from."""

    at: datetime
    graph: TwinGraph
    models: ModelSet
    relations: Relations
    look: Look
    symptoms: tuple[Symptom, ...]
    library: Library
    data: Statements
    events: tuple[MaintenanceEvent, ...] = ()
    explained: Mapping[SignalKey, Explanation] = field(default_factory=dict)

    @property
    def found(self) -> dict[SignalKey, Suspicion]:
        """What speaks against each signal."""
        return self.look.found

    @property
    def instruments(self) -> Instruments:
        """What the plant says of its signals."""
        return Instruments(self.graph, self.models, self.library)


@dataclass
class _Evidence:
    """Numbered evidence; what several hypotheses cite is listed once."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    ids: dict[tuple[Any, ...], str] = field(default_factory=dict)

    def cite(self, kind: str, key: SignalKey | None, twin: str, text: str, **figures: Any) -> str:
        name = (kind, twin, key)
        if name not in self.ids:
            self.ids[name] = f"D{len(self.rows) + 1}"
            row = {
                "id": self.ids[name],
                "kind": kind,
                "twin": twin,
                "signal": key.signal if key else None,
                "text": text,
            }
            self.rows.append(row | figures)
        return self.ids[name]


def build_answer(
    context: Context,
    candidates: Sequence[Candidate],
    confidences: Sequence[float],
    verdict: Verdict,
    deviations: Sequence[Deviation],
) -> Diagnosis:
    """The diagnosis: the leading candidates, and others so that ten twins are covered where there are that many."""
    evidence = _Evidence()
    chosen = _chosen(candidates)
    fits = {index: _fits(context, candidates[index], place) for place, index in enumerate(chosen, start=1)}
    hypotheses = tuple(
        _hypothesis(context, candidates[index], confidences[index], place, evidence, fits[index])
        for place, index in enumerate(chosen, start=1)
    )
    return Diagnosis(
        context.at,
        verdict,
        (*_missing(context, verdict, hypotheses), *context.data.missing),
        hypotheses,
        tuple(deviations),
        tuple(evidence.rows),
        (*_assumptions(context.graph), *context.data.assumed),
        _next_check(context, hypotheses, [fits[index][0] for index in chosen]),
    )


def _fits(context: Context, one: Candidate, place: int) -> tuple[list[ModeFit], SensorVerdict]:
    """The failure modes that fit a candidate, best first, and whether its instrument is to be doubted."""
    modes = rank_modes(one.twin, one.signal, context.graph, context.models, context.found, context.library)
    modes = _after_past_failures(context, one.twin, modes)
    if one.signal is None or place > _LOOKED_INTO:
        return modes, SensorVerdict()
    verdict = sensor_or_process(one.signal, context.look, context.relations, context.instruments)
    shift = max(-_SENSOR_MOST, min(_SENSOR_MOST, _SENSOR_NATS * verdict.logit))
    known = context.library.modes
    modes = [fit._replace(fit=fit.fit + (shift if known[fit.mode].anywhere else -shift)) for fit in modes]
    return sorted(modes, key=lambda fit: -fit.fit), verdict


def _after_past_failures(context: Context, twin: str, modes: list[ModeFit]) -> list[ModeFit]:
    """The same fits, a little better where past work orders on the twin tell of the mode; best first."""
    orders = [one for one in context.events if one.order and one.twin == twin]
    if not orders:
        return modes
    names = [fit.mode for fit in modes]
    past = {mode: past_nats(orders_of(mode, names, orders), context.at) for mode in names}
    return sorted((fit._replace(fit=fit.fit + past[fit.mode]) for fit in modes), key=lambda fit: -fit.fit)


def _next_check(
    context: Context, hypotheses: Sequence[Hypothesis], fits: Sequence[Sequence[ModeFit]]
) -> dict[str, Any] | None:
    """The check that tells most about the leading hypotheses for its time."""
    leading: dict[tuple[str, str | None], float] = {}
    for one, modes in zip(hypotheses[:_TOLD_APART], fits, strict=False):
        odds: dict[str | None, float] = dict(list(shares(modes).items())[:_MODES_EACH])
        for mode, share in (odds or {None: 1.0}).items():
            leading[one.twin, mode] = max(leading.get((one.twin, mode), 0.0), one.confidence * share)
    named = [Leading(twin, mode, chance) for (twin, mode), chance in leading.items() if chance > 0.0]
    roles = recorded_roles(context.found, context.graph, context.models, context.library)
    best = next_check(named, context.library, context.graph, roles)
    if best is None:
        return None
    figures = {"bits": round(best.bits, 3), "minutes": best.minutes, "skill": best.skill}
    return {"twin": best.twin, "text": best.text, "finding": best.finding, **figures, "meaning": list(best.meaning)}


def _chosen(candidates: Sequence[Candidate]) -> list[int]:
    twins: set[str] = set()
    chosen = []
    for index, one in enumerate(candidates):
        new = one.twin not in twins and len(twins) < _DISTINCT_TWINS
        if index < _FIRST or new:
            chosen.append(index)
            twins.add(one.twin)
    return chosen


def _hypothesis(
    context: Context,
    one: Candidate,
    confidence: float,
    place: int,
    evidence: _Evidence,
    fits: tuple[Sequence[ModeFit], SensorVerdict],
) -> Hypothesis:
    suspicion = context.found.get(one.signal) if one.signal else None
    explains = _explained(context, one)
    path = _path(context, one.twin)
    return Hypothesis(
        rank=place,
        twin=one.twin,
        signal=one.signal.signal if one.signal else None,
        mode=best_of(fits[0]),
        confidence=confidence,
        onset=from_micros(suspicion.onset) if suspicion and suspicion.onset is not None else None,
        evidence=tuple(_cited(context, one, explains, path, evidence, fits[1])),
        path=tuple(path),
        explains=tuple(explains),
        origin=fits[1].origin,
        modes=tuple(fits[0]),
    )


def _explained(context: Context, one: Candidate) -> list[SignalKey]:
    reached = context.relations.downstream(one.twin)
    strong = [
        (reached.get(key.twin, FAR), -suspicion.strength, key)
        for key, suspicion in context.found.items()
        if suspicion.deviation is not None and key != one.signal and key.twin in reached
    ]
    return [key for _, _, key in sorted(strong)[:_MOST_EXPLAINED]]


def _path(context: Context, twin: str) -> list[str]:
    ways = [context.graph.path(twin, symptom.twin) for symptom in context.symptoms]
    return min((way for way in ways if way), key=len, default=[])


def _cited(
    context: Context,
    one: Candidate,
    explains: Sequence[SignalKey],
    path: Sequence[str],
    evidence: _Evidence,
    instrument: SensorVerdict,
) -> list[str]:
    own = [key for key, found in context.found.items() if key.twin == one.twin and found.deviation is not None]
    own.sort(key=lambda key: (key != one.signal, -context.found[key].strength))
    ids = [_cite_deviation(context.found[key], evidence) for key in own[:_MOST_EVIDENCE]]
    suspicion = context.found.get(one.signal) if one.signal else None
    ids += _cite_jobs(context, one, own[:_MOST_EVIDENCE], evidence)
    if suspicion is not None and suspicion.broken > DEVIATES:
        text = (
            f"{suspicion.key} is no longer explained by the other signals of {one.twin}: "
            f"counting what lasts, its residual is {suspicion.broken:.3g} times the largest of its past."
        )
        ids.append(evidence.cite("relation", one.signal, one.twin, text, excess=suspicion.broken))
    ids += _cite_instrument(context, one, instrument, evidence)
    if len(path) > 1:
        text = f"An upset travels from {path[0]} to {path[-1]} by way of {' → '.join(path)} ({len(path) - 1} steps)."
        ids.append(evidence.cite("path", None, one.twin, text, steps=len(path) - 1, path=list(path)))
    others = {key.twin for key in explains if key.twin != one.twin}
    if others:
        text = f"Downstream of {one.twin}, {len(others)} twins deviate as well."
        ids.append(evidence.cite("explains", None, one.twin, text, twins=sorted(others)))
    return ids


def _cite_jobs(context: Context, one: Candidate, own: Sequence[SignalKey], evidence: _Evidence) -> list[str]:
    """What logged jobs explain of the signals that are cited, and whether one may have caused what it doesn't."""
    keys = list(dict.fromkeys([*([one.signal] if one.signal else []), *own]))
    ids = []
    worth_telling = [key for key in keys if key in context.explained and context.explained[key].matters]
    for key in worth_telling[:_MOST_JOBS]:
        said = of_explanation(key, context.explained[key])
        ids.append(evidence.cite("maintenance", key, one.twin, said.text, **said.figures))
    suspicion = context.found.get(one.signal) if one.signal else None
    if suspicion is not None:
        parts = {*context.graph.within(one.twin), *context.graph.location(one.twin)[-2:]}
        induced = of_induced(suspicion, context.events, context.explained.get(suspicion.key), parts)
        if induced is not None:
            ids.append(evidence.cite("after_maintenance", suspicion.key, one.twin, induced.text, **induced.figures))
    return ids


def _cite_instrument(context: Context, one: Candidate, verdict: SensorVerdict, evidence: _Evidence) -> list[str]:
    """Whether an instrument or the plant has failed; nothing where that can't be told."""
    text = instrument_words(one.signal, verdict, context.look, context.instruments) if one.signal else ""
    if one.signal is None or verdict.signs is None or not text:
        return []
    told = verdict.signs.neighbours
    figures = {"p_sensor": round(verdict.p_sensor, 4), "neighbours": told.count}
    if told.broken is not None:
        figures |= {"suspect": told.suspect, "rest": told.rest}
    return [evidence.cite("instrument", one.signal, one.twin, text, **figures)]


_KINDS = {
    "level": "shifted",
    "slope": "drifted",
    "spread": "changed its spread",
    "oscillation": "oscillates",
    "stuck": "is stuck",
    "dropout": "drops out",
    "out_of_range": "is out of range,",
    "state": "is in an unusual state",
    "events": "changed",
    "duration": "changed the duration",
    "mismatch": "disagrees",
}


def _cite_deviation(suspicion: Suspicion, evidence: _Evidence) -> str:
    one = suspicion.deviation
    assert one is not None  # only deviating signals are cited
    unit = f" {one.unit}" if one.unit else ""
    text = f"{one.key} {_KINDS[one.kind]}" + (f" {one.note}" if one.note else "")
    if one.kind != "mismatch" and (one.before is not None or one.after is not None):
        text += f" from {_figure(one.before, one.after)}{unit} to {_figure(one.after, one.before)}{unit}"
    text += f" at {iso(one.onset)} (± {one.onset_uncertainty_s:.0f} s)"
    far = f", at most {one.score:.3g} robust standard deviations from its past"
    text += "." if one.kind == "mismatch" else f"{far}."
    return evidence.cite(
        one.kind,
        one.key,
        one.key.twin,
        text,
        before=one.before,
        after=one.after,
        unit=one.unit,
        onset=iso(one.onset),
        onset_uncertainty_s=one.onset_uncertainty_s,
        score=one.score,
        direction=one.direction,
    )


def _figure(value: float | str | None, other: float | str | None) -> str:
    """A value at four significant digits; zero where it is nothing beside the other one."""
    if value is None:
        return "nothing"
    if isinstance(value, str):
        return "another text" if is_free_text(value) else value
    nothing = isinstance(other, float) and abs(value) < 1e-6 * abs(other)
    return "0" if nothing else f"{value:.4g}"


def _missing(context: Context, verdict: Verdict, hypotheses: Sequence[Hypothesis]) -> list[str]:
    if context.data.blind:
        return [context.data.blind]
    if verdict != "cannot_tell":
        return []
    sentences = []
    if not any(one.deviation for one in context.found.values()):
        sentences.append("No signal has left its own past, so telemetry alone can't point to a cause.")
    elif len(hypotheses) > 1:
        names = " and ".join(dict.fromkeys(one.twin for one in hypotheses[:3]))
        sentences.append(f"The data speaks about equally for {names}; a check on site that tells them apart is needed.")
    silent = [twin for twin in context.graph.twins if all(key.twin != twin for key in context.found)]
    told = any("no telemetry" in one for one in context.data.missing)
    if silent and not told and len(silent) < len(context.graph.twins):
        sentences.append(
            f"{len(silent)} twins have no telemetry: {', '.join(silent[:5])}{' …' if len(silent) > 5 else ''}."
        )
    return sentences


def _assumptions(graph: TwinGraph) -> list[str]:
    names = sorted({one.name for one in graph.relationships if not graph.flows.is_stated(one.name)})
    return [f"{name} relationships are assumed to carry {graph.flows.of(name).direction}." for name in names]
