"""Renders a report and writes it."""

from __future__ import annotations

import base64
import hashlib
import os
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from twinwright_tools.plant import Plant

from ..result import Investigation
from .view import make_view
from .words import clean, number, prose, share

_POLICY = "default-src 'none'; script-src {scripts}; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def write_report(path: Path, investigation: Investigation, plant: Plant) -> None:
    """Writes one self-contained HTML file: it loads nothing, and only its own two scripts may run in it.

    Raises:
        OSError: the file can't be written.
    """
    html = render(make_view(investigation, plant))
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.write_text(html, encoding="utf-8")
    beside.replace(path)


def render(view: dict[str, Any]) -> str:
    """The page of a view (see `view.make_view`). All text is escaped but for the package's own script and style."""
    environment = Environment(
        loader=PackageLoader("twinwright_agent.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=clean,
    )
    environment.filters["number"] = number
    environment.filters["share"] = share
    environment.filters["safe_path"] = Markup  # figures and letters of our own making, longer than text may be
    environment.filters["prose"] = lambda text: prose(text, view["zone"])
    scripts = [_own("vendor/uPlot.iife.min.js"), _own("templates/report.js")]
    hashes = " ".join(f"'sha256-{_digest(script)}'" for script in scripts)
    style = _own("vendor/uPlot.min.css") + _own("templates/report.css")
    return environment.get_template("report.html.j2").render(
        **view,
        scripts=[Markup(script) for script in scripts],
        style=Markup(style),
        policy=_POLICY.format(scripts=hashes),
        licence=_own("vendor/uPlot.LICENSE.txt"),
    )


def _own(name: str) -> str:
    # Markup is right here and only here: these files are part of the package, nobody else's text.
    return files("twinwright_agent.report").joinpath(name).read_text(encoding="utf-8")


def _digest(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")
