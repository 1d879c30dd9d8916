"""The page with the largest changes, and what it and the log say about the model."""

import json

import numpy as np
import pytest

from danq.errors import InputError
from danq.scoring import score, score_to_arrays
from danq.scoring.e_values.background_vcf import background
from danq.scoring.outputs import top_table
from danq.scoring.scorers.scorer import Scorer
from danq.scoring.verdict import read_verdict
from tests.browser import check_links, check_sorting, check_text, opened
from tests.scoring.records import as_vcf
from tests.scoring.toy import random_toy

HOSTILE = ["</script><script>alert(1)</script>", "<img src=x onerror=alert(1)>", "{{ 7*7 }}"]


def snvs(bases, count):
    """Alleles at every other position of chr1, each its base's neighbour in ACGT."""
    text = bases["chr1"]
    places = range(100, 100 + 2 * count, 2)
    return [("chr1", pos, text[pos - 1], "CGTA"["ACGT".index(text[pos - 1])]) for pos in places]


def rows_of(path, browser):
    """The page's table as texts, and all of its text."""
    with opened(browser, path) as page:
        text = check_text(page.locator("body"))
        check_links(page, path.parent)
        cells = "all => all.map(row => Array.from(row.cells, cell => cell.textContent))"
        return page.locator("#alleles-table tbody tr").evaluate_all(cells), text


def test_page_holds_the_largest_changes_in_order(
    toy, genome, bases, write_vcf, tmp_path, browser, monkeypatch, small_blocks
):
    monkeypatch.setattr(top_table, "MOST", 7)
    small_blocks(6)
    alleles = snvs(bases, 40)
    page = tmp_path / "top.html"
    found = score_to_arrays(
        *(toy, genome, as_vcf(write_vcf, alleles), tmp_path / "o.vcf"),
        top_table=page,
    )
    rows, text = rows_of(page, browser)
    best = np.abs(found.logit).argmax(axis=1)
    largest = found.logit[np.arange(40), best]
    order = np.argsort(-np.abs(largest), kind="stable")[:7]
    expected = []
    for place in order:
        contig, pos, ref, alt = alleles[place]
        change = [f"{ref}>{alt}", str(best[place]), f"{largest[place]:+.3f}"]
        expected.append([contig, str(pos), "", *change])
    assert [row[:6] for row in rows] == expected
    for row, place in zip(rows, order, strict=True):
        before, after = map(float, row[6:])
        assert after - before == pytest.approx(found.diff[place, best[place]], abs=1e-4)
    assert "The 7 alleles with the largest absolute change" in text
    assert "E-value" not in text


def test_with_a_background_the_page_has_e_values(toy, genome, bases, write_vcf, tmp_path, browser):
    alleles = snvs(bases, 30)
    vcf = as_vcf(write_vcf, alleles)
    background(toy, genome, vcf, tmp_path / "b.h5")
    page = tmp_path / "top.html"
    found = score_to_arrays(
        *(toy, genome, vcf, tmp_path / "o.vcf"),
        background=tmp_path / "b.h5",
        top_table=page,
    )
    rows, text = rows_of(page, browser)
    order = np.argsort(-np.abs(found.logit).max(axis=1), kind="stable")
    best = np.abs(found.logit).argmax(axis=1)
    e_values = [f"{found.e_value[place, best[place]]:.3g}" for place in order]
    assert [row[8] for row in rows] == e_values
    assert [row[9] for row in rows] == [f"{found.functional[place]:.3g}" for place in order]
    assert "Geometric mean of the E-values" in text
    with opened(browser, page) as open_page:
        assert check_sorting(open_page) == 1


