"""Three years of the fleet's history: work orders, alarms, oil samples, patrol notes."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from .fleet import Fleet
from .telemetry import END, HOT

Row = dict[str, str]
CODES = {
    "OLTC": ("Tap changer: diverter oil changed", "Tap changer motor drive adjusted", "Tap position indication wrong"),
    "COOL": ("Fan replaced", "Radiator valve found closed", "Fan control fuse blown"),
    "OIL": ("Oil sample taken, moisture high", "Oil filtered on site", "Leak at bushing flange tightened"),
    "BRK": ("Spring drive lubricated", "Closing coil replaced", "SF6 topped up"),
    "PROT": ("Relay settings updated", "Distance relay replaced", "CT secondary checked"),
    "VEG": ("Trees cut along the line", "Branch removed from conductor"),
    "INSP": ("Thermography round, no findings", "Yearly inspection"),
}
_WHERE = {
    "OLTC": "PowerTransformer",
    "COOL": "PowerTransformer",
    "OIL": "PowerTransformer",
    "BRK": "CircuitBreaker",
    "PROT": "CircuitBreaker",
    "VEG": "Feeder",
    "INSP": "Substation",
}
CREWS = ("crew north", "crew south", "contractor Lien", "contractor Berg")
NOTES = (
    "Drove past, hum as always.",
    "Snow on the radiators, brushed off.",
    "Gate lock frozen, used the spray.",
    "Fox in the compound again.",
    "Silica gel pink at the breather, ordered.",
    "Fans of T2 stand still although it is warm, told dispatch.",
)


def work_orders(fleet: Fleet) -> list[Row]:
    """Work orders of three years, oldest first; some of the last weeks are open."""
    draw = random.Random(f"orders {fleet.seed}")
    opened = sorted(END - timedelta(days=draw.uniform(1.0, 3 * 365.0)) for _ in range(360))
    return [_order(draw, fleet, number, time.replace(microsecond=0)) for number, time in enumerate(opened, 1)]


def _order(draw: random.Random, fleet: Fleet, number: int, opened: datetime) -> Row:
    code = draw.choices(list(CODES), [5, 3, 6, 8, 5, 9, 12])[0]
    hours = round(draw.uniform(0.5, 14.0), 1)
    closed = opened + timedelta(hours=hours + draw.uniform(2.0, 200.0))
    is_open = closed > END - timedelta(hours=6)
    return {
        "kind": "work_order",
        "id": f"NW-{number:05d}",
        "time": opened.isoformat(),
        "twin": draw.choice(fleet.ids(_WHERE[code])),
        "status": "open" if is_open else "closed",
        "code": code,
        "priority": draw.choice(["P2", "P3", "P3", "P4"]),
        "closed": "" if is_open else closed.replace(microsecond=0).isoformat(),
        "duration_h": "" if is_open else f"{hours}",
        "author": draw.choice(CREWS),
        "text": draw.choice(CODES[code]),
    }


def alarms(fleet: Fleet) -> list[Row]:
    """The alarm list of sixty days, oldest first."""
    draw = random.Random(f"alarms {fleet.seed}")
    texts = {
        "PowerTransformer": ("Top-oil temperature high", "Buchholz gas", "Tap changer incomplete"),
        "CircuitBreaker": ("SF6 pressure low stage 1", "Spring not charged"),
        "Feeder": ("Earth fault", "Overcurrent start", "Overcurrent start"),
    }
    rows = []
    for _ in range(240):
        model = draw.choice(list(texts))
        time = END - timedelta(days=draw.uniform(0.3, 60.0))
        rows.append(_row("alarm", time, draw.choice(fleet.ids(model)), draw.choice(texts[model])))
    rows += [
        _row("alarm", END - timedelta(days=back), HOT, "Top-oil temperature high") for back in (4.6, 3.5, 2.4, 1.2)
    ]
    return sorted(rows, key=lambda row: row["time"])


def oil_samples(fleet: Fleet) -> list[Row]:
    """Two oil samples a year and transformer, with hydrogen and moisture in ppm."""
    draw = random.Random(f"oil {fleet.seed}")
    rows = []
    for transformer in fleet.ids("PowerTransformer"):
        for half in range(6):
            time = END - timedelta(days=182.0 * half + draw.uniform(10.0, 60.0))
            hydrogen, moisture = draw.randrange(8, 160), draw.randrange(4, 34)
            row = _row("oil_sample", time, transformer, f"H2 {hydrogen} ppm, water {moisture} ppm")
            rows.append(row | {"hydrogen_ppm": str(hydrogen), "moisture_ppm": str(moisture)})
    return sorted(rows, key=lambda row: row["time"])


def notes(fleet: Fleet) -> list[Row]:
    """Patrol notes of ninety days, oldest first."""
    draw = random.Random(f"notes {fleet.seed}")
    places = fleet.ids("Substation")
    rows = [
        _row("note", END - timedelta(days=draw.uniform(1.0, 90.0)), draw.choice(places), draw.choice(NOTES[:-1]))
        for _ in range(50)
    ]
    rows.append(_row("note", END - timedelta(days=3.2), "havnes", NOTES[-1]))
    return sorted(rows, key=lambda row: row["time"])


def _row(kind: str, time: datetime, twin: str, text: str) -> Row:
    return {"kind": kind, "time": time.replace(microsecond=0).isoformat(), "twin": twin, "text": text}
