"""The corpus: cases in YAML, each of which stands for one model in each version of DTDL that it names."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from twinwright_plant.models import models as plant_models

ROOT = Path(__file__).resolve().parents[3]
CORPUS = ROOT / "tests" / "tools" / "twins" / "data" / "dtdl"
_PLANTS = ROOT / "tests" / "tools" / "twins" / "data" / "plant" / "graph.json"
_VERSIONS = (2, 3, 4)


@dataclass(frozen=True)
class Model:
    """One document of models in one version of DTDL.

    Attributes:
        name: of the case; with the version, it names the model.
        valid: whether the specification lets it pass, as whoever wrote the case read it.
    """

    name: str
    version: int
    document: Any
    valid: bool


def read_corpus(folder: Path = CORPUS) -> list[Model]:
    """All models: those of the corpus, those of every semantic type, and our own plants'."""
    found = [model for path in sorted(folder.glob("*.yaml")) if path.name not in _OTHER for model in _cases(path)]
    found += _quantities(yaml.safe_load((folder / "units.yaml").read_text()))
    found.append(Model("the demo plant", 3, plant_models(), True))
    found.append(Model("the plant of the tests", 3, json.loads(_PLANTS.read_text())["digitalTwinsModels"], True))
    return found


_OTHER = ("units.yaml", "disagreements.yaml")


def _cases(path: Path) -> Iterator[Model]:
    for case in yaml.safe_load(path.read_text()):
        versions = case.get("versions", _VERSIONS)
        for version in versions:
            document = _expanded(_document(case, version), {"V": version, "Q": version - 2})
            yield Model(case["name"], version, document, version in case.get("valid", versions))


def _document(case: dict[str, Any], version: int) -> Any:
    if "models" in case:
        return case["models"]
    names = [each for each in case.get("extensions", []) if version > 2 or not each.endswith("$Q")]
    context = ["dtmi:dtdl:context;$V", *(f"dtmi:dtdl:extension:{name}" for name in names)]
    context += ["dtmi:iotcentral:context;2"] if case.get("central") else []
    own = {"contents": case["contents"]} if "contents" in case else {}
    base = {"@context": context if len(context) > 1 else context[0], "@id": "dtmi:test:M;1", "@type": "Interface"}
    return base | case.get("interface", {}) | own


def _expanded(value: Any, names: dict[str, Any]) -> Any:
    """A value with its $words replaced: texts, and the short forms for long ones."""
    if isinstance(value, str):
        if value == "$inner":
            return names["inner"]
        for name, each in names.items():
            value = value.replace(f"${name}", str(each)) if name != "inner" else value
        return value
    if isinstance(value, list):
        whole = [_expanded(each, names) for each in value]
        return whole[0] if len(whole) == 1 and isinstance(whole[0], list) and _is_short(value[0]) else whole
    if not isinstance(value, dict):
        return value
    short = next((name for name in _SHORT if name in value), None)
    if short:
        return _SHORT[short](value[short], names)
    return {_expanded(key, names): _expanded(each, names) for key, each in value.items()}


def _is_short(value: Any) -> bool:
    return isinstance(value, dict) and any(name in value for name in _SHORT)


def _repeat(told: Any, names: dict[str, Any]) -> Any:
    return told[0] * told[1]


def _join(told: Any, names: dict[str, Any]) -> Any:
    return "".join(_expanded(each, names) for each in told)


def _many(told: Any, names: dict[str, Any]) -> Any:
    return [_expanded(told["of"], names | {"i": index}) for index in range(told["times"])]


def _nest(told: Any, names: dict[str, Any]) -> Any:
    inner = _expanded(told["leaf"], names)
    for _ in range(told["times"]):
        inner = _expanded(told["in"], names | {"inner": inner})
    return inner


def _chain(told: Any, names: dict[str, Any]) -> Any:
    """Documents, each of which names the one before it in a member."""
    found = _many(told, names)
    for index, each in enumerate(found[1:]):
        each[told["member"]] = _expanded(told["to"], names | {"i": index})
    return found


def _fan(told: Any, names: dict[str, Any]) -> Any:
    """Documents, and one last that names them all in a member."""
    found = _many(told, names)
    last = _expanded(told["last"], names)
    last[told["member"]] = [_expanded(told["to"], names | {"i": index}) for index in range(told["times"])]
    return [*found, last]


_SHORT = {
    "$repeat": _repeat,
    "$join": _join,
    "$many": _many,
    "$nest": _nest,
    "$chain": _chain,
    "$chain_all": _fan,
}


def _quantities(units: dict[str, dict[Any, Any]]) -> Iterator[Model]:
    """Each version with telemetry in every unit of every semantic type that the specification lists for it."""
    for version in _VERSIONS:
        context: Any = f"dtmi:dtdl:context;{version}"
        if version > 2:
            context = [context, f"dtmi:dtdl:extension:quantitativeTypes;{version - 2}"]
        for semantic, of in units.items():
            listed = of.get("later" if version > 2 else 2, of.get("all", []))
            contents = [
                {"@type": ["Telemetry", semantic], "name": unit, "schema": "double", "unit": unit} for unit in listed
            ]
            document = {"@context": context, "@id": "dtmi:test:M;1", "@type": "Interface", "contents": contents}
            if contents:
                yield Model(f"every unit of {semantic}", version, document, True)
