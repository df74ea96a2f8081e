"""Which CMMS asset is which twin: by id, by rules of the site, or by a person's yes; never by a guess.

A twin has one asset at most and the other way round. Where an id or a rule fits more than one, none of them matches
and all are listed; names that are merely alike make proposals, which count for nothing until a person says yes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any, Literal

from .protocol import CmmsAsset

if TYPE_CHECKING:
    from ..plant.config import MatchRule
    from ..twins.graph import Twin, TwinGraph

How = Literal["person", "id", "rule"]
_LEAST_ALIKE = 0.6
_CLEARLY = 0.05  # by so much the best proposal has to be better than the second
_SAME_PARENT = 0.15


@dataclass(frozen=True, slots=True)
class Match:
    """A twin and its asset, and how that is known."""

    twin: str
    asset: str
    how: How


@dataclass(frozen=True, slots=True)
class Proposal:
    """Two names that are alike (`score`, 0 to 1): a person decides."""

    twin: str
    asset: str
    score: float
    why: str


@dataclass(frozen=True)
class Matching:
    """What matches, and all that doesn't.

    Attributes:
        ambiguous: by twin id, assets of which several fit an id or a rule; none of them is taken.
    """

    matches: tuple[Match, ...]
    proposals: tuple[Proposal, ...]
    ambiguous: Mapping[str, tuple[str, ...]]
    twins_left: tuple[str, ...]
    assets_left: tuple[str, ...]

    @property
    def asset_of(self) -> dict[str, str]:
        """The asset's id by twin id."""
        return {one.twin: one.asset for one in self.matches}

    @property
    def twin_of(self) -> dict[str, str]:
        """The twin's id by asset id."""
        return {one.asset: one.twin for one in self.matches}

    def as_dict(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "matches": [{"twin": one.twin, "asset": one.asset, "how": one.how} for one in self.matches],
            "proposals": [
                {"twin": one.twin, "asset": one.asset, "score": round(one.score, 3), "why": one.why}
                for one in self.proposals
            ],
            "ambiguous": {twin: list(assets) for twin, assets in self.ambiguous.items()},
            "twins_left": list(self.twins_left),
            "assets_left": list(self.assets_left),
        }


@dataclass
class _Open:
    """What is still to be matched."""

    twins: dict[str, Twin]
    assets: dict[str, CmmsAsset]
    matches: list[Match] = field(default_factory=list)
    ambiguous: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def take(self, twin: str, asset: str, how: How) -> None:
        self.matches.append(Match(twin, asset, how))
        del self.twins[twin], self.assets[asset]

    def take_pairs(self, pairs: Sequence[tuple[str, str]], how: How) -> None:
        """Takes the pairs that are one to one; the others are ambiguous."""
        of_twin: dict[str, set[str]] = {}
        of_asset: dict[str, set[str]] = {}
        for twin, asset in pairs:
            of_twin.setdefault(twin, set()).add(asset)
            of_asset.setdefault(asset, set()).add(twin)
        for twin, assets in of_twin.items():
            if len(assets) == 1 and len(of_asset[next(iter(assets))]) == 1:
                self.take(twin, next(iter(assets)), how)
            else:
                self.ambiguous[twin] = tuple(sorted(assets))


def match_assets(
    graph: TwinGraph,
    assets: Sequence[CmmsAsset],
    *,
    rules: Sequence[MatchRule] = (),
    accepted: Mapping[str, str] | None = None,
    rejected: Sequence[tuple[str, str]] = (),
) -> Matching:
    """Matches twins with assets.

    Args:
        rules: tried in their order, after people's decisions and ids.
        accepted: asset id by twin id, as people said; where either is gone, it counts for nothing.
        rejected: pairs of twin and asset that people said no to: never matched or proposed.
    """
    open_ = _Open(dict(graph.twins), {one.id: one for one in assets})
    no = set(rejected)
    for twin, asset in (accepted or {}).items():
        if twin in open_.twins and asset in open_.assets:
            open_.take(twin, asset, "person")
    open_.take_pairs([pair for pair in _by_id(open_) if pair not in no], "id")
    for rule in rules:
        open_.take_pairs([pair for pair in _by_rule(open_, rule) if pair not in no], "rule")
    ambiguous = {twin: found for twin, found in open_.ambiguous.items() if twin in open_.twins}
    return Matching(
        matches=tuple(sorted(open_.matches, key=lambda one: one.twin)),
        proposals=tuple(_proposals(open_, graph, no)),
        ambiguous=ambiguous,
        twins_left=tuple(sorted(open_.twins)),
        assets_left=tuple(sorted(open_.assets)),
    )


