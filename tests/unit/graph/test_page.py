"""The page of `polc graph` in a real browser: search, filter, panel, keyboard, and no network."""

import math
from collections.abc import Iterator
from html import escape

import pytest

from browser import Browser, chromium
from support import EXAMPLES, REPO, TODAY, polc


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with chromium(tmp_path_factory.mktemp("chromium")) as running:
        yield running


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory):
    path = tmp_path_factory.mktemp("page") / "graph.html"
    run = polc("graph", EXAMPLES / "cloud-native" / "policy.svc", "-o", path, "--today", TODAY)
    assert run.status == 0, run.err
    return path


def panel(browser: Browser) -> str:
    return browser.run("document.getElementById('panel').innerText")


def test_opens_without_network_or_errors(browser, page):
    browser.open(page)
    assert browser.errors == []
    assert [url for url in browser.requests if not url.startswith(("file:", "data:"))] == []
    assert browser.run("document.querySelectorAll('.node[tabindex]').length") == 7
    assert "4 services, 6 flows" in browser.run("document.getElementById('count').textContent")
    assert browser.run("document.getElementById('panel').hidden") is True


def test_a_click_shows_in_and_out(browser, page):
    browser.open(page)
    browser.click('.node[data-id="backend/api"]')
    text = panel(browser)
    assert "Reachable by 1" in text
    assert "frontend/frontend" in text
    assert "as cluster.local/ns/frontend/sa/frontend" in text
    assert 'GET, POST "/api/**"' in text
    assert "Reaches 2" in text
    assert "because behind Knative's activator all callers look alike" in text
    assert "policy.svc:23" in text
    assert browser.run("document.querySelectorAll('.edge.in').length") == 1
    assert browser.run("document.querySelectorAll('.edge.out').length") == 2
    browser.press("Escape")
    assert browser.run("document.getElementById('panel').hidden") is True


def test_search_by_keyboard(browser, page):
    browser.open(page)
    browser.press("/", "/")
    assert browser.run("document.activeElement.id") == "search"
    browser.type("postgres")
    assert "database/postgres" in browser.run("document.getElementById('results').innerText")
    browser.press("Enter")
    assert browser.run("document.querySelector('.node.chosen').dataset.id") == "database/postgres"
    assert browser.run("document.activeElement.dataset.id") == "database/postgres"
    assert browser.run("decodeURIComponent(location.hash)") == "#database/postgres"
    assert "sql 5432 postgres" in panel(browser)


def test_search_finds_paths_and_nothing(browser, page):
    browser.open(page)
    browser.press("/", "/")
    browser.type("/api/**")
    assert "backend/api" in browser.run("document.getElementById('results').innerText")
    browser.type("nonsense")
    assert "nothing found" in browser.run("document.getElementById('results').innerText")


def test_filter_by_namespace(browser, page):
    browser.open(page)
    browser.run("document.querySelector('#namespaces input[value=database]').click()")
    shown = browser.run(
        "[...document.querySelectorAll('#scene .node:not(.off)')]"
        ".map((node) => node.dataset.id).sort()"
    )
    assert shown == ["backend/api", "database/postgres"]
    browser.run("document.getElementById('everything').click()")
    assert browser.run("document.querySelectorAll('.node.off').length") == 0


def test_a_link_opens_at_a_service(browser, page):
    browser.open(page, "#backend%2Fthumbnails")
    assert "backend/thumbnails" in panel(browser)
    browser.run("document.querySelector('#panel .peer button').click()")
    assert "Reaches" in panel(browser)


def test_nodes_are_reached_by_tab(browser, page):
    browser.open(page)
    browser.run("document.querySelector('#scene .node').focus()")
    browser.press("Enter")
    assert browser.run("document.querySelector('.node.chosen') !== null") is True
    label = browser.run("document.querySelector('.node.chosen').getAttribute('aria-label')")
    assert "reachable by" in label


