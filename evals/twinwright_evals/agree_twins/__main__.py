"""`python -m twinwright_evals.agree_twins --pairs 20000`: random queries on random graphs, compiled and evaluated.

The first disagreements are printed whole, and the exit code is 1 if there is one.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from random import Random

from .agree import Disagreement, Tally, agree_on


def main(words: Sequence[str] | None = None) -> int:
    """Runs the comparison and says what came of it."""
    parser = argparse.ArgumentParser(prog="twinwright_evals.agree_twins", description=__doc__)
    parser.add_argument("--pairs", type=int, default=20_000, help="pairs of a graph and a valid query (default 20000)")
    parser.add_argument("--queries", type=int, default=100, help="valid queries on each graph (default 100)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", type=int, default=5, help="disagreements to print (default 5)")
    parser.add_argument("--json", action="store_true", help="one JSON document")
    asked = parser.parse_args(words)
    if min(asked.pairs, asked.queries) < 1:
        parser.error("--pairs and --queries are at least 1")
    began, tally, found = time.monotonic(), Tally(), list[Disagreement]()
    seed = asked.seed
    while tally.pairs < asked.pairs:
        found += agree_on(Random(seed), min(asked.queries, asked.pairs - tally.pairs), tally)
        seed += 1
    result = tally.as_dict() | {"graphs": seed - asked.seed, "seconds": round(time.monotonic() - began, 1)}
    result["disagreements"] = len(found)
    if asked.json:
        print(json.dumps(result | {"shown": [each.as_dict() for each in found[: asked.show]]}, indent=1))
    else:
        for each in found[: asked.show]:
            print(each.text(), end="\n\n", file=sys.stderr)
        print(", ".join(f"{name} {value}" for name, value in result.items()))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
