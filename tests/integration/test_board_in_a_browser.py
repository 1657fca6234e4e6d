"""The board in a real browser: nothing is asked of another host, nothing breaks the policy, the keyboard suffices."""

import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from published import replayed
from redis_server import required

Scheme = Literal["light", "dark"]
MONTHS = [f"2024-{month:02d}" for month in range(1, 7)]
PATHS = ("/", "/support/LL", "/map", "/compare", "/table?level=region", "/revisions", "/cities", "/completeness")
FURTHER = ("/definitions", "/seal", "/access", "/report/quarter/2024-Q1")
NO_CONTRAST = "{rules: {'color-contrast': {enabled: false}}}"
"""For the map: it has hundreds of areas, all of the same contrast."""
RULES = {"light": "{}", "dark": "{runOnly: ['color-contrast']}"}
"""Which rules a scheme of colours can break: in the dark, only that one differs."""
PATIENCE = 60


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    store = tmp_path_factory.mktemp("site") / "store"
    replayed(store, *MONTHS)
    log = store.parent / "told"
    command = [
        sys.executable,
        "-c",
        "from streams.cli import main; main()",
        "serve",
        "--store",
        str(store),
        "--port",
        "8497",
    ]
    with log.open("w") as output, subprocess.Popen(command, stdout=output, stderr=output) as served:  # noqa: S603 - our own
        try:
            _await("http://127.0.0.1:8497/robots.txt", log)
            yield "http://127.0.0.1:8497"
        finally:
            served.terminate()


def _await(address: str, log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(address, timeout=2):  # noqa: S310 - of our own
                return
        except OSError:
            time.sleep(0.2)
    pytest.fail(log.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = shutil.which("chromium") or required("chromium", "chromium")
    with sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield chromium
        chromium.close()


def visited(browser: Browser, site: str, path: str, width: int) -> tuple[Page, list[str]]:
    """Open a page; return it with all that its console said, and each request to another host."""
    page = browser.new_page(viewport={"width": width, "height": 800})
    noticed: list[str] = []
    page.on("console", lambda message: noticed.append(message.text))
    page.on("pageerror", lambda error: noticed.append(str(error)))
    page.on("request", lambda request: None if request.url.startswith(site) else noticed.append(request.url))
    page.goto(site + path)
    return page, noticed


@pytest.mark.parametrize("path", [*PATHS, *FURTHER])
def test_a_page_asks_nothing_elsewhere_and_keeps_to_its_policy_at_every_width(
    browser: Browser, site: str, path: str
) -> None:
    for width in (320, 1280):
        page, noticed = visited(browser, site, f"/nl/latest{path}", width)
        assert noticed == []
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_who_cannot_see_or_point_can_use_a_page_of_every_kind(browser: Browser, site: str, scheme: Scheme) -> None:
    script = (files("axe_core_python") / "axe.min.js").read_text(encoding="utf-8")
    for path in (*PATHS, *FURTHER):
        if path == "/map" and scheme == "dark":
            continue
        page = browser.new_page(color_scheme=scheme, bypass_csp=True)
        page.goto(f"{site}/nl/latest{path}")
        page.add_script_tag(content=script)
        rules = RULES[scheme] if path != "/map" else NO_CONTRAST
        broken = page.evaluate(f"axe.run({rules}).then(all => all.violations.map(one => [one.id, one.nodes[0].html]))")
        assert broken == [], path
        page.close()


def test_arrow_keys_walk_through_a_chart(browser: Browser, site: str) -> None:
    page, _ = visited(browser, site, "/en/latest/support/LL", 1280)
    page.focus("figure.chart")
    page.keyboard.press("Home")
    assert page.inner_text("figure.chart .tip").startswith("January 2024")
    page.keyboard.press("ArrowRight")
    assert page.inner_text("figure.chart .tip").startswith("February 2024")
    page.close()


def test_the_map_draws_each_municipality_of_today(browser: Browser, site: str) -> None:
    page, _ = visited(browser, site, "/fr/latest/map", 1280)
    assert page.locator("figure.map svg path[id^=m]").count() == 565
    page.close()


def test_every_link_of_the_first_page_answers(browser: Browser, site: str) -> None:
    page, _ = visited(browser, site, "/nl/latest/", 1280)
    addresses = sorted({str(one) for one in page.eval_on_selector_all("a", "all => all.map(one => one.href)")})
    page.close()
    for address in addresses:
        with urllib.request.urlopen(address, timeout=30) as answer:  # noqa: S310 - of our own
            assert answer.status == 200, address
