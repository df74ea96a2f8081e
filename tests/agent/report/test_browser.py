"""The report in a browser: nothing is loaded, the first screen says it all, charts zoom, text is only text."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.system("chromium", "chromium-browser", "google-chrome")


@dataclass
class Looking:
    """A page and what went on in it."""

    page: Any
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


@pytest.fixture
def look(browser: Any, written: Path) -> Iterator[Callable[..., Looking]]:
    contexts = []

    def opened(width: int = 1280, height: int = 800, scheme: str = "light") -> Looking:
        context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
        contexts.append(context)
        looking = Looking(context.new_page())
        looking.page.on("request", lambda request: looking.requests.append(request.url))
        looking.page.on("console", lambda message: looking.complaints.append(message.text))
        looking.page.on("pageerror", lambda error: looking.complaints.append(str(error)))
        looking.page.goto(written.as_uri())
        return looking

    yield opened
    for context in contexts:
        context.close()


def spans(page: Any) -> list[list[float]]:
    return page.evaluate("twinwrightReport.span()")  # type: ignore[no-any-return]


def test_loads_nothing_and_complains_of_nothing(look: Callable[..., Looking]) -> None:
    looking = look()
    assert len(looking.requests) == 1
    assert looking.requests[0].startswith("file:")
    assert looking.complaints == []


def test_first_screen_names_asset_mode_onset_and_next_action(look: Callable[..., Looking]) -> None:
    page = look().page
    for words in (
        "Glycol pump (pump)",
        "seal that nobody catalogued",
        "2026-01-05 06:00 +01:00 (± 5 min)",
        "Look at the shaft seal while it runs.",
        "How it travelled",
    ):
        box = page.get_by_text(words).first.bounding_box()
        assert box is not None, words
        assert box["y"] + box["height"] <= 800, words
    charts = [canvas.bounding_box() for canvas in page.locator(".lead-charts .canvas canvas").all()]
    assert len(charts) == 2
    assert all(box["y"] + box["height"] <= 800 for box in charts)
    chain = page.locator("svg.across .box:not(.muted)").last.bounding_box()
    assert chain["y"] + chain["height"] <= 800


def test_charts_zoom_together_and_reset(look: Callable[..., Looking]) -> None:
    page = look().page
    before = spans(page)
    assert len(before) == 4
    area = page.locator(".canvas .u-over").first.bounding_box()
    middle = area["y"] + area["height"] / 2
    page.mouse.move(area["x"] + area["width"] * 0.3, middle)
    page.mouse.down()
    page.mouse.move(area["x"] + area["width"] * 0.6, middle, steps=4)
    page.mouse.up()
    zoomed = spans(page)
    assert all(high - low < 0.4 * (before[0][1] - before[0][0]) for low, high in zoomed)
    assert all(span == zoomed[0] for span in zoomed)
    page.mouse.dblclick(area["x"] + area["width"] / 2, middle)
    assert spans(page) == before


def test_charts_zoom_by_keyboard_and_buttons(look: Callable[..., Looking]) -> None:
    page = look().page
    full = spans(page)[0]
    page.locator(".canvas").first.focus()
    page.keyboard.press("+")
    low, high = spans(page)[0]
    assert high - low == pytest.approx((full[1] - full[0]) / 2, rel=0.01)
    page.keyboard.press("0")
    assert spans(page)[0] == full
    page.get_by_role("button", name="Zoom in").click()
    assert spans(page)[0] != full
    page.get_by_role("button", name="Reset").click()
    assert spans(page)[0] == full


def test_without_script_the_page_still_shows_the_lines(browser: Any, written: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(written.as_uri())
    assert page.locator(".lead-charts svg.still path:not(.onset)").count() == 2
    assert page.get_by_text("still pictures, without scales").is_visible()
    context.close()


def test_dark_is_dark_and_readable(look: Callable[..., Looking]) -> None:
    colours = "(() => { const s = getComputedStyle(document.body); return [s.backgroundColor, s.color]; })()"
    light, dark = (look(scheme=scheme).page.evaluate(colours) for scheme in ("light", "dark"))
    assert light != dark
    assert sum(_channels(dark[0])) < 150 < 600 < sum(_channels(light[0]))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast_of_text_is_at_least_aa(look: Callable[..., Looking], scheme: str) -> None:
    page = look(scheme=scheme).page
    poor = [found for found in page.evaluate(_TEXT_COLOURS) if _contrast(found["text"], found["behind"]) < 4.5]
    assert poor == []


@pytest.mark.parametrize("width", [320, 390, 768])
def test_narrow_needs_no_sideways_scrolling(look: Callable[..., Looking], width: int) -> None:
    page = look(width=width, height=844).page
    page.evaluate("for (const part of document.querySelectorAll('details')) part.open = true")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_injected_html_is_inert(look: Callable[..., Looking]) -> None:
    page = look().page
    assert page.evaluate("globalThis.owned") is None
    assert page.locator("img").count() == 0
    assert page.get_by_text("seal drips <img").count() >= 1


def test_an_injected_script_would_be_refused(look: Callable[..., Looking]) -> None:
    looking = look()
    looking.page.evaluate(
        "const s = document.createElement('script'); s.textContent = 'globalThis.owned = 1'; document.body.append(s)"
    )
    assert looking.page.evaluate("globalThis.owned") is None
    assert any("Content Security Policy" in complaint for complaint in looking.complaints)


def test_prints_light_and_unfolded(look: Callable[..., Looking]) -> None:
    page = look(scheme="dark").page
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.evaluate("document.querySelectorAll('details:not([open])').length") == 0
    assert sum(_channels(page.evaluate("getComputedStyle(document.body).backgroundColor"))) > 600
    assert len(page.pdf()) > 20_000
    assert page.evaluate("document.querySelectorAll('details:not([open])').length") > 0


# Every element that has text of its own, its colour, and the nearest background that isn't see-through.
_TEXT_COLOURS = """
(() => {
  const behind = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if (colour !== "rgba(0, 0, 0, 0)") return colour;
    }
  };
  const own = (node) => [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim());
  return [...document.querySelectorAll("body *:not(script):not(style):not(title):not(noscript)")]
    .filter((node) => own(node) && !node.closest("svg"))
    .map((node) => ({ text: getComputedStyle(node).color, behind: behind(node), what: node.outerHTML.slice(0, 80) }));
})()
"""


def _channels(colour: str) -> list[float]:
    return [float(part) for part in colour[colour.index("(") + 1 : -1].split(",")[:3]]


def _luminance(colour: str) -> float:
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in (x / 255 for x in _channels(colour))]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    """Contrast ratio as WCAG 2.2 defines it."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)
