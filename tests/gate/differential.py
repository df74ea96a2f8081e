"""The real gate against the reference: ``python -m tests.gate.differential --count 100000 --seed 1 --jobs 2``.

Decision, reported rule, and the set of all rules that deny have to be the same. Exit code 1 where they ever differ; the
first differences are printed as JSON.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from itertools import islice
from typing import Any

from twinwright_gate.policy import Policy

from .adversary import Adversary
from .plantsite import Scene, deniers
from .reference_gate import Reference

BATCH = 2_500


_DOCUMENTS: dict[str, dict[str, Any]] = {}


def policy_document(policy: Policy) -> dict[str, Any]:
    """The policy as JSON, made once."""
    if policy.digest not in _DOCUMENTS:
        _DOCUMENTS[policy.digest] = policy.document()
    return _DOCUMENTS[policy.digest]


def difference(scene: Scene) -> tuple[str, dict[str, Any] | None]:
    """The reported rule ("" where allowed), and what differs, or None."""
    found = scene.judge()
    documents = (policy_document(scene.policy), scene.plan.document(), scene.snapshot.snapshot.document())
    given = [one.model_dump(mode="json") for one in scene.context.approvals]
    about = scene.context.document()
    wanted, denying = Reference(*documents, scene.snapshot.signature, about, given).decide()
    rule = "" if found.reason is None else found.reason.rule
    one_point = scene.policy.point(scene.plan.target.twin_id, scene.plan.target.property) is not None
    same = rule == wanted and found.allowed is (wanted == "") and (not one_point or deniers(found) == denying)
    if same:
        return rule, None
    told = [one.sentence for one in found.findings]
    sides = {"real": [rule, sorted(deniers(found))], "reference": [wanted, sorted(denying)], "sentences": told}
    return rule, sides | {"plan": documents[1], "snapshot": documents[2], "context": about, "policy": documents[0]}


def batch(seed: int, count: int) -> tuple[Counter[str], list[dict[str, Any]]]:
    """How often each rule was reported over some requests, and every difference."""
    rules: Counter[str] = Counter()
    found = []
    for scene in islice(Adversary(seed).scenes(), count):
        rule, differs = difference(scene)
        rules[rule] += 1
        if differs is not None:
            found.append(differs | {"seed": seed})
    return rules, found


def main() -> int:
    """Runs the comparison and prints how it went."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    started, rules, found = time.monotonic(), Counter[str](), list[dict[str, Any]]()
    sizes = [min(BATCH, options.count - at) for at in range(0, options.count, BATCH)]
    seeds = [options.seed * 1_000_003 + number for number in range(len(sizes))]
    with ProcessPoolExecutor(options.jobs) as pool:
        for counted, differing in pool.map(batch, seeds, sizes):
            rules.update(counted)
            found += differing
    for one in found[:3]:
        print(json.dumps(one, sort_keys=True))
    told = ", ".join(f"{rule or 'allowed'} {count}" for rule, count in sorted(rules.items()))
    print(
        f"{rules.total()} requests, seed {options.seed}, {time.monotonic() - started:.0f} s: {len(found)} differ; "
        f"{told}"
    )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
