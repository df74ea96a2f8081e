"""Takes a picture of a report's first screen: ``python tests/agent/report/make_picture.py REPORT.html PICTURE.png``.

Chromium must be on the PATH. The picture in the documentation is that of the demo's report.
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

from playwright.sync_api import sync_playwright

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
SWITCHES = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]


def take_picture(report: Path, picture: Path, *, width: int, height: int, dark: bool, whole: bool) -> None:
    """Writes a PNG of the report as Chromium shows it.

    Raises:
        SystemExit: there is no Chromium.
    """
    program = next((found for name in CHROMIUM if (found := shutil.which(name))), None)
    if program is None:
        raise SystemExit(f"needs one of {', '.join(CHROMIUM)} on the PATH (Debian: apt-get install chromium)")
    picture.parent.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=SWITCHES)
        page = browser.new_page(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
        )
        page.goto(report.resolve().as_uri())
        page.screenshot(path=picture, full_page=whole)
        browser.close()


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("report", type=Path)
    parser.add_argument("picture", type=Path)
    parser.add_argument("--width", type=int, default=1280)
    parser.add_argument("--height", type=int, default=800)
    parser.add_argument("--dark", action="store_true")
    parser.add_argument("--whole", action="store_true", help="the whole page, not just the first screen")
    given = parser.parse_args()
    take_picture(
        given.report, given.picture, width=given.width, height=given.height, dark=given.dark, whole=given.whole
    )


if __name__ == "__main__":
    main()
