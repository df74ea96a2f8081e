"""`python -m twinwright_evals.dtdl_oracle [--write]`: agreement with Microsoft's DTDL parser."""

from __future__ import annotations

import argparse
import sys

from .corpus import read_corpus
from .report import write_table
from .verdicts import OracleError, ask, judge, read_disagreements, read_recording, write_recording


def main() -> int:
    """Report agreement and every disagreement; 1 if one of them has no reason in disagreements.yaml."""
    parser = argparse.ArgumentParser(prog="python -m twinwright_evals.dtdl_oracle", description=__doc__)
    parser.add_argument("--write", action="store_true", help="ask the parser anew, record it, and write docs/dtdl.md")
    options = parser.parse_args()
    models = read_corpus()
    try:
        oracle = ask(models) if options.write else read_recording()
    except OracleError as error:
        print(error, file=sys.stderr)
        return 2
    judged, known = judge(models, oracle), read_disagreements()
    if options.write:
        write_recording(oracle)
        write_table(judged, oracle.parser, known)
    reasons = {key: each.reason for each in known for key in each.models}
    differing = [each for each in judged if not each.agreed]
    print(f"{len(judged) - len(differing)} of {len(judged)} models judged as {oracle.parser} does")
    for each in differing:
        key = (each.model.name, each.model.version)
        print(f"DTDL {key[1]}, {key[0]}: {each.oracle}, ours {'valid' if each.ours else each.problems[0]}")
        print(f"    {reasons.get(key, 'NO REASON GIVEN')}")
    unread = [each for each in judged if each.ours != each.model.valid]
    for each in unread:
        print(f"not as its case says: DTDL {each.model.version}, {each.model.name}: {each.problems or 'valid'}")
    return int(bool(unread) or {(one.model.name, one.model.version) for one in differing} != set(reasons))


if __name__ == "__main__":
    sys.exit(main())
