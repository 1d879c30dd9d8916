"""Pages in a browser: what must not happen while one is open, and what every page must do."""

import re
import shutil
from contextlib import contextmanager
from urllib.parse import urlsplit

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
"""Names that it goes by."""

# The sandbox cannot be had by root; the rest keeps the browser from calling home.
ARGUMENTS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
BROKEN = re.compile(r"\b(Error|System Message|Traceback|undefined|\[object Object\]|NaN|None)\b")
LOCAL = ("file", "data", "blob", "about")


def find_chromium():
    """Find Chromium on the path, or None."""
    return next(filter(None, map(shutil.which, CHROMIUM)), None)


@contextmanager
def opened(browser, path, *, width=1280):
    """Open a file; console errors and requests that fail or leave the machine are failures."""
    problems = []
    context = browser.new_context(viewport={"width": width, "height": 900}, accept_downloads=True)
    page = context.new_page()
    page.on("pageerror", lambda error: problems.append(f"exception: {error}"))
    page.on("dialog", lambda dialog: problems.append(f"dialog: {dialog.message}"))
    page.on("requestfailed", lambda request: problems.append(f"failed: {request.url[:200]}"))

    def listen(message):
        if message.type == "error":
            problems.append(f"console: {message.text}")

    def follow(request):
        if urlsplit(request.url).scheme not in LOCAL:
            problems.append(f"not on this machine: {request.url[:200]}")

    page.on("console", listen)
    page.on("request", follow)
    page.goto(path.as_uri())
    yield page
    context.close()
    assert not problems


def check_text(part):
    """Find text in a part of a page, and none that tells of a failure."""
    text = part.inner_text()
    assert text.strip()
    assert BROKEN.search(text) is None, BROKEN.search(text)
    return text


def walk_report(page):
    """Open everything in a report of Snakemake, and give what opened, by name in the sidebar."""
    seen = {}
    for category in page.evaluate("Object.keys(categories)"):
        page.locator("nav ol a").first.click()
        page.locator("nav").get_by_text(category, exact=True).click()
        rows = page.locator("nav table tbody tr")
        rows.first.wait_for()
        for place in range(rows.count()):
            cells = rows.nth(place).locator("td").all_inner_texts()
            view, about = rows.nth(place).locator("a").all()
            name = " ".join([category, *filter(None, map(str.strip, cells))])
            seen[name] = open_result(page, view)
            about.click()
            page.get_by_text("Snakemake rule", exact=True).wait_for()
            check_text(page.locator("body"))
            page.locator("nav ol").get_by_text(category, exact=True).click()
            rows.first.wait_for()
    return seen


def open_result(page, view):
    """Open a result of a report; return what kind of thing it is."""
    if view.get_attribute("download"):
        with page.expect_download() as waiting:
            view.click()
        assert waiting.value.path().stat().st_size > 0
        return "file"
    view.click()
    shown = page.locator("iframe, div.p-3 > img").first
    shown.wait_for()
    if shown.evaluate("shown => shown.tagName") == "IMG":
        shown.evaluate("image => image.decode()")
        return "picture"
    frame = shown.element_handle().content_frame()
    frame.wait_for_load_state("load")
    check_text(frame.locator("body"))
    return "page"
