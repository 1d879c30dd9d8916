"""The README's pictures, of a finished run's results.

``python -m docs.pictures results`` opens the run's report in Chromium (with Playwright, as tests
do), draws the scored record with the largest change, and writes report.png and record.png into
docs/gallery.
"""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path
from urllib.parse import unquote

import jinja2
import pysam
from PIL import Image

GALLERY = Path(__file__).parent / "gallery"
MEANINGS = {
    "DANQ_MAX": "the largest change over all targets, in log2 odds",
    "DANQ_TARGET": "the target with that change",
    "DANQ_LOGIT": "that change with its sign: positive where ALT raises the target",
    "DANQ_P_REF": "predicted probability of the target with the reference allele",
    "DANQ_P_ALT": "predicted probability with the alternative allele",
    "DANQ_FUNC": "geometric mean of its E-values over all targets: small is striking",
    "DANQ_REASON": "the reason for a missing score",
}
PAGE = """<!doctype html><meta charset="utf-8"><style>
body { font: 15px system-ui, sans-serif; margin: 18px; color: #1b1b1b }
table { border-collapse: collapse; margin-bottom: 14px }
td, th { text-align: left; padding: 4px 18px 4px 0; border-bottom: 1px solid #d9d9d9 }
th { color: #5a5a5a; font-weight: normal }
td:first-child, .record td { font-family: monospace }
</style>
<table class="record"><tr>{% for name in record %}<th>{{ name }}</th>{% endfor %}</tr>
<tr>{% for value in record.values() %}<td>{{ value }}</td>{% endfor %}</tr></table>
<table><tr><th>added to INFO</th><th>value</th><th>what it says</th></tr>
{% for name, value in fields.items() %}
<tr><td>{{ name }}</td><td>{{ value }}</td><td>{{ meanings[name] }}</td></tr>
{% endfor %}</table>"""


def record_page(scored: Path) -> str:
    """Return a page about the scored record with the largest change."""
    best, largest = "", -1.0
    with pysam.BGZFile(str(scored)) as lines:
        for line in map(bytes.decode, lines):
            # Records with one ALT are enough to choose from.
            change = re.search(r"DANQ_MAX=([0-9.e-]+)(?:;|$)", line)
            if change and float(change[1]) > largest:
                best, largest = line, float(change[1])
    columns = best.split("\t")
    items = dict(item.partition("=")[::2] for item in columns[7].split(";"))
    page = jinja2.Environment(autoescape=True).from_string(PAGE)
    return page.render(
        record=dict(zip(("CHROM", "POS", "ID", "REF", "ALT"), columns, strict=False)),
        fields={name: unquote(value) for name, value in items.items() if name in MEANINGS},
        meanings=MEANINGS,
    )


def write(picture: bytes, path: Path) -> None:
    """Write a picture with 128 colours, in a third of the bytes."""
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    image.quantize(128, dither=Image.Dither.NONE).save(path, optimize=True)


def make(browser, results: Path, folder: Path) -> None:
    """Write both pictures of a run's results into a folder."""
    page = browser.new_page(viewport={"width": 1400, "height": 860})
    page.goto((results / "report.html").resolve().as_uri())
    page.get_by_role("heading", name="What the sequence says").wait_for()
    write(page.screenshot(), folder / "report.png")
    page.set_content(record_page(results / "scores" / "variants.vcf.gz"))
    page.set_viewport_size({"width": 760, "height": 100})
    write(page.screenshot(full_page=True), folder / "record.png")
    page.close()


if __name__ == "__main__":
    from playwright.sync_api import sync_playwright

    from tests.browser import ARGUMENTS, find_chromium

    with sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=find_chromium(), args=ARGUMENTS)
        make(chromium, Path(sys.argv[1]), GALLERY)
        chromium.close()
