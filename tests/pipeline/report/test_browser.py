"""The report in a real browser: it opens without a network, plays, filters and shows the lanes."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from selenium.webdriver import Chrome, Keys
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select, WebDriverWait

from auricle.pipeline.dataset import Dataset
from auricle.pipeline.judge.reviews import reviews_of
from auricle.pipeline.report.page import page, served_page
from auricle.pipeline.report.server import serve
from auricle.pipeline.stage_settings import PrivacySettings


@pytest.fixture(scope="module")
def report(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(page(Dataset(str(demo)), 40, PrivacySettings()))
    return path


@pytest.fixture
def opened(browser: Chrome, report: Path) -> Chrome:
    browser.get(report.as_uri())
    until(browser, lambda: browser.find_elements(By.CSS_SELECTOR, "#clip audio"))
    return browser


def until(browser: Chrome, done: Callable[[], Any]) -> Any:
    return WebDriverWait(browser, 10).until(lambda _: done())


def heading(browser: Chrome) -> str:
    return str(browser.find_element(By.CSS_SELECTOR, "#clip h3").text)


def press(browser: Chrome, key: str) -> None:
    browser.find_element(By.TAG_NAME, "body").send_keys(key)


def player(browser: Chrome, what: str) -> Any:
    return browser.execute_script(f"return document.querySelector('#clip audio').{what}")


def test_opens_from_disk_without_asking_the_network_and_without_an_error(opened: Chrome) -> None:
    assert opened.get_log("browser") == []
    asked = [json.loads(line["message"])["message"] for line in opened.get_log("performance")]
    addresses = [
        each["params"]["request"]["url"]
        for each in asked
        if each["method"] == "Network.requestWillBeSent"
    ]
    assert addresses
    assert all(address.startswith(("file:", "data:")) for address in addresses)


def test_every_chart_is_drawn_and_names_its_marks_for_a_screen_reader(opened: Chrome) -> None:
    figures = opened.find_elements(By.TAG_NAME, "figure")
    assert len(figures) > 8
    for figure in figures:
        title = figure.find_element(By.TAG_NAME, "figcaption").text
        marks = figure.find_elements(By.CSS_SELECTOR, "svg [role='graphics-symbol']")
        assert title
        assert marks, title


def test_a_clip_plays_and_its_spectrogram_is_there(opened: Chrome) -> None:
    press(opened, Keys.SPACE)
    until(opened, lambda: player(opened, "currentTime") > 0.2)
    assert player(opened, "duration") == pytest.approx(10, abs=0.2)
    press(opened, Keys.SPACE)
    until(opened, lambda: player(opened, "paused"))
    picture = opened.find_element(By.CSS_SELECTOR, ".picture img")
    assert picture.get_property("naturalWidth") == 800


def test_a_stretch_of_a_lane_plays_from_its_start_to_its_end(opened: Chrome) -> None:
    words = opened.find_elements(By.CSS_SELECTOR, ".lane button")
    chosen = next(word for word in words if "play" in str(word.get_attribute("aria-label")))
    start = float(str(chosen.get_attribute("aria-label")).split(", ")[1].split(" to ")[0])
    end = float(str(chosen.get_attribute("aria-label")).split(" to ")[1].split(" ")[0])
    chosen.click()
    until(opened, lambda: player(opened, "currentTime") > start)
    until(opened, lambda: player(opened, "paused"))
    assert player(opened, "currentTime") == pytest.approx(end, abs=0.35)


def test_lanes_share_the_time_axis_of_the_sound(opened: Chrome) -> None:
    names = [each.text for each in opened.find_elements(By.CSS_SELECTOR, ".lane > span")]
    assert names[0] == "sound"
    assert names[-1] == "seconds"
    assert len(names) > 3
    edges = {
        (round(track.rect["x"]), round(track.rect["width"]))
        for track in opened.find_elements(By.CLASS_NAME, "track")
    }
    assert len(edges) == 1


def test_filters_and_search_choose_clips(opened: Chrome) -> None:
    Select(opened.find_element(By.ID, "by-domain")).select_by_value("0M0")
    until(opened, lambda: opened.find_element(By.ID, "count").text.split()[0] not in ("14", "28"))
    lines = [each.text for each in opened.find_elements(By.CSS_SELECTOR, "#list small")]
    assert lines
    assert all(line.startswith("0M0") for line in lines)
    opened.find_element(By.ID, "q").send_keys("no clip says this")
    until(opened, lambda: opened.find_element(By.ID, "count").text.startswith("0 of"))
    assert "No clip is like that" in opened.find_element(By.ID, "clip").text


def test_keys_go_to_the_next_clip_and_back(opened: Chrome) -> None:
    first = heading(opened)
    press(opened, "j")
    until(opened, lambda: heading(opened) != first)
    press(opened, "k")
    until(opened, lambda: heading(opened) == first)


def test_each_text_shows_the_evidence_behind_it(opened: Chrome) -> None:
    texts = opened.find_elements(By.CSS_SELECTOR, "#clip .text")
    assert len(texts) > 5
    known = {
        each.get_attribute("data-id")
        for each in opened.find_elements(By.CSS_SELECTOR, "#evidence li")
    }
    for text in texts:
        chips = text.find_elements(By.CSS_SELECTOR, ".because button")
        assert chips
        assert {chip.text for chip in chips} <= known


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground_in_light_and_dark(opened: Chrome, scheme: str) -> None:
    feature = [{"name": "prefers-color-scheme", "value": scheme}]
    opened.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": feature})
    for selector in ("body", ".soft", ".kind", ".because", "summary", "nav a", "small"):
        assert contrast(opened, selector) >= 4.5, selector


def test_every_control_has_a_name(opened: Chrome) -> None:
    nameless = opened.execute_script(
        """
        return [...document.querySelectorAll('button, select, input, audio, img, a')].filter(
          (each) => !(each.textContent.trim() || each.getAttribute('aria-label') || each.alt
                      || (each.labels && each.labels.length))
        ).map((each) => each.outerHTML.slice(0, 200))
        """
    )
    assert nameless == []


def contrast(browser: Chrome, selector: str) -> float:
    """Return the contrast of a text with what is behind it, as WCAG 2 defines it."""
    colours = browser.execute_script(
        """
        const node = document.querySelector(arguments[0]);
        let ground = node;
        while (getComputedStyle(ground).backgroundColor === 'rgba(0, 0, 0, 0)')
          ground = ground.parentElement;
        return [getComputedStyle(node).color, getComputedStyle(ground).backgroundColor];
        """,
        selector,
    )
    lights = sorted(luminance(colour) for colour in colours)
    return (lights[1] + 0.05) / (lights[0] + 0.05)


def luminance(colour: str) -> float:
    values = [float(each) / 255 for each in colour[colour.index("(") + 1 : -1].split(",")[:3]]
    linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in values]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_a_served_page_plays_and_takes_marks_by_key(
    browser: Chrome, demo: Path, tmp_path: Path
) -> None:
    shutil.copytree(demo, tmp_path / "set")
    data = Dataset(str(tmp_path / "set"))
    server = serve(data, 0, served_page(data).encode())
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        browser.get(f"http://127.0.0.1:{server.server_port}/")
        until(browser, lambda: browser.find_elements(By.CSS_SELECTOR, "#clip audio"))
        browser.get_log("browser")
        press(browser, Keys.SPACE)
        until(browser, lambda: player(browser, "currentTime") > 0.2)
        press(browser, "b")
        until(browser, lambda: reviews_of(data, 0)[0].mark == "bad")
        pressed = "[data-mark=bad][aria-pressed=true]"
        until(browser, lambda: browser.find_elements(By.CSS_SELECTOR, pressed))
        browser.find_element(By.CSS_SELECTOR, "#review summary").click()
        box = browser.find_element(By.ID, "better")
        was = box.get_property("value")
        box.clear()
        box.send_keys("A better text.")
        browser.find_element(By.ID, "fix").click()
        until(browser, lambda: reviews_of(data, 0)[0].fixes)
        fix = reviews_of(data, 0)[0].fixes[0]
        assert (fix.was, fix.text) == (was, "A better text.")
        until(browser, lambda: "A better text." in browser.find_element(By.ID, "clip").text)
        assert browser.get_log("browser") == []
    finally:
        server.shutdown()
