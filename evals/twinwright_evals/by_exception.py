"""`python -m twinwright_evals.by_exception`: the same runs, recorded at a steady interval and by exception.

Historians and OPC UA subscriptions record a measurement when it has moved by more than a deadband. Here every numeric
signal of the campaign that is sampled is thinned so, by a deadband in standard deviations of its own noise, and the
engine diagnoses both: what it finds should hardly depend on how a plant records.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from twinwright_tools.diagnosis import Diagnosis
from twinwright_tools.diagnosis.engine import diagnose_signals
from twinwright_tools.telemetry.infer import info_of, with_few_told
from twinwright_tools.telemetry.series import Series, SignalInfo, SignalKey

from .bench_diagnosis.judging import BLAMED
from .campaign import Case, load
from .campaign.__main__ import seeds_of
from .campaign.jobs import jobs_of
from .campaign.store import path_of

_LEAST_SAMPLES = 20


def thinned(series: Series, deadband: float) -> Series:
    """The rows that moved by more than a deadband since the last one kept.

    Args:
        deadband: in standard deviations of the noise, which is that of steps from sample to sample (robust, by their
            median absolute deviation) over √2.
    """
    values = series.values
    steps = np.diff(values[np.isfinite(values)])
    if len(steps) < _LEAST_SAMPLES:
        return series
    noise = float(np.median(np.abs(steps - np.median(steps)))) * 1.4826 / np.sqrt(2.0)
    kept, last = [0], values[0]
    for place, value in enumerate(values.tolist()):
        if np.isfinite(value) and not abs(value - last) <= deadband * noise:
            kept.append(place)
            last = value
    return Series(series.key, series.times[kept], values[kept])


def by_exception(case: Case, deadband: float) -> tuple[dict[SignalKey, Series], list[SignalInfo]]:
    """The signals of a run, and what is known of them, as a historian would have recorded them."""
    signals, infos = dict(case.signals), {info.key: info for info in case.infos}
    for info in case.infos:
        if info.sampling == "sampled" and info.kind == "numeric":
            one = signals[info.key] = thinned(signals[info.key], deadband)
            infos[info.key] = info_of(
                info.key, one.times, one.values, None, schema="double", unit=info.unit, known=info.known
            )
    return signals, list(with_few_told(infos).values())


def _place(case: Case, found: Diagnosis) -> int:
    true = {one.twin for one in (case.truth, *case.truth.also) if one.twin}
    twins = list(dict.fromkeys(one.twin for one in found.hypotheses))
    return next((place for place, twin in enumerate(twins, 1) if twin in true), len(twins) + 1)


def compare(folder: Path, seeds: Sequence[int], deadband: float) -> dict[str, object]:
    """Shares over the runs whose fault is visible, and how many healthy ones are blamed, for both ways of recording."""
    places: list[tuple[int, int]] = []
    blamed, healthy, rows = [0, 0], 0, [0, 0]
    for seed in seeds:
        case = load(folder, seed)
        if case.truth.twin and not case.sight.visible:
            continue
        thin, infos = by_exception(case, deadband)
        both = [
            diagnose_signals(signals, told, case.graph, case.models, case.at, case.symptoms, events=jobs_of(case))
            for signals, told in ((case.signals, case.infos), (thin, infos))
        ]
        rows = [rows[0] + sum(map(len, case.signals.values())), rows[1] + sum(map(len, thin.values()))]
        if case.truth.twin:
            places.append((_place(case, both[0]), _place(case, both[1])))
        else:
            healthy += 1
            blamed = [
                count + any(one.confidence >= BLAMED for one in found.hypotheses)
                for count, found in zip(blamed, both, strict=True)
            ]
        print(f"{seed}: {places[-1] if case.truth.twin else 'healthy'}", file=sys.stderr, flush=True)
    shares = {
        f"right asset in the first {most}": [float(np.mean([one[way] <= most for one in places])) for way in (0, 1)]
        for most in (1, 3)
        if places
    }
    return {"deadband": deadband, "visible": len(places), "rows": rows, **shares, "healthy": healthy, "blamed": blamed}


def main(words: Sequence[str] | None = None) -> int:
    """Prints one JSON document; each pair is (steady, by exception)."""
    parser = argparse.ArgumentParser(prog="python -m twinwright_evals.by_exception", description=__doc__)
    parser.add_argument("--campaign", type=Path, required=True, help="runs of `python -m twinwright_evals.campaign`")
    parser.add_argument("--seeds", type=seeds_of, default=seeds_of("1500-1599"))
    parser.add_argument("--deadband", type=float, default=1.0, help="in standard deviations of the noise")
    asked = parser.parse_args(words)
    missing = [seed for seed in asked.seeds if not path_of(asked.campaign, seed).is_file()]
    if missing:
        print(f"{asked.campaign} lacks the run of seed {missing[0]}; make it: python -m twinwright_evals.campaign",
              file=sys.stderr)  # fmt: skip
        return 2
    print(json.dumps(compare(asked.campaign, asked.seeds, asked.deadband), indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
