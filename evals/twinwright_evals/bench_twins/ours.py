"""Twinwright's own store, asked in the twin query language as people ask it: parsed and checked each time."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from twinwright_tools.plant import Plant, open_plant
from twinwright_tools.twins.query.check import check_query
from twinwright_tools.twins.query.parse import parse_query

from .tasks import HOPS, HOT, Questions


class Ours:
    """An open plant folder."""

    def __init__(self, folder: Path, questions: Questions) -> None:
        """Opens it, and makes the index where there is none."""
        self.plant: Plant = open_plant(folder)
        twin, line, model, base = questions.twin, questions.line, questions.model, questions.base
        self.texts = {
            "look_up": f"SELECT * FROM DIGITALTWINS T WHERE T.$dtId = '{twin}'",
            "filter": f"SELECT T.$dtId FROM DIGITALTWINS T WHERE IS_OF_MODEL(T, '{model}') AND T.temperature > {HOT}",
            "join": "SELECT S.$dtId FROM DIGITALTWINS L JOIN M RELATED L.contains JOIN S RELATED M.contains "
            f"WHERE L.$dtId = '{line}'",
            "walk": f"SELECT B.$dtId FROM DIGITALTWINS MATCH (A)-[:feeds*..{HOPS}]->(B) WHERE A.$dtId = '{twin}'",
            "count": f"SELECT COUNT() FROM DIGITALTWINS T WHERE IS_OF_MODEL(T, '{base}')",
        }

    @staticmethod
    def forget(folder: Path) -> None:
        """Throws the index away, so that it is made again."""
        shutil.rmtree(folder / ".twinwright", ignore_errors=True)

    def validate(self) -> None:
        """Parses and checks every query, and runs none."""
        for text in self.texts.values():
            check_query(parse_query(text), self.plant.models, self.plant.graph.statistics)

    def look_up(self) -> Iterable[object]:
        """See `Engine`."""
        return [each["serial"] for each in self._ask("look_up")]

    def filter(self) -> Iterable[object]:
        """See `Engine`."""
        return [each["$dtId"] for each in self._ask("filter")]

    def join(self) -> Iterable[object]:
        """See `Engine`."""
        return [each["$dtId"] for each in self._ask("join")]

    def walk(self) -> Iterable[object]:
        """See `Engine`."""
        return [each["$dtId"] for each in self._ask("walk")]

    def count(self) -> Iterable[object]:
        """See `Engine`."""
        return [each["COUNT"] for each in self._ask("count")]

    def _ask(self, name: str) -> list[dict[str, Any]]:
        return self.plant.query(self.texts[name]).value

    def close(self) -> None:
        """Lets go of the index."""
        self.plant.close()
