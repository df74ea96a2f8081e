"""What a report holds, whatever the investigation ended in; and that nobody's text is anything but text."""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest

from twinwright_agent.result import Investigation
from twinwright_tools.plant import Plant

Write = Callable[[Investigation], Path]
_INLINE = {"a", "b", "s", "span", "time", "code"}
_VOID = {"meta", "br", "img", "link", "input", "hr"}


class Page(HTMLParser):
    """Reads a page strictly: what is opened is closed, what is loaded is remembered, text is apart from scripts."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.loads: list[str] = []
        self.handlers: list[str] = []
        self.words: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self._apart(tag)
        if tag not in _VOID:
            self.open.append(tag)
        for name, value in attrs:
            if name == "id" and value:
                self.ids.append(value)
            if name == "href" and value:
                self.links.append(value)
            if name in {"src", "srcset", "data", "action"}:
                self.loads.append(f"{tag} {name}={value}")
            if name.startswith("on"):
                self.handlers.append(name)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag
        self._apart(tag)

    def handle_data(self, data: str) -> None:
        if not {"script", "style"} & set(self.open):
            self.words.append(data)

    def _apart(self, tag: str) -> None:
        if tag not in _INLINE:
            self.words.append(" ")

    @property
    def text(self) -> str:
        """All that people read, with single spaces."""
        return re.sub(r"\s+", " ", "".join(self.words))


def test_says_cause_mode_onset_confidence_and_next_action(report: Write, investigation: Investigation) -> None:
    text = Page(report(investigation).read_text()).text
    first = text[: text.index("Hypotheses")]
    assert "Cause: Glycol pump (pump) — seal that nobody catalogued" in first
    assert "since 2026-01-05 06:00 +01:00 (± 5 min)" in first
    assert "confidence 82 %" in first
    assert "Next Look at the shaft seal while it runs." in first and text.count("Look at the shaft seal") == 1
    assert "WO-7, P2, about 2 h 30 min, fitter" in first
    assert "The pump lost pressure at 2026-01-05 06:00 +01:00" in first


def test_page_is_well_formed_and_loads_nothing(report: Write, investigation: Investigation) -> None:
    file = report(investigation)
    page = Page(file.read_text())
    assert page.open == []
    assert page.loads == []
    assert page.handlers == []
    assert len(page.ids) == len(set(page.ids))
    assert all(link.startswith("#") and link[1:] in page.ids for link in page.links)
    assert file.stat().st_size <= 1_000_000
    assert "default-src &#39;none&#39;" in file.read_text()


def test_holds_every_part(report: Write, investigation: Investigation) -> None:
    text = Page(report(investigation).read_text()).text
    for words in (
        "For It left its past first",
        "Against Nobody heard it.",
        "Struck from answer: 412 stands nowhere",
        "–feeds→ Cooler",
        "twinwright diagnose --at 2026-01-05T08:00:00+00:00 --symptom filler.rate",
        "twinwright window pump.pressure --from",
        "close and lock",
        "1 × shaft seal",
        "P2: line 3 is slow",
        "twinwright orders submit WO-7",
        "the built-in rules investigator (no language model)",
        "E4 1 gap",
        "twinwright ask 'Why is line 3 slow?' --at 2026-01-05T08:00:00+00:00 --model rules",
    ):
        assert words in text, words


def test_charts_say_what_they_show_with_units(report: Write, investigation: Investigation) -> None:
    text = Page(report(investigation).read_text()).text
    assert re.search(r"cause pressure \[bar\] Glycol pump \(pump\) Fell from [34]\.?\d* bar to 2\.\d+ bar", text)
    assert "symptom rate Filler 3 (filler)" in text
    assert re.search(r"Changes of state: 0 before the onset, \d+ since; last state false", text)
    assert "it left its own past at 2026-01-05 07:00 +01:00" in text


def test_text_of_strangers_is_escaped(report: Write, investigation: Investigation) -> None:
    hostile = '"><script>globalThis.owned=1</script>\u202e</script><!--'
    top = investigation.hypotheses[0].model_copy(update={"next_check": hostile, "mode": hostile, "onset": hostile})
    changed = investigation.model_copy(
        update={"question": hostile, "hypotheses": [top], "run": hostile, "model": hostile}
    )
    file = report(changed)
    page = Page(file.read_text())
    assert page.tags.count("script") == 3
    assert "img" not in page.tags
    assert page.handlers == []
    assert "\u202e" not in file.read_text()
    assert "<script>globalThis.owned=1</script>" in page.text


@pytest.mark.parametrize(
    ("verdict", "status", "words"),
    [
        ("cannot_tell", "cannot_tell", "The cause can't be told from the data"),
        ("nothing_wrong", "concluded", "Nothing is wrong, as far as the data shows"),
        ("not_about_plant", "refused", "This question was not answered"),
        ("answer", "concluded", "Answer"),
        ("cannot_tell", "out_of_budget", "The budget was spent before there was an answer"),
        ("cause", "concluded", "No cause was named"),
    ],
)
def test_other_ends_are_said(
    report: Write, investigation: Investigation, verdict: str, status: str, words: str
) -> None:
    nothing = {"hypotheses": [], "work_orders": [], "struck": [], "missing": ["a flow meter"]}
    changed = investigation.model_copy(update={**nothing, "verdict": verdict, "status": status})
    page = Page(report(changed).read_text())
    assert page.open == []
    assert words in page.text
    assert "What is missing to tell: a flow meter" in page.text
    assert "Most likely cause" not in page.text


def test_cannot_tell_names_the_leading_suspicion_as_such(report: Write, investigation: Investigation) -> None:
    changed = investigation.model_copy(update={"verdict": "cannot_tell", "status": "cannot_tell"})
    text = Page(report(changed).read_text()).text
    assert "Leading suspicion: Glycol pump (pump)" in text
    assert "Most likely cause" not in text


def test_an_empty_investigation_is_still_a_page(report: Write) -> None:
    why = "the model can't be reached"
    bare = Investigation(
        run="r",
        model="claude-opus-4-7",
        status="failed",
        reason=why,
        question="?",
        at="2026-01-05T08:00:00+00:00",
        answer="",
        verdict="",
    )
    page = Page(report(bare).read_text())
    assert page.open == []
    assert "No tool found anything." in page.text
    assert why in page.text
    assert "Claude (claude-opus-4-7)" in page.text


def test_long_evidence_stays_within_a_megabyte(report: Write, investigation: Investigation) -> None:
    many = [
        one.model_copy(update={"id": f"E{number}", "summary": "x" * 50_000, "data": ["y" * 100_000]})
        for number in range(1, 200)
        for one in investigation.evidence[:1]
    ]
    file = report(investigation.model_copy(update={"evidence": many}))
    assert file.stat().st_size <= 1_000_000
    assert "119 more pieces are not shown" in Page(file.read_text()).text


def test_unknown_names_of_a_model_do_no_harm(report: Write, investigation: Investigation, plant: Plant) -> None:
    top = investigation.hypotheses[0].model_copy(
        update={"twin": "no-such-twin", "signal": "x", "chain": ["no-such-twin", "filler"], "onset": "about noon"}
    )
    assert "no-such-twin" not in plant.graph.twins
    text = Page(report(investigation.model_copy(update={"hypotheses": [top]})).read_text()).text
    assert "since about noon" in text
