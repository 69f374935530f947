"""The website as its readers see it, with one lecture: on a phone, on a desk, in the dark, and without a network."""

import functools
import http.server
import subprocess
import sys
import threading

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.notebook]
URL = "https://github.com/owner/name"
LECTURE, EXERCISE = "lectures/00_cnn_recap.html", "exercises/00_cnn_recap/00_cnn_recap.html"
PAGES = ["index.html", LECTURE, EXERCISE, "docs/figures.html", "docs/instructor.html", "docs/attacks.html"]
PHONE, TABLET, DESK = {"width": 390, "height": 844}, {"width": 1024, "height": 768}, {"width": 1440, "height": 900}
WIDER = """() => [
    ...(document.documentElement.scrollWidth > innerWidth ? ['the page moves sideways'] : []),
    ...[...document.querySelectorAll('article img, .prev-next-area svg, .prev-next-area p')]
        .filter(node => node.getBoundingClientRect().right > innerWidth).map(node => node.outerHTML.slice(0, 200)),
]"""
LOADED = """async () => {
    const images = [...document.querySelectorAll('article img')];
    for (const image of images) { image.loading = 'eager'; await image.decode(); }
    return images.filter(image => image.naturalWidth < 2 || !image.alt.trim()).map(image => image.src);
}"""
FAINT = """() => { // contrast of words with their ground, where an output says which it is
    const light = color => { const [r, g, b] = color.match(/[\\d.]+/g).map(Number); return (r * 3 + g * 6 + b) / 10; };
    const ground = node => { const own = getComputedStyle(node).backgroundColor;
        return node.parentElement && /, 0\\)$|transparent/.test(own) ? ground(node.parentElement) : own; };
    return [...document.querySelectorAll('.explorer p, .explorer div, .cell_output pre, article p')]
        .filter(node => Math.abs(light(getComputedStyle(node).color) - light(ground(node))) < 70)
        .map(node => node.textContent.slice(0, 80));
}"""


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files and prints nothing."""

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def built(root, tmp_path_factory):
    """The website's folder, built with one lecture; what is wrong with it fails here."""
    folder = tmp_path_factory.mktemp("site")
    words = ["--units", "00", "--repository", URL, "--ref", "v1", "--folder", str(folder)]
    done = subprocess.run(
        [sys.executable, "-m", "tools.site", *words], cwd=root, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert "site: 0 findings" in done.stdout
    return folder / "html"


@pytest.fixture(scope="module")
def site(built):
    """Its address on this machine."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=built))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_every_page_fits_every_screen_and_asks_nobody_else(page, site):
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    for name in PAGES:
        page.goto(f"{site}/{name}")
        assert page.evaluate(LOADED) == []
        for size in (PHONE, TABLET, DESK):
            page.set_viewport_size(size)
            page.wait_for_timeout(200)
            assert page.evaluate(WIDER) == [], (name, size)
    assert [url for url in asked if not url.startswith((site, "data:"))] == []


def test_words_can_be_read_in_the_light_and_in_the_dark(page, site):
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for name in PAGES:
            page.goto(f"{site}/{name}")
            assert page.evaluate("() => document.documentElement.dataset.theme") == scheme
            assert page.evaluate(FAINT) == [], (name, scheme)


def test_the_menu_of_a_phone_leads_to_a_lecture(page, site):
    page.set_viewport_size(PHONE)
    page.goto(f"{site}/index.html")
    page.locator("button.primary-toggle:visible").click()
    menu = page.locator("#pst-primary-sidebar-modal, #pst-primary-sidebar").locator("visible=true").first
    menu.get_by_text("Lectures", exact=True).click()
    menu.get_by_role("link", name="00 ·").first.click()
    page.wait_for_url(f"**/{LECTURE}")
    assert page.locator("h1").first.inner_text().startswith("00 · Convolutional networks")


def test_search_finds_a_lecture_and_the_guide(page, site):
    page.set_viewport_size(PHONE)
    page.goto(f"{site}/index.html")
    page.locator(".search-button__button:visible").click()
    page.locator("input[name=q]:visible").fill("formgrader")
    page.keyboard.press("Enter")
    found = page.locator("ul.search li a")
    found.first.wait_for()
    assert any("instructor.html" in link.get_attribute("href") for link in found.all())


def test_explorers_stand_still_and_say_where_they_move(page, site):
    page.goto(f"{site}/{LECTURE}")
    explorers = page.locator(".explorer").all()
    assert len(explorers) == 4
    for explorer in explorers:
        assert explorer.locator("img").count() == 1
        assert "stands still here" in explorer.locator(".still").inner_text()
    assert page.locator("script[type*='jupyter.widget']").count() == 0
    links = [link.get_attribute("href") for link in page.locator(".launch a").all()]
    file = "lectures/00_cnn_recap.ipynb"
    assert links == [
        f"https://mybinder.org/v2/gh/owner/name/v1?urlpath=lab/tree/{file}",
        f"https://colab.research.google.com/github/owner/name/blob/v1/{file}",
    ]


def test_formulas_are_drawn_and_a_link_to_a_heading_arrives(page, site):
    page.goto(f"{site}/{LECTURE}")
    formula = page.locator("math").first
    assert formula.bounding_box()["height"] > 8
    page.goto(f"{site}/docs/instructor.html")
    page.locator("article a.internal[href='#grade']").first.click()
    assert page.locator("section#grade").bounding_box()["y"] < 200
