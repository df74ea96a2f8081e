"""Runs on disk: one Parquet file each, and a list of truths beside them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

import twinwright_plant
from twinwright_plant.truth import Truth
from twinwright_tools.diagnosis import Symptom
from twinwright_tools.telemetry.series import Series, SignalInfo, SignalKey

from .looking import Sight
from .playing import Case, demo_twins
from .scenario import draw

_MICRO = 1e6  # the instruments' samples have six decimals at most: as whole numbers they pack well, and lose nothing
_ABOUT = b"campaign"


def path_of(out: Path, seed: int) -> Path:
    """Where a seed's run lies."""
    return out / f"run-{seed:06d}.parquet"


def made_by() -> str:
    """A digest of the simulation's source: a run that another one made is made anew."""
    own = [Path(__file__).parent / name for name in ("scenario.py", "playing.py", "looking.py", "store.py")]
    found = hashlib.sha256()
    for file in [*sorted(Path(twinwright_plant.__file__).parent.rglob("*.py")), *own]:
        found.update(file.read_bytes())
    return found.hexdigest()[:16]


def save(case: Case, out: Path) -> None:
    """Writes a run, aside first and then in place."""
    table = _table(case)
    about = {
        "made_by": made_by(),
        "truth": row_of(case),
        "sight": _seen(case.sight),
        "plain": _seen(case.plain),
        "journal": list(case.journal),
        "infos": [_packed(info) for info in case.infos],
        "texts": sorted({str(text) for one in case.signals.values() for text in _words(one)}),
    }
    table = table.replace_schema_metadata({_ABOUT: json.dumps(about, ensure_ascii=False).encode()})
    out.mkdir(parents=True, exist_ok=True)
    target = path_of(out, case.scenario.seed)
    aside = target.with_suffix(".part")
    pq.write_table(
        table,
        aside,
        compression="zstd",
        use_dictionary=False,
        column_encoding=dict.fromkeys(table.column_names, "DELTA_BINARY_PACKED"),
    )
    aside.replace(target)


def about(out: Path, seed: int) -> dict[str, Any] | None:
    """What a run's file says of it; None if it isn't there, or another version of the plant made it."""
    path = path_of(out, seed)
    if not path.is_file():
        return None
    found: dict[str, Any] = json.loads((pq.read_schema(path).metadata or {})[_ABOUT])
    return found if found["made_by"] == made_by() else None


def load(out: Path, seed: int) -> Case:
    """The run of a seed as it was played.

    Raises:
        FileNotFoundError: it isn't there; make it with `python -m twinwright_evals.campaign`.
    """
    table = pq.read_table(path_of(out, seed))
    known = json.loads(table.schema.metadata[_ABOUT])
    infos = [_unpacked(each) for each in known["infos"]]
    times, numbers = (np.asarray(table[name]) for name in ("time", "value"))
    texts = np.array(known["texts"], dtype=np.object_)
    signals, begin = {}, 0
    for info in infos:
        part = slice(begin, begin + info.count)
        signals[info.key] = _series(info, times[part], numbers[part], texts)
        begin += info.count
    twins, row = demo_twins(), known["truth"]
    return Case(
        scenario=draw(seed),
        signals=signals,
        infos=infos,
        graph=twins.graph,
        models=twins.models,
        at=datetime.fromisoformat(row["at"]),
        symptoms=tuple(Symptom(one["twin"], one["signal"]) for one in row["symptoms"]),
        truth=_truth(row["truth"]),
        sight=_sight(known["sight"]),
        plain=_sight(known["plain"]),
        journal=tuple(known.get("journal", ())),  # runs that were kept before there was one have none
    )


def row_of(case: Case) -> dict[str, Any]:
    """A line of truths.jsonl."""
    scenario = case.scenario
    return {
        "seed": scenario.seed,
        "category": scenario.category,
        "kinds": [one.fault.id for one in scenario.injections],
        "at": case.at.isoformat(),
        "symptoms": [{"twin": one.twin, "signal": one.signal} for one in case.symptoms],
        "truth": _told(case.truth),
        "visible": case.sight.visible,
        "excess": case.sight.excess,
        "farthest": str(case.sight.key) if case.sight.key else None,
        "left_range": case.plain.visible,
        "plans": len(scenario.conditions.works) + len(scenario.conditions.changes),
    }


def write_truths(out: Path, rows: Iterable[dict[str, Any]]) -> None:
    """truths.jsonl, by seed."""
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in sorted(rows, key=lambda one: one["seed"]))
    (out / "truths.jsonl").write_text(text, encoding="utf-8")


def _table(case: Case) -> pa.Table:
    places = {text: place for place, text in enumerate(sorted({t for s in case.signals.values() for t in _words(s)}))}
    times = np.concatenate([case.signals[info.key].times for info in case.infos])
    numbers = np.concatenate([_numbers(case.signals[info.key], places) for info in case.infos])
    return pa.table({"time": pa.array(times), "value": pa.array(numbers)})


def _words(series: Series) -> list[str]:
    return [] if series.texts is None else [str(text) for text in series.texts]


def _numbers(series: Series, places: dict[str, int]) -> npt.NDArray[np.int64]:
    """Values in millionths, or places in the list of texts."""
    if series.texts is not None:
        return np.array([places[text] for text in _words(series)], dtype=np.int64)
    whole = np.rint(series.values * _MICRO).astype(np.int64)
    if not np.array_equal(whole / _MICRO, series.values):
        raise ValueError(f"{series.key} has more than six decimals")
    return whole


def _series(
    info: SignalInfo, times: npt.NDArray[np.int64], numbers: npt.NDArray[np.int64], texts: npt.NDArray[np.object_]
) -> Series:
    if info.kind == "text":
        return Series(info.key, times, np.full(len(times), np.nan), texts[numbers])
    return Series(info.key, times, numbers / _MICRO)


def _packed(info: SignalInfo) -> list[Any]:
    first, last = info.first.isoformat(), info.last.isoformat()
    return [*info.key, info.kind, info.sampling, info.count, first, last, info.interval_s, info.unit, info.known]


def _unpacked(row: list[Any]) -> SignalInfo:
    twin, signal, kind, sampling, count, first, last, interval, unit, known = row
    begin, end = datetime.fromisoformat(first), datetime.fromisoformat(last)
    return SignalInfo(SignalKey(twin, signal), kind, sampling, count, begin, end, interval, unit, known)


def _seen(sight: Sight) -> list[Any]:
    return [sight.excess, *(sight.key or ())]


def _sight(row: list[Any]) -> Sight:
    excess, *key = row
    return Sight(excess, SignalKey(*key) if key else None)


def _told(truth: Truth) -> dict[str, Any]:
    return {
        "twin": truth.twin,
        "signal": truth.signal,
        "mode": truth.mode,
        "onset": truth.onset.isoformat() if truth.onset else None,
        "severity": truth.severity,
        "also": [_told(one) for one in truth.also],
    }


def _truth(row: dict[str, Any]) -> Truth:
    onset = datetime.fromisoformat(row["onset"]) if row["onset"] else None
    also = tuple(_truth(one) for one in row["also"])
    return Truth(row["twin"], row["signal"], row["mode"], onset, row["severity"], also)
