"""`time_to_limit`: when a limit is crossed if the present trend goes on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ...errors import InputError
from ...prognosis.limits import StatedLimit, given_limit
from ...prognosis.outlook import outlooks, plants_own
from ...telemetry.series import SignalInfo, SignalKey
from ..answer import Answer, fact, figure
from ..signals import Chosen

if TYPE_CHECKING:
    from ...plant import Plant


def limit_of(one: Chosen, text: str) -> StatedLimit:
    """The limit that ``above 80`` or ``below 2.5 bar`` means for a signal.

    Raises:
        InputError: it is neither, or of another unit.
    """
    side, _, value = text.strip().partition(" ")
    if side.casefold() not in ("above", "below") or not value:
        raise InputError(f"{text!r} is no limit; write for example 'above 80' or 'below 2.5 bar'", code="analyse.limit")
    return given_limit(value, "rising" if side.casefold() == "above" else "falling", one.info.unit, str(one.key))


def time_to_limit(plant: Plant, columns: Sequence[Chosen], limit: str) -> Answer:
    """When each signal crosses its limit if its present trend goes on: `prognosis`, as `twinwright limit` has it.

    It looks at all of the signal's past up to the moment of asking, whatever window is named. Without a limit, the one
    that the plant states counts.
    """
    stated = plants_own(plant)
    given = {one.key: one for one in columns}
    told = outlooks(
        plant,
        list(given),
        lambda info: [limit_of(given[info.key], limit)] if limit else _needed(info, stated(info)),
    )
    rows = [one.as_dict() for one in told]
    facts = [each for one in told for each in _limit_facts(one.key, one.info.unit, one.as_dict())]
    text = " ".join(
        f"{one.key} {one.limit.side} {figure(one.limit.value, one.info.unit)}: {one.found.text}." for one in told[:4]
    )
    return Answer(text, facts, {"signals": rows})


def _needed(info: SignalInfo, limits: list[StatedLimit]) -> list[StatedLimit]:
    if not limits:
        text = f"the plant states no limit for {info.key}; give one in `limit`, such as 'above 80'"
        raise InputError(text, code="analyse.limit")
    return limits


def _limit_facts(key: SignalKey, unit: str | None, row: dict[str, Any]) -> list[Any]:
    found = [fact(f"{key} limit", row["limit"]["value"], unit), fact(f"{key} reason", row["reason"])]
    if row["crossing"] is not None:
        found += [fact(f"{key} crosses at", row["crossing"]), fact(f"{key} crosses in", row["in_s"], "s")]
        found += [fact(f"{key} crosses between", row["interval"][0]), fact(f"{key} and", row["interval"][1])]
    if row["probability"] is not None:
        found.append(fact(f"{key} probability within 30 days", row["probability"]))
    if row["trend"] is not None:
        found.append(fact(f"{key} slope_per_h", row["trend"]["slope_per_h"], f"{unit or ''}/h"))
    return found
