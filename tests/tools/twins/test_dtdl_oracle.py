"""Our verdicts on the corpus beside those of Microsoft's parser, recorded and, where it is installed, asked anew."""

from __future__ import annotations

import random
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinwright_evals.dtdl_oracle.corpus import Model, read_corpus
from twinwright_evals.dtdl_oracle.mutants import mutant, mutants
from twinwright_evals.dtdl_oracle.report import BEGIN, END, PAGE, agreement_table
from twinwright_evals.dtdl_oracle.verdicts import (
    Judged,
    ask,
    judge,
    oracle_installed,
    read_disagreements,
    read_recording,
)
from twinwright_tools.twins.dtdl import validate


@cache
def corpus() -> tuple[Model, ...]:
    return tuple(read_corpus())


@cache
def judged() -> tuple[Judged, ...]:
    return tuple(judge(corpus(), read_recording()))


def test_the_corpus_is_large_and_every_model_has_a_verdict() -> None:
    assert len(corpus()) >= 1500
    keys = [(model.name, model.version) for model in corpus()]
    assert len(set(keys)) == len(keys)
    recorded = {(name, of) for name, by in read_recording().verdicts.items() for of in by}
    assert recorded == set(keys)
    for version in (2, 3, 4):
        valid = [model.valid for model in corpus() if model.version == version]
        assert min(valid.count(True), valid.count(False)) >= 150


@pytest.mark.parametrize("version", [2, 3, 4])
def test_every_model_is_judged_as_the_specification_has_it(version: int) -> None:
    wrong = [one for one in judged() if one.model.version == version and one.ours != one.model.valid]
    assert [(one.model.name, one.problems) for one in wrong] == []


def test_we_differ_from_the_parser_only_where_it_is_known_and_why() -> None:
    differing = {(one.model.name, one.model.version) for one in judged() if not one.agreed}
    known = read_disagreements()
    assert differing == {key for each in known for key in each.models}
    assert all(each.reason for each in known)


def test_every_problem_has_a_place_and_a_code() -> None:
    problems = [one for model in corpus() if not model.valid for one in validate(model.document, "models.json")]
    assert len(problems) > 800
    for problem in problems:
        assert problem.code.startswith("dtdl."), problem
        assert problem.severity in ("error", "warning"), problem
        assert (problem.file, (problem.place or "")[:1]) == ("models.json", "$"), problem


def test_the_page_shows_the_agreement_of_now() -> None:
    shown = PAGE.read_text().partition(BEGIN)[2].partition(END)[0].strip()
    assert shown == agreement_table(judged(), read_recording().parser, read_disagreements())


@given(st.integers(0, 2**32), st.integers(1, 4))
def test_no_model_breaks_the_reader(seed: int, changes: int) -> None:
    rng = random.Random(seed)
    small = [model for model in corpus() if model.name.startswith(("a", "the", "two"))]
    document = rng.choice(small).document
    for _ in range(changes):
        document = mutant(document, rng)
    assert validate(document) == validate(document)


def oracle_or_skip() -> None:
    if not oracle_installed():
        pytest.skip("needs Microsoft's parser: `npm ci --ignore-scripts` in evals/dtdl_oracle")


@pytest.mark.system("node")
def test_the_recording_is_what_the_parser_says() -> None:
    oracle_or_skip()
    asked, recorded = ask(corpus()), read_recording()
    assert asked.parser == recorded.parser
    assert asked.verdicts == recorded.verdicts


@pytest.mark.system("node")
def test_models_that_nobody_wrote_are_judged_as_the_parser_judges_them() -> None:
    """Of the few that differ, most break rules that the corpus lists as disagreements."""
    oracle_or_skip()
    changed = list(mutants(corpus(), 2000, seed=4))
    found = judge(changed, ask(changed))
    differing = [one for one in found if not one.agreed]
    assert len(differing) <= 20, [(one.oracle, one.problems, one.model.document) for one in differing]