def test_a_diff_has_colours(browser, tmp_path):
    old = EXAMPLES / "cloud-native" / "policy.svc"
    text = old.read_text()
    new = tmp_path / "new.svc"
    new.write_text(text.replace('{ GET, POST "/api/**" }', '{ GET "/api/**" }'))
    page = tmp_path / "graph.html"
    run = polc("graph", new, "--against", old, "-o", page, "--today", TODAY)
    assert run.status == 0, run.err
    browser.open(page, "#backend%2Fapi")
    assert browser.run("document.querySelectorAll('#scene .edge.changed').length") == 1
    assert '\u2212 POST "/api/**"' in panel(browser)
    assert "taken away" in browser.run("document.getElementById('legend').innerText")


def test_a_thousand_services(browser, tmp_path):
    import subprocess
    import sys

    text = subprocess.run(
        [sys.executable, REPO / "benchmarks" / "generate.py", "1000"],
        capture_output=True,
        check=True,
    ).stdout
    (tmp_path / "big.svc").write_bytes(text)
    page = tmp_path / "graph.html"
    assert polc("graph", tmp_path / "big.svc", "-o", page, "--today", TODAY).status == 0
    browser.open(page)
    assert browser.errors == []
    assert browser.run("document.querySelectorAll('#scene .node').length") == 1000
    browser.press("/", "/")
    browser.type("n7/s42")
    browser.press("Enter")
    assert "Reachable by 5" in panel(browser)
    spent = browser.run(
        "(() => { const t = performance.now(); document.querySelector('[data-id=\"n7/s43\"]')"
        ".dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true }));"
        " document.body.getBoundingClientRect(); return performance.now() - t; })()"
    )
    assert spent < 1000, "choosing a service takes a moment at most"


def test_text_of_a_program_is_text(browser, tmp_path):
    program = tmp_path / "p.svc"
    program.write_text(
        "namespace shop\n"
        "# </script><img src=x onerror=alert(1)>\n"
        "service web { }\n"
        "service api { port http 8080 http\n"
        '  allow from web on http because "<b>&amp;</b> </script><script>boom()</script>" }\n'
    )
    page = tmp_path / "graph.html"
    assert polc("graph", program, "-o", page).status == 0
    browser.open(page, "#shop%2Fweb")
    assert browser.errors == []
    assert "</script><img src=x onerror=alert(1)>" in panel(browser)
    assert "because <b>&amp;</b> </script>" in panel(browser)


def test_a_narrow_window_shows_the_picture(browser, page):
    browser.send(
        "Emulation.setDeviceMetricsOverride",
        width=700,
        height=800,
        deviceScaleFactor=1,
        mobile=False,
    )
    try:
        browser.open(page)
        assert browser.run("document.getElementById('map').clientWidth") == 700
        assert (
            browser.run("document.querySelector('#scene .node').getBoundingClientRect().width") > 20
        )
    finally:
        browser.send("Emulation.clearDeviceMetricsOverride")


def test_a_page_that_is_shown_later_fits_then(browser, page, tmp_path):
    """An editor loads the page into a frame, out of sight at first."""
    frame = f'<iframe srcdoc="{escape(page.read_text())}" hidden width="900" height="600"></iframe>'
    outer = tmp_path / "outer.html"
    outer.write_text(f'<html data-ready="yes">{frame}')
    browser.open(outer)
    shown = """new Promise((resolve) => {
      const frame = document.querySelector("iframe");
      frame.contentWindow.addEventListener("resize", () => requestAnimationFrame(() => {
        const inner = frame.contentDocument;
        const box = inner.querySelector("#scene .node").getBoundingClientRect();
        resolve(inner.getElementById("map").getAttribute("viewBox") + " " + box.width);
      }));
      frame.hidden = false;
    })"""
    numbers = [float(number) for number in browser.run(shown).split()]
    assert all(map(math.isfinite, numbers))
    assert numbers[-1] > 20
    assert browser.errors == []