def test_names_are_shown_as_they_are_and_run_nothing(genome, bases, write_vcf, tmp_path, browser):
    (contig, pos, ref, alt), _, last = snvs(bases, 3)
    vcf = write_vcf(
        (contig, pos, HOSTILE[0], ref, f"{alt}{'ACGT' * 2},<DEL>", ".", ".", "."),
        (*last[:2], HOSTILE[1], *last[2:], ".", ".", "."),
    )
    page = tmp_path / "top.html"
    score(
        *(random_toy(targets=3), genome, vcf, tmp_path / "o.vcf"), targets=HOSTILE, top_table=page
    )
    rows, text = rows_of(page, browser)
    assert {row[2] for row in rows} == set(HOSTILE[:2])
    assert {row[4] for row in rows} <= set(HOSTILE)
    assert "SYMBOLIC" in text


def test_without_scored_alleles_the_page_says_so(toy, genome, bases, write_vcf, tmp_path, browser):
    vcf = write_vcf(("chr1", 5, ".", bases["chr1"][4], "<DEL>", ".", ".", "."))
    score(toy, genome, vcf, tmp_path / "o.vcf", top_table=tmp_path / "top.html")
    rows, text = rows_of(tmp_path / "top.html", browser)
    assert rows == []
    assert "No allele was scored." in text


def verdict_file(path, **changes):
    """What `danq evaluate` writes about one model."""
    entry = {"model_checksum": "0a", "outcome": "worse", "sentence": "net is worse than <kmer>"}
    content = {"format": 1, "notes": ["Blocks are short."], "verdicts": [entry]}
    path.write_text(json.dumps(content | changes))
    return path


def test_a_verdict_is_logged_and_stands_on_the_page(
    genome, bases, write_vcf, tmp_path, browser, said
):
    toy = random_toy()
    toy.checksum = "0a"
    page = tmp_path / "top.html"
    score(
        *(toy, genome, as_vcf(write_vcf, snvs(bases, 3)), tmp_path / "o.vcf"),
        top_table=page,
        verdict=verdict_file(tmp_path / "v.json"),
    )
    levels = {record.message: record.levelname for record in said.records}
    assert levels["net is worse than <kmer>"] == "WARNING"
    assert levels["Blocks are short."] == "INFO"
    _, text = rows_of(page, browser)
    assert "net is worse than <kmer>" in text
    assert "Note: Blocks are short." in text


NET = Scorer(lambda: None, 8, ["t"], "net.keras", "0a")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format": 2}, 'found format "2", expected 1'),
        ({"verdicts": None}, "is not a verdict.json of danq evaluate"),
        ({"verdicts": [7]}, "is not a verdict.json of danq evaluate"),
        ({"verdicts": [{"model_checksum": "0a", "outcome": "good", "sentence": ""}]}, "is not a"),
        ({"verdicts": [{"model_checksum": "0a", "outcome": ["x"], "sentence": ""}]}, "is not a"),
        (
            {"verdicts": [{"outcome": "worse", "sentence": ""}]},
            "is not a verdict.json of danq eval",
        ),
        ({"notes": [None]}, "is not a verdict.json of danq evaluate"),
        ({"notes": ["x" * 10_000]}, "is not a verdict.json of danq evaluate"),
        ({"verdicts": []}, "says nothing about net.keras, expected a verdict on that very network"),
    ],
)
def test_what_is_no_verdict_is_refused_in_one_sentence(tmp_path, changes, message):
    path = verdict_file(tmp_path / "v.json", **changes)
    with pytest.raises(InputError, match=message) as raised:
        read_verdict(path, [NET])
    assert str(raised.value).startswith(f"{path}: ")


@pytest.mark.parametrize("content", [b"", b"[]", b"\xff", b"[" * 200_000, b'{"format": NaN}'])
def test_a_damaged_verdict_is_refused_in_one_sentence(tmp_path, content):
    (tmp_path / "v.json").write_bytes(content)
    with pytest.raises(InputError, match=r"is not a verdict|found format"):
        read_verdict(tmp_path / "v.json", [NET])


def test_a_verdict_without_an_end_is_not_read_to_it():
    with pytest.raises(InputError, match="is not a verdict"):
        read_verdict("/dev/zero", [NET])


def test_a_missing_verdict_is_refused_in_one_sentence(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        read_verdict(tmp_path / "v.json", [NET])
