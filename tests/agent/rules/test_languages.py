"""Questions in other languages, as the rules read them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.agent.conftest import write_plant

from twinwright_agent.loop import investigate
from twinwright_agent.models.rules import RulesModel
from twinwright_agent.models.rules.languages import in_english
from twinwright_agent.models.rules.question import Intent, intent_of
from twinwright_evals.cases import load_cases
from twinwright_tools.plant import open_plant
from twinwright_tools.toolbox import standard_registry


@pytest.mark.parametrize(
    ("question", "read", "intent"),
    [
        ("Warum steigt die Temperatur von chiller-4?", "why rising the temperature of chiller-4?", Intent.WHY),
        ("Wie viele Ventile gibt es im Werk?", "how many valves are there in the plant?", Intent.COUNT),
        ("Wie oft ist pump-7 ausgefallen?", "how often is pump-7 failed?", Intent.PAST),
        ("Seit wann ist der Druck zu niedrig?", "since when is the pressure too low?", None),
        ("Was war der Durchfluss gestern?", "what was the flow yesterday?", Intent.VALUE),
        ("Pourquoi la pompe 2 s'arrête-t-elle ?", None, Intent.WHY),
        ("Combien de vannes y a-t-il dans l'usine ?", "how many valves are there in plant ?", Intent.COUNT),
        ("Quelle est la température de l'eau ?", "what is the temperature of water ?", Intent.VALUE),
        ("¿Por qué baja la presión de la bomba 1?", None, Intent.WHY),
        ("¿Cuántas bombas hay en la planta?", "¿how many pumps are there in the plant?", Intent.COUNT),
        ("¿Cuál fue la temperatura ayer?", "¿what was the temperature yesterday?", Intent.VALUE),
    ],
)
def test_question_words_are_read(question: str, read: str | None, intent: Intent | None) -> None:
    assert read is None or in_english(question) == read
    assert intent is None or intent_of(in_english(question)) is intent


@pytest.mark.parametrize("name", ["line-3-labeller", "linie-3-pumpe-2.druck", "P-102"])
def test_names_stay_as_they_are(name: str) -> None:
    assert name in in_english(f"Warum sinkt der Wert von {name}?")


def test_english_stays_as_it_is() -> None:
    for case in load_cases():
        if case.category != "another language":
            assert in_english(case.question) == case.question, case.id
    assert in_english("why did the die of press 2 break? it was old") == "why did the die of press 2 break? it was old"


@pytest.mark.parametrize(
    "question", ["how many pumps are there?", "Wie viele Kreiselpumpen gibt es?", "Combien de pompes y a-t-il ?"]
)
def test_a_model_is_known_by_its_display_name_in_any_language(question: str, tmp_path: Path) -> None:
    folder = write_plant(tmp_path / "plant")
    graph = json.loads((folder / "graph.json").read_text())
    graph["digitalTwinsModels"][0]["displayName"] = {"en": "Pump", "de": "Kreiselpumpe"}
    (folder / "graph.json").write_text(json.dumps(graph))
    with open_plant(folder) as plant:
        found = investigate(plant, question, model=RulesModel(), registry=standard_registry())
    assert "There are 2 of model Pump" in found.answer and found.struck == []
