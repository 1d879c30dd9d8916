"""Tables on pages: what a reader downloads."""

from __future__ import annotations

from pathlib import Path

import pytest

from danq.pages import Cell, Column, Table, number, render

COLUMNS = [
    Column("target", is_number=False),
    Column("position"),
    Column("danq", group="ROC AUC"),
    Column("danq", group="PR AUC"),
]
ROWS = [
    [Cell("CTCF"), number(50_304_748, ","), number(0.98765), number(1.0)],
    [Cell("REST"), number(7, ","), number(None), number(0.25, detail="0.2 to 0.3")],
]


@pytest.fixture
def page(browser, tmp_path):
    text = render("table.html", title="t", note="n", source="all.tsv", table=Table(COLUMNS, ROWS))
    (tmp_path / "page.html").write_text(text, encoding="utf-8")
    page = browser.new_page(accept_downloads=True)
    page.goto((tmp_path / "page.html").as_uri())
    yield page
    page.close()


def _downloaded(page) -> str:
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download as all.tsv").click()
    assert waiting.value.suggested_filename == "all.tsv"
    return Path(waiting.value.path()).read_text()


def test_a_download_has_whole_numbers_and_full_headings(page):
    assert _downloaded(page) == (
        "target\tposition\tROC AUC: danq\tPR AUC: danq\n"
        "CTCF\t50304748\t0.98765\t1\n"
        "REST\t7\tNA\t0.25\n"
    )


def test_a_download_has_the_rows_that_are_shown(page):
    page.get_by_role("searchbox").fill("rest")
    header, row = _downloaded(page).splitlines()
    assert header.startswith("target\t")
    assert row == "REST\t7\tNA\t0.25"


def test_a_table_wider_than_the_window_fades_where_it_goes_on(page):
    box = page.locator(".scroll")

    def fades(is_expected):
        page.locator(".scroll.more" if is_expected else ".scroll:not(.more)").wait_for()
        return "more" in box.get_attribute("class").split()

    page.set_viewport_size({"width": 240, "height": 600})
    assert fades(True)
    box.evaluate("box => { box.scrollLeft = box.scrollWidth; }")
    assert not fades(False)
    box.evaluate("box => { box.scrollLeft = 0; }")
    assert fades(True)
    page.set_viewport_size({"width": 1280, "height": 600})
    assert not fades(False)
