"""Chromium, with what the tests ask of it."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

from tests.browser.tools import FLAGS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from selenium.webdriver.remote.webelement import WebElement

PATIENCE = 20.0  # seconds; the machine may be busy


class Browser:
    """One Chromium with an empty profile.

    Args:
        profile: a folder for it.
    """

    def __init__(self, profile: Path) -> None:
        options = Options()
        for flag in FLAGS:
            options.add_argument(flag)
        options.add_argument(f"--user-data-dir={profile}")
        options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
        self.driver = webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))
        self.driver.set_script_timeout(120)
        self.resize(1280)

    def open(self, url: str) -> None:
        """Go there, and forget what was logged before."""
        # Not from a page of the same address: a fragment alone would load nothing.
        self.driver.get("about:blank")
        self.logs()
        self.driver.get(url)

    def resize(self, width: int, height: int = 900) -> None:
        """The page's width and height in CSS pixels."""
        self.command("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def scheme(self, name: str) -> None:
        """What the system prefers: `light` or `dark`."""
        self.command("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": name}])

    def command(self, name: str, **words: Any) -> dict[str, Any]:
        """A command of the DevTools protocol."""
        found: dict[str, Any] = self.driver.execute_cdp_cmd(name, words)
        return found

    def run(self, script: str, *words: Any) -> Any:
        """A script's value; it may await."""
        wrapped = (
            "const done = arguments[arguments.length - 1]; const words = [...arguments].slice(0, -1);"
            f"(async () => {{ {script} }})().then(value => done({{value}}), error => done({{error: String(error.stack || error)}}))"
        )
        told = self.driver.execute_async_script(wrapped, *words)
        assert "error" not in told, told["error"]
        return told.get("value")

    def all(self, selector: str) -> list[WebElement]:
        """Elements by CSS selector."""
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def one(self, selector: str) -> WebElement:
        """The first one."""
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def until(self, holds: Callable[[], Any], what: str) -> Any:
        """Wait until something holds, and return it."""
        return WebDriverWait(self.driver, PATIENCE, poll_frequency=0.05).until(lambda _: holds(), what)

    def _log(self, kind: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.driver.get_log(kind)  # type: ignore[no-untyped-call]  # Selenium's
        return found

    def logs(self) -> tuple[list[str], list[dict[str, Any]]]:
        """What came since the last time: lines of the console, and events of the network."""
        said = [f"{entry['level']}: {entry['message']}" for entry in self._log("browser")]
        events = [json.loads(entry["message"])["message"] for entry in self._log("performance")]
        return said, [event for event in events if event["method"].startswith("Network.")]

    def settled(self) -> None:
        """Wait until the page and what it loads later are there."""
        quiet = "const n = performance.getEntriesByType('resource').length; if (window.__n === n) return true; window.__n = n; return false;"
        self.until(lambda: self.driver.execute_script("return document.readyState") == "complete", "the page loads")
        self.until(lambda: self.driver.execute_script(quiet), "the page loads nothing more")

    def pdf(self) -> bytes:
        """The page as it is printed."""
        return base64.b64decode(self.command("Page.printToPDF", preferCSSPageSize=True, printBackground=False)["data"])

    def quit(self) -> None:
        """End it."""
        self.driver.quit()
