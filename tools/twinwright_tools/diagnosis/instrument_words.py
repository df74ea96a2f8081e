"""Why an instrument rather than the plant, or the plant rather than an instrument, in plain words with numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..telemetry.series import SignalKey
from .features import folds
from .instruments import Instruments
from .sensors import Signs, Verdict
from .suspicion import Look

_MOST_REASONS = 2
_LEAST_PULL = 0.2  # nats from which a sign is worth a clause


def instrument_words(key: SignalKey, verdict: Verdict, look: Look, plant: Instruments) -> str:
    """A sentence of the strongest reasons for the verdict; "" where it is undecided."""
    if verdict.origin == "undecided" or verdict.signs is None:
        return ""
    sensor = verdict.origin == "sensor"
    pulls = {name: pull if sensor else -pull for name, pull in verdict.pulls.items() if name in _CLAUSES}
    strongest = sorted((name for name in pulls if pulls[name] >= _LEAST_PULL), key=lambda name: -pulls[name])
    reasons = [_CLAUSES[name](_Words(key, verdict.signs, look, plant)) for name in strongest[:_MOST_REASONS]]
    told = "; and ".join(one for one in reasons if one) or _without(verdict.signs, sensor)
    chance = verdict.p_sensor if sensor else 1.0 - verdict.p_sensor
    claim = "an instrument has failed rather than the plant" if sensor else "the plant has changed, not only a reading"
    return f"If the fault is at {key}, {claim} ({chance:.2f}): {told}."


def _without(signs: Signs, sensor: bool) -> str:
    """What is said where no single sign tells."""
    if sensor:
        return "little else has moved, and nothing else explains it"
    if signs.neighbours.count < 2:
        return "too few signals go with it to contradict it, and most faults are not an instrument's"
    return "what goes with it doesn't contradict it clearly, and most faults are not an instrument's"


class _Words:
    """One clause for each sign that can tell."""

    def __init__(self, key: SignalKey, signs: Signs, look: Look, plant: Instruments) -> None:
        self.key, self.signs, self.look, self.plant = key, signs, look, plant

    def instrument(self) -> str:
        return f"{self.key.twin} is nothing but an instrument"

    def silence(self) -> str:
        silent = self.signs.silent or self.key
        return f"{silent} rests or is missing {self.look.found[silent].silence:.3g} times as much as ever"

    def pair(self) -> str:
        pair = self.signs.pair
        if pair is None:
            return ""
        unit = _unit(self.plant.unit(pair.one))
        return (
            f"{pair.one} and {pair.other} measure the same and differ by {abs(pair.now):.3g}{unit} "
            f"(at most {pair.before:.3g}{unit} before)"
        )

    def contradicted(self) -> str:
        one, unit = self.signs.neighbours, _unit(self.plant.unit(self.key))
        if abs(one.moved) > one.usual:
            how = f"is {abs(one.moved):.3g}{unit} off what the {one.count} signals that go with it imply"
            how += f" (at most {one.usual:.3g}{unit} before)"
        else:
            how = f"contradicts the {one.count} signals that go with it ({one.suspect:.3g} times as far as ever)"
        return f"{self.key} {how}, while they still agree with each other ({one.rest:.2g} times the most of their past)"

    def white(self) -> str:
        return (
            f"{self.key} scatters from one sample to the next, as nothing with inertia does "
            f"({self.signs.course.whiteness:.0%} of what it now moves)"
        )

    def scatter(self) -> str:
        found = self.look.found[self.key]
        return f"it is the scatter of {self.key} that changed ({found.spread:.3g} times as far as ever), not its level"

    def step(self) -> str:
        return f"{self.key} jumped from one sample to the next, as little with inertia does"

    def told(self) -> str:
        return f"{self.key} is a command or the answer to one, not a measurement of its own"

    def condition(self) -> str:
        return f"{self.key} tells of the machine's own state, which wears without any other signal moving"

    def logged(self) -> str:
        return f"{self.key} is an event log"

    def rest(self) -> str:
        one = self.signs.neighbours
        return (
            f"without it, the {one.count} signals that go with it don't agree with each other either "
            f"({one.broken} is {one.rest:.3g} times as far off as ever)"
        )

    def own(self) -> str:
        others = [one for key, one in self.look.found.items() if key.twin == self.key.twin and key != self.key]
        worst = max(others, key=lambda one: one.excess)
        return f"{worst.key} of the same twin left its past as well ({worst.excess:.3g} times as far as ever)"

    def around(self) -> str:
        return f"next to {self.key.twin}, signals left their past as well"

    def own_share(self) -> str:
        others = [one for key, one in self.look.found.items() if key.twin == self.key.twin and key != self.key]
        moved = sum(folds(one.excess) > 0.0 for one in others)
        return f"{moved} of the {len(others)} other signals of {self.key.twin} left their past as well"

    def restless(self) -> str:
        return f"{self.key} moves about more than it did, but smoothly, as things with inertia do"


_CLAUSES: Mapping[str, Callable[[_Words], str]] = {
    "instrument": _Words.instrument,
    "silence": _Words.silence,
    "pair": _Words.pair,
    "contradicted": _Words.contradicted,
    "white": _Words.white,
    "scatter": _Words.scatter,
    "step": _Words.step,
    "told": _Words.told,
    "condition": _Words.condition,
    "logged": _Words.logged,
    "rest": _Words.rest,
    "own": _Words.own,
    "own_share": _Words.own_share,
    "around": _Words.around,
    "restless": _Words.restless,
}


def _unit(unit: str | None) -> str:
    return f" {unit}" if unit else ""
