"""`python -m twinwright_evals.bench_diagnosis`: prints the report, or one JSON document, and writes it where asked."""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from twinwright_plant import FAULTS
from twinwright_tools.errors import InputError, TwinwrightError, UsageError

from ..bench_scale import replaced_section
from ..campaign.__main__ import seeds_of
from ..reliability import Pair, Reliability, plot_reliability, reliability
from .campaign_figures import campaign_figures, campaign_pairs
from .figures import Figure
from .judging import Run
from .packs import PACKS, figures_of, pairs_of, run_demo, run_pack, summary_of
from .report import PICTURE, campaign_report, cases_report, demo_report, measured, packs_report
from .simulated import Simulated, run_campaign

DEMO_FAULTS = 13
SECTION = "bench-diagnosis"
CASES = "diagnosis-cases.md"
_CHECKOUT = Path(__file__).resolve().parents[3]
_DATA = _CHECKOUT.parent / "shared" / "data"
_CAMPAIGN = _CHECKOUT / ".twinwright-bench" / "campaign"
PARTS = ("campaign", "packs", "demo")


@dataclass(frozen=True)
class Found:
    """Everything that was run; a part that wasn't is empty."""

    campaign: list[Simulated] = field(default_factory=list)
    packs: list[Run] = field(default_factory=list)
    demo: list[Run] = field(default_factory=list)

    @property
    def campaign_reliability(self) -> Reliability | None:
        """Of the campaign's first hypotheses."""
        return _reliability(campaign_pairs(self.campaign))

    @property
    def sim_reliability(self) -> Reliability | None:
        """Of those of the simulated process plant, which the confidences weren't fitted to."""
        return _reliability(pairs_of([run for run in self.packs if run.pack == "process_sim"]))

    @property
    def campaign_figures(self) -> list[Figure]:
        """Of the campaign."""
        return campaign_figures(self.campaign, self.campaign_reliability) if self.campaign else []

    @property
    def pack_figures(self) -> dict[str, list[Figure]]:
        """Of each pack."""
        names = dict.fromkeys(run.pack for run in self.packs)
        found = {pack: figures_of(pack, [run for run in self.packs if run.pack == pack]) for pack in names}
        if (sim := self.sim_reliability) is not None:
            found["process_sim"].append(Figure("expected calibration error, without refitting", sim.ece_width))
            found["process_sim"].append(Figure("Brier score", sim.brier))
        return found


def _reliability(pairs: Sequence[Pair]) -> Reliability | None:
    return reliability(pairs) if pairs else None


def run_all(asked: argparse.Namespace, progress: Callable[[str], None]) -> Found:
    """Runs the parts that were asked for.

    Raises:
        InputError: a pack or the campaign's folder can't be used, or nothing was there to run.
    """
    found = Found()
    if "campaign" in asked.parts:
        found.campaign.extend(run_campaign(asked.campaign, asked.campaign_seeds, asked.jobs, progress))
    with tempfile.TemporaryDirectory(prefix="twinwright-bench-") as name:
        space = Path(name)
        for folder in [asked.data / pack for pack in asked.packs if "packs" in asked.parts]:
            if not (folder / "cases.jsonl").is_file():
                progress(f"no pack at {folder}: left out")
                continue
            progress(f"pack {folder.name}")
            found.packs.extend(run_pack(folder, space / "states"))
        if "demo" in asked.parts:
            (space / "demo").mkdir()
            found.demo.extend(run_demo(asked.faults, asked.seeds, space / "demo", progress))
    if not (found.campaign or found.packs or found.demo):
        raise InputError(f"nothing to run: there is no data pack at {asked.data}; --data names their folder")
    return found


def reports(found: Found, seeds: str, picture: bool) -> dict[str, str]:
    """The report of each part that was run."""
    parts = {}
    if found.campaign:
        figures, calibration = found.campaign_figures, found.campaign_reliability
        parts["campaign"] = campaign_report(found.campaign, seeds, figures, calibration, picture)
    if found.packs:
        packs = found.pack_figures
        runs = {pack: [run.healthy for run in found.packs if run.pack == pack] for pack in packs}
        sizes = {pack: (len(own) - sum(own), sum(own)) for pack, own in runs.items()}
        parts["packs"] = packs_report(packs, sizes, found.sim_reliability)
    if found.demo:
        parts["demo"] = demo_report(found.demo)
    return parts


def document_of(found: Found, command: str) -> dict[str, Any]:
    """The whole for JSON, with every run."""
    campaign, sim = found.campaign_reliability, found.sim_reliability
    demo = figures_of("demo", found.demo) if found.demo else []
    return {
        "measured": measured(command).split("\n", 1)[0],
        "command": command,
        "campaign": summary_of(found.campaign_figures) or None,
        "packs": {pack: summary_of(figures) for pack, figures in found.pack_figures.items()},
        "demo": summary_of(demo) or None,
        "reliability": {
            "campaign": campaign.as_dict() if campaign else None,
            "process_sim": sim.as_dict() if sim else None,
        },
        "campaign_runs": [asdict(run) for run in found.campaign],
        "runs": [asdict(run) for run in found.packs + found.demo],
    }


