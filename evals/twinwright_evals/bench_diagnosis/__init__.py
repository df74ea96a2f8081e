"""`make bench-diagnosis`: the engine over the demo plant's campaign of test seeds, over every case of the data packs,
and over a complaint about each of the demo plant's faults.

Only what a case shows (telemetry up to the moment of asking, symptoms) reaches the engine; the truth is put beside the
answer afterwards.
"""

from __future__ import annotations
