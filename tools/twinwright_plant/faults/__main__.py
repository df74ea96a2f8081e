"""`python -m twinwright_plant.faults`: the table of faults that stands in docs/demo-plant.md."""

from __future__ import annotations

from . import table

if __name__ == "__main__":
    print(table())
