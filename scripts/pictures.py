# ruff: noqa: INP001 - a script beside the packages
"""Draws the picture of each language that other sites show beside a link to the board (Open Graph), with Chromium.

    .venv/bin/python scripts/pictures.py

To be run again when the name of the board changes; what it writes is committed.
"""

import shutil
from pathlib import Path

import yaml
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[1]
STATIC = ROOT / "streams" / "board" / "static"
SIZE = {"width": 1200, "height": 630}
LINE = {
    "nl": "Hoeveel mensen, waar, hoe lang: unieke personen per maand, kwartaal en jaar",
    "fr": "Combien de personnes, où, combien de temps : personnes uniques par mois, trimestre et année",
    "en": "How many people, where, how long: unique persons by month, quarter and year",
}
PAGE = """<style>
body {{ margin: 0; width: 1200px; height: 630px; background: #0b5394; color: #fff; font-family: sans-serif }}
div {{ padding: 90px 100px }}
h1 {{ font-size: 92px; margin: 60px 0 24px }}
p {{ font-size: 38px; margin: 0; opacity: .85 }}
svg {{ width: 150px; height: 150px }}
</style><div>{icon}<h1>{title}</h1><p>{line}</p></div>"""


def draw() -> None:
    """Write ``og-nl.png``, ``og-fr.png`` and ``og-en.png``."""
    words = yaml.safe_load((ROOT / "schemas" / "parameters" / "board.yaml").read_text(encoding="utf-8"))["sentences"]
    icon = (STATIC / "icon.svg").read_text(encoding="utf-8").replace("#0b5394", "#fff")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport=SIZE)
        for language in ("nl", "fr", "en"):
            page.set_content(PAGE.format(icon=icon, title=words["board"][language], line=LINE[language]))
            page.screenshot(path=STATIC / f"og-{language}.png")
        browser.close()


if __name__ == "__main__":
    draw()
