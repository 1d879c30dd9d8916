"""Names of models, targets and groups that mean something to HTML, SVG, Jinja or matplotlib."""

from dataclasses import replace
from xml.etree import ElementTree

import pytest

from danq.evaluation import write
from danq.evaluation.report.page import FIGURES
from tests.browser import check_figures, check_links, check_sorting, check_text, opened
from tests.evaluation.scored import evaluation

NAMES = [
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "\"><svg onload=alert(1)>'",
    "&lt;b&gt;&amp;",
    "{{ 7 * 7 }}{% raw %}",
    "`text`_ |bar| **bold** .. raw:: html",
    "$\\frac{1}{2}$ 10^2_3 \\n",
    "_hidden",
    "]]><!-- -->",
    "=1+1",
]
CONTROLS = {"a\x01b\x1b[31m": r"a\x01b\x1b[31m", "left\u202etfel": r"left\u202etfel"}


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Folder of an evaluation whose models, targets and groups all have such names."""
    folder = tmp_path_factory.mktemp("hostile")
    names = [*NAMES, *CONTROLS]
    found = evaluation(len(names), [*NAMES[:2], "_model", "kmer"], groups=names)
    write(replace(found, targets=names), folder)
    return folder


@pytest.mark.parametrize("stem", FIGURES)
def test_figures_are_sound_and_show_names_as_they_are(written, stem):
    root = ElementTree.parse(written / f"{stem}.svg").getroot()
    assert not [part.tag for part in root.iter() if part.tag.endswith(("script", "image"))]
    texts = {"".join(part.itertext()).strip() for part in root.iter() if part.tag.endswith("}text")}
    assert "_model" in texts
    if stem == "comparison":
        assert {"&lt;b&gt;&amp;", "{{ 7 * 7 }}{% raw %}", "$\\frac{1}{2}$ 10^2_3 \\n"} <= texts
        assert set(CONTROLS.values()) <= texts


@pytest.mark.parametrize("name", ["summary.html", "metrics.html", "comparison.html"])
def test_pages_show_names_as_they_are_and_run_nothing(written, browser, name):
    with opened(browser, written / name) as page:
        check_text(page.locator("body"))
        cells = page.locator("td.name").all_inner_texts()
        assert {*NAMES[3:], *CONTROLS.values()} <= set(cells)
        assert page.locator("script").count() == 1
        assert page.locator("svg, img:not([src^=data])").count() == 0
        check_links(page, written)


def test_overview_is_a_part_of_a_page_with_nothing_but_text(written):
    root = ElementTree.fromstring(f"<div>{(written / 'overview.html').read_text()}</div>")
    tags = {part.tag for part in root.iter()}
    assert tags == {"div", "ul", "li", "table", "thead", "tbody", "tr", "th", "td", "small"}
    assert NAMES[0] in {part.text for part in root.iter("td")}


def test_page_is_whole_and_its_tables_sort(written, browser):
    with opened(browser, written / "summary.html") as page:
        assert check_figures(page) == len(FIGURES)
        assert check_sorting(page) == 3
