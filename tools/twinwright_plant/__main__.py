"""`python -m twinwright_plant FOLDER [--fault F] [--seed N]`: write a plant folder and print the truth about it."""

from __future__ import annotations

import argparse
import json
from datetime import datetime
from pathlib import Path

from .make import HOURS, make_plant


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m twinwright_plant", description=__doc__)
    parser.add_argument("folder", type=Path, help="where to write the plant")
    parser.add_argument("--fault", help="what is broken, or two faults joined by + (default: nothing)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--hours", type=float, default=HOURS, help="length of the telemetry")
    parser.add_argument("--end", type=datetime.fromisoformat, help="its end, ISO 8601 with a zone")
    parser.add_argument("--severity", type=float, default=1.0, help="1 shows clearly")
    asked = parser.parse_args()
    try:
        truth = make_plant(asked.folder, asked.fault, asked.seed, asked.hours, asked.end, asked.severity)
    except ValueError as error:
        parser.error(str(error))
    onset = truth.onset.isoformat() if truth.onset else None
    print(json.dumps({"twin": truth.twin, "signal": truth.signal, "mode": truth.mode, "onset": onset}))


if __name__ == "__main__":
    main()