def check_writable(asked: argparse.Namespace) -> None:
    """Whether `write` will succeed, as far as that can be known before a long run.

    Raises:
        UsageError: one mark of a section is missing, or the library for the picture.
    """
    if not asked.write:
        return
    text = asked.write.read_text(encoding="utf-8")
    for part in asked.parts:
        replaced_section(text, "", f"{SECTION}-{part}")
    if "campaign" in asked.parts and find_spec("matplotlib") is None:
        raise UsageError("the reliability diagram needs matplotlib: pip install 'twinwright[plot]'", code="usage.extra")


def write(found: Found, asked: argparse.Namespace, command: str) -> None:
    """Puts each part into its marked section of the document, and the picture and the table of cases beside it.

    Raises:
        InputError: a file can't be written. UsageError: a section's mark is missing.
    """
    files: dict[Path, str] = {}
    calibration = found.campaign_reliability
    if asked.write:
        text = asked.write.read_text(encoding="utf-8")
        about = measured(command)
        for part, body in reports(found, asked.seeds_text, calibration is not None).items():
            title, rest = body.split("\n", 1)
            text = replaced_section(text, f"{title}\n\n{about}\n{rest}", f"{SECTION}-{part}")
        files[asked.write] = text
        if calibration is not None:
            title = f"Confidence of the first hypothesis, demo plant, seeds {asked.seeds_text}"
            plot_reliability(calibration, asked.write.with_name(PICTURE), title)
    cases = asked.cases or (asked.write.with_name(CASES) if asked.write else None)
    if cases and found.packs:
        files[cases] = cases_report(found.packs, command)
    for path, content in files.items():
        try:
            path.write_text(content, encoding="utf-8")
        except OSError as error:
            raise InputError(f"{path} can't be written: {error.strerror}") from error


def _seeds(text: str) -> list[int]:
    """Seeds such as 1000-1499 or 1,2,8-10, each once."""
    if not re.fullmatch(r"\d+(-\d+)?(,\d+(-\d+)?)*", text) or not seeds_of(text):
        raise argparse.ArgumentTypeError(f"{text} names no seeds; write 1000-1499, or 1,2,8-10")
    return list(dict.fromkeys(seeds_of(text)))


def _faults(text: str) -> list[str]:
    chosen = list(FAULTS) if text == "all" else text.split(",")
    if unknown := set(chosen) - set(FAULTS):
        raise argparse.ArgumentTypeError(f"no fault {', '.join(sorted(unknown))}; there are {', '.join(FAULTS)}")
    return chosen


def _packs(text: str) -> list[str]:
    chosen = text.split(",")
    if unknown := set(chosen) - set(PACKS):
        raise argparse.ArgumentTypeError(f"no pack {', '.join(sorted(unknown))}; there are {', '.join(PACKS)}")
    return chosen


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m twinwright_evals.bench_diagnosis", description=__doc__)
    add = parser.add_argument
    add("--campaign", type=Path, default=_CAMPAIGN, metavar="DIR", help=f"where its runs are kept ({_CAMPAIGN})")
    add("--campaign-seeds", default="1000-1499", metavar="SEEDS", help="test seeds (default 1000-1499)")
    add("--jobs", type=int, default=2, help="processes for the campaign (default 2)")
    add("--data", type=Path, default=_DATA, help="folder of the data packs")
    add("--packs", type=_packs, default=list(PACKS), help=f"with commas (default {','.join(PACKS)})")
    add("--faults", type=_faults, default=list(FAULTS)[:DEMO_FAULTS], help="demo faults with commas, or 'all'")
    add("--seeds", type=_seeds, default=[1, 2, 3, 4, 5], help="seeds of the demo plant (default 1-5)")
    add("--write", type=Path, metavar="FILE.md", help="also into the marked sections of this document")
    add("--cases", type=Path, metavar="FILE.md", help=f"table of all cases (with --write: {CASES} beside it)")
    add("--json", action="store_true", help="one JSON document, with every run")
    only = parser.add_mutually_exclusive_group()
    for part in PARTS:
        only.add_argument(f"--{part}-only", dest="parts", action="store_const", const=(part,), default=PARTS)
    asked = parser.parse_args(words)
    asked.seeds_text = asked.campaign_seeds
    try:
        asked.campaign_seeds = _seeds(asked.seeds_text)
    except argparse.ArgumentTypeError as error:
        parser.error(f"--campaign-seeds: {error}")
    if asked.jobs < 1:
        parser.error(f"--jobs {asked.jobs}: at least 1 is needed")
    if asked.write and not asked.write.is_file():
        parser.error(f"--write {asked.write}: there is no such file")
    if asked.cases and not asked.cases.parent.is_dir():
        parser.error(f"--cases {asked.cases}: there is no such folder")
    return asked


def main(words: Sequence[str] | None = None) -> int:
    """Runs the benchmark; 2 for input that can't be used."""
    asked = _arguments(words)
    given = list(words) if words is not None else sys.argv[1:]
    command = " ".join([".venv/bin/python -m twinwright_evals.bench_diagnosis", *given])
    try:
        check_writable(asked)
        found = run_all(asked, lambda text: print(text, file=sys.stderr, flush=True))
    except TwinwrightError as error:
        if asked.json:
            print(json.dumps({"error": error.as_dict()}))
        else:
            print(error.message, file=sys.stderr)
        return 2
    if asked.json:
        print(json.dumps(document_of(found, command), indent=1))
    else:
        print("\n\n".join([measured(command), *reports(found, asked.seeds_text, False).values()]), flush=True)
    try:
        write(found, asked, command)
    except TwinwrightError as error:  # the figures are printed already, so this is all that stdout gets
        print(error.message, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
