"""`python -m twinwright_evals.dtdl_oracle [--write | --mutants N]`: agreement with Microsoft's DTDL parser."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence

from .corpus import read_corpus
from .mutants import mutants
from .report import write_table
from .verdicts import Judged, OracleError, ask, judge, read_disagreements, read_recording, write_recording


def main() -> int:
    """Report agreement and every disagreement; 1 if one of the corpus has no reason in disagreements.yaml."""
    parser = argparse.ArgumentParser(prog="python -m twinwright_evals.dtdl_oracle", description=__doc__)
    parser.add_argument("--write", action="store_true", help="ask the parser anew, record it, and write docs/dtdl.md")
    parser.add_argument("--mutants", type=int, metavar="N", help="ask it about N changed models, and show differences")
    parser.add_argument("--seed", type=int, default=1, help="of the changes (1)")
    options = parser.parse_args()
    try:
        if options.mutants:
            return _mutants(options.mutants, options.seed)
        return _corpus(options.write)
    except OracleError as error:
        print(error, file=sys.stderr)
        return 2


def _corpus(write: bool) -> int:
    models = read_corpus()
    oracle = ask(models) if write else read_recording()
    judged, known = judge(models, oracle), read_disagreements()
    if write:
        write_recording(oracle)
        write_table(judged, oracle.parser, known)
    reasons = {key: each.reason for each in known for key in each.models}
    differing = _show(judged, reasons)
    unread = [each for each in judged if each.ours != each.model.valid]
    for each in unread:
        print(f"not as its case says: DTDL {each.model.version}, {each.model.name}: {each.problems or 'valid'}")
    return int(bool(unread) or {(one.model.name, one.model.version) for one in differing} != set(reasons))


def _mutants(count: int, seed: int) -> int:
    models = list(mutants(read_corpus(), count, seed))
    for each in _show(judge(models, ask(models)), {}):
        print(f"    {json.dumps(each.model.document)}")
    return 0


def _show(judged: Sequence[Judged], reasons: dict[tuple[str, int], str]) -> list[Judged]:
    differing = [each for each in judged if not each.agreed]
    print(f"{len(judged) - len(differing)} of {len(judged)} models judged as Microsoft's parser judges them")
    for each in differing:
        key = (each.model.name, each.model.version)
        print(f"DTDL {key[1]}, {key[0]}: {each.oracle}, ours {'valid' if each.ours else each.problems[0]}")
        if reasons:
            print(f"    {reasons.get(key, 'NO REASON GIVEN')}")
    return differing


if __name__ == "__main__":
    sys.exit(main())
