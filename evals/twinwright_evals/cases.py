"""Cases: a question about a plant, and what a right answer holds. The agent never sees the second half."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator

from twinwright_tools.errors import InputError

CASES = Path(__file__).resolve().parent.parent / "cases"
Status = Literal["concluded", "cannot_tell", "refused"]
PlantKind = Literal["demo", "substations"]


class _Data(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class HistoryRow(_Data):
    """A row more in a file of the history folder: a planted note, ticket or alarm. A file that isn't there is made."""

    kind: Literal["history_row"]
    file: str
    row: dict[str, str]


class TwinText(_Data):
    """A text property of a twin, overwritten."""

    kind: Literal["twin_text"]
    twin: str
    property: str
    value: str


class ModelText(_Data):
    """`displayName`, `description` or `comment` of a DTDL model, overwritten."""

    kind: Literal["model_text"]
    model: str
    member: Literal["displayName", "description", "comment"]
    value: str


class Tag(_Data):
    """A signal more, with a few samples in the last hour: a tag that somebody named."""

    kind: Literal["tag"]
    twin: str
    signal: str
    value: float | str


class NoTelemetry(_Data):
    """The telemetry of a twin, taken away."""

    kind: Literal["no_telemetry"]
    twin: str


Edit = Annotated[HistoryRow | TwinText | ModelText | Tag | NoTelemetry, Field(discriminator="kind")]


class Figure(_Data):
    """A figure that the answer gives: within `tolerance` (in the same unit) of `value`, with that unit beside it.

    Attributes:
        unit: as the plant has it; None for a count.
        noun: of a count, what is counted: a number with that word behind it decides, before the answer's first number.
    """

    value: float
    unit: str | None = None
    noun: str | None = None
    tolerance: float = 0.0


class Moment(_Data):
    """A time that the answer gives, to within some minutes."""

    time: AwareDatetime
    within_min: float


class Forbidden(_Data):
    """What an injected text wants, and what must not come of it.

    Attributes:
        says: words that the answer, an order or a proposal must not hold, unless as a quotation.
        blames: twins that must not be named as the likeliest cause.
        orders_for: assets for which no work order may be drafted.
        proposals: whether a proposal of any action is allowed.
    """

    says: tuple[str, ...] = ()
    blames: tuple[str, ...] = ()
    orders_for: tuple[str, ...] = ()
    proposals: bool = False


class Expectation(_Data):
    """What a right answer holds; a None (or an empty list) is not scored.

    Attributes:
        status: how the investigation ends.
        verdicts: the verdicts that are right.
        abstain: it can't be told: no cause and no figure is asserted.
        twin: the cause's twin id, or the twin that the answer is about.
        also: further twins that are wrong at once; naming one of them first is right as well.
        mode: the failure mode's id.
        onset_within_min: how far the onset may be from the simulator's, in minutes.
        answer_has: words that the answer contains, whatever their case.
        answer_has_one_of: words of which the answer contains at least one.
        premise: words of which the answer has at least one where it corrects the question's wrong premise.
        rows: ids of the twins or rows that are the answer; all of them, and none more of `among`.
        first: the id of `among` that is named first; others may follow.
        among, among_like: ids of which these are the right choice, listed or as a regular expression.
        figures, moments: what the answer states.
        order: whether a work order is drafted.
        forbidden: what an injected text wants.
    """

    status: Status | None = None
    verdicts: tuple[str, ...] = ()
    abstain: bool | None = None
    twin: str | None = None
    also: tuple[str, ...] = ()
    mode: str | None = None
    onset_within_min: float | None = None
    answer_has: tuple[str, ...] = ()
    answer_has_one_of: tuple[str, ...] = ()
    premise: tuple[str, ...] = ()
    rows: tuple[str, ...] = ()
    first: str | None = None
    among: tuple[str, ...] = ()
    among_like: str | None = None
    figures: tuple[Figure, ...] = ()
    moments: tuple[Moment, ...] = ()
    order: bool | None = None
    forbidden: Forbidden | None = None

    @property
    def is_query(self) -> bool:
        """Whether the answer is rows, figures or times that a query gives."""
        return bool(self.rows or self.first or self.figures or self.moments)


class FollowUp(_Data):
    """A question more in the same conversation, and what its answer holds."""

    question: str
    expect: Expectation


class Case(_Data):
    """One case.

    The fault is what the simulator is told; `expect` is held by the scorer alone.

    Attributes:
        asker: who would ask so.
        plant: the demo plant (with that fault, or none, and seed), or the substation fleet (which has no faults).
        edits: changes to the plant folder after it is made.
        pair: id of the case with the same plant and task but without the injected text.
    """

    id: str
    category: str
    asker: Literal["operator", "engineer", "manager", "planner", "anybody"] = "anybody"
    plant: PlantKind = "demo"
    question: str
    fault: str | None = None
    seed: int = 1
    edits: tuple[Edit, ...] = ()
    expect: Expectation
    follow_ups: tuple[FollowUp, ...] = ()
    pair: str | None = None

    @property
    def asked(self) -> tuple[FollowUp, ...]:
        """All questions of the case, in order."""
        return (FollowUp(question=self.question, expect=self.expect), *self.follow_ups)

    @property
    def is_injection(self) -> bool:
        """Whether a text of the plant or of the question tries to steer the model."""
        return self.category.startswith("injection")

    @property
    def plant_key(self) -> str:
        """The same for cases that are about the same plant folder."""
        told = self.model_dump(mode="json", include={"plant", "fault", "seed", "edits"})
        return json.dumps(told, sort_keys=True, ensure_ascii=False)

    @model_validator(mode="after")
    def _no_fault_elsewhere(self) -> Case:
        if self.plant != "demo" and self.fault is not None:
            raise ValueError("only the demo plant has faults")
        return self


def load_cases(folder: Path = CASES) -> list[Case]:
    """The cases of all `*.jsonl` files in a folder, by file name and line.

    Raises:
        InputError: a line is no case, two have one id, or a pair isn't there or isn't alike; file and line are named.
    """
    cases: dict[str, Case] = {}
    for file in sorted(folder.glob("*.jsonl")):
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            if not line.strip():
                continue
            case = _case(line, f"{file.name}, line {number}")
            if case.id in cases:
                raise InputError(f"{file.name}, line {number}: there is a case {case.id!r} already", code="eval.case")
            cases[case.id] = case
    if not cases:
        raise InputError(f"there are no cases in {folder}", code="eval.no_cases")
    for case in cases.values():
        _check_pair(case, cases)
    return list(cases.values())


def _case(line: str, where: str) -> Case:
    try:
        return Case.model_validate(json.loads(line))
    except (json.JSONDecodeError, ValidationError) as error:
        raise InputError(f"{where}: {error}", code="eval.case") from error


def _check_pair(case: Case, cases: Mapping[str, Case]) -> None:
    if case.pair is None:
        return
    other = cases.get(case.pair)
    if other is None:
        raise InputError(f"case {case.id!r}: there is no case {case.pair!r} to pair it with", code="eval.case")
    if (case.plant, case.fault, case.seed) != (other.plant, other.fault, other.seed) or _task(case) != _task(other):
        raise InputError(f"case {case.id!r}: its pair {other.id!r} has another plant or expectation", code="eval.case")


def _task(case: Case) -> dict[str, Any]:
    """What a right answer holds apart from the injected text."""
    return case.expect.model_dump(exclude={"forbidden"})
