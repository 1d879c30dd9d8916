"""Pages in a browser: what must not happen while one is open, and what every page must do."""

import re
import shutil
from contextlib import contextmanager
from itertools import groupby
from urllib.parse import unquote, urlsplit

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


def check_links(page, folder):
    """See that every link leads to a place on the page, a file in `folder` or a web address."""
    links = page.locator("a[href]").evaluate_all("all => all.map(a => a.getAttribute('href'))")
    for link in links:
        parts = urlsplit(link)
        if parts.scheme in ("https", "data"):
            continue
        assert not parts.scheme, link
        if parts.path:
            assert (folder / unquote(parts.path)).exists(), link
        else:
            assert page.locator(f'[id="{unquote(parts.fragment)}"]').count() == 1, link
    return links


def check_figures(frame):
    """See that every picture has loaded and is described in words."""
    pictures = frame.locator("img")
    for number in range(pictures.count()):
        picture = pictures.nth(number)
        assert picture.evaluate("i => i.complete && i.naturalWidth > 0")
        assert len(picture.get_attribute("alt") or "") > 20
    return pictures.count()


def check_sorting(frame):
    """Sort every table by each of its columns, up and down, with the keyboard."""
    tables = frame.locator("table").all()
    for table in tables:
        width = table.locator("tbody tr").first.locator("td").count()
        buttons = table.locator("thead button")
        places = buttons.evaluate_all("all => all.map(button => Number(button.dataset.column))")
        assert places == list(range(width))
        for button, place in zip(buttons.all(), places, strict=True):
            orders = []
            for key, direction in (("Enter", "ascending"), ("Space", "descending")):
                button.press(key)
                assert button.locator("xpath=..").get_attribute("aria-sort") == direction
                assert table.locator("thead [aria-sort$=ending]").count() == 1
                orders.append(column(table, place, button.get_attribute("data-number") is not None))
            check_orders(*orders)
    return len(tables)


def column(table, place, is_number):
    """A column as it stands, numbers or texts, None where there is no value."""
    cells = table.locator(f"tbody td:nth-child({place + 1})").evaluate_all(
        "all => all.map(cell => cell.dataset.value ?? cell.innerText.trim())"
    )
    return [None if cell in ("NA", "") else float(cell) if is_number else cell for cell in cells]


def check_orders(rising, falling):
    """See that values rise, then fall, and that what has none stands last both times."""
    known = [value for value in rising if value is not None]
    missing = [None] * (len(rising) - len(known))
    assert rising == known + missing
    assert falling[len(known) :] == missing
    if known and isinstance(known[0], float):
        assert known == sorted(known)
        assert falling[: len(known)] == known[::-1]
    else:
        # How texts are ordered, languages know; equal ones stand together, and the ends change.
        distinct = [value for value, _ in groupby(known)]
        assert len(distinct) == len(set(known))
        assert [value for value, _ in groupby(falling[: len(known)])] == distinct[::-1]


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
    check_figures(frame)
    return f"page with {check_sorting(frame)} tables"