def _by_id(open_: _Open) -> list[tuple[str, str]]:
    """Twins whose id is an asset's id or one of its tags, letters' case aside."""
    names: dict[str, list[str]] = {}
    for asset in open_.assets.values():
        for name in {asset.id.casefold(), *(tag.casefold() for tag in asset.tags)}:
            names.setdefault(name, []).append(asset.id)
    return [(twin, asset) for twin in open_.twins for asset in names.get(twin.casefold(), [])]


def _by_rule(open_: _Open, rule: MatchRule) -> list[tuple[str, str]]:
    """Twins and assets of which the rule makes the same text of one property and one field."""
    of_assets: dict[str, list[str]] = {}
    for asset in open_.assets.values():
        for text in _asset_texts(asset, rule.asset):
            if made := _replaced(text, rule.pattern, rule.replace):
                of_assets.setdefault(made.casefold(), []).append(asset.id)
    pairs = []
    for twin in open_.twins.values():
        value = twin.id if rule.twin == "id" else twin.properties.get(rule.twin)
        if isinstance(value, str | int) and not isinstance(value, bool):
            pairs += [(twin.id, asset) for asset in of_assets.get(str(value).casefold(), [])]
    return pairs


def _asset_texts(asset: CmmsAsset, name: str) -> list[str]:
    if name == "id":
        return [asset.id]
    if name == "name":
        return [asset.name]
    if name == "tags":
        return list(asset.tags)
    return [asset.attributes[name]] if name in asset.attributes else []


def _replaced(text: str, pattern: str | None, replace: str) -> str | None:
    if pattern is None:
        return text
    found = re.fullmatch(pattern, text)
    return found.expand(replace) if found else None


def _proposals(open_: _Open, graph: TwinGraph, no: set[tuple[str, str]]) -> list[Proposal]:
    """For each twin that is left, the asset whose name is most alike, where it is clearly so and mutual."""
    assets = list(open_.assets.values())
    twin_of = {one.asset: one.twin for one in open_.matches}
    scores: dict[str, list[tuple[float, str, str]]] = {}
    for twin in open_.twins.values():
        names = {_plain(twin.id), _plain(twin.name)}
        parent = graph.parents.get(twin.id)
        for asset in assets:
            if (twin.id, asset.id) in no:
                continue
            score = max(_alike(name, _plain(other)) for name in names for other in (asset.name, asset.id))
            beside = parent is not None and asset.parent is not None and twin_of.get(asset.parent) == parent
            why = "alike names" + (" under the same parent" if beside else "")
            scores.setdefault(twin.id, []).append((min(1.0, score + _SAME_PARENT * beside), asset.id, why))
    best_of_asset: dict[str, float] = {}
    for found in scores.values():
        for score, asset_id, _ in found:
            best_of_asset[asset_id] = max(best_of_asset.get(asset_id, 0.0), score)
    proposals = []
    for twin_id, found in scores.items():
        ranked = sorted(found, reverse=True)
        second = ranked[1][0] if len(ranked) > 1 else 0.0
        score, asset_id, why = ranked[0]
        if score >= _LEAST_ALIKE and score - second >= _CLEARLY and score >= best_of_asset[asset_id]:
            proposals.append(Proposal(twin_id, asset_id, score, why))
    return sorted(proposals, key=lambda one: (-one.score, one.twin))


def _plain(text: str) -> str:
    """Words and numbers in lower case, leading zeros gone: "P-01 Glycol" and "glycol p 1" have the same parts."""
    parts = re.findall(r"[^\W\d_]+|\d+", text.casefold())
    return " ".join(part.lstrip("0") or "0" for part in parts)


def _alike(one: str, other: str) -> float:
    """Ratcliff-Obershelp similarity of sorted words; numbers that differ make it nothing: pump 1 isn't pump 2."""
    first, second = sorted(one.split()), sorted(other.split())
    if {word for word in first if word.isdigit()} != {word for word in second if word.isdigit()}:
        return 0.0
    return SequenceMatcher(None, " ".join(first), " ".join(second), autojunk=False).ratio()
