"""Input of `danq.explain` that is wrong without looking so."""

from __future__ import annotations

import pytest

from danq.errors import InputError
from danq.vcf.formats import open_records
from danq.vcf.info import largest_change

HEADER = '##fileformat=VCFv4.2\n##INFO=<ID=DANQ_MAX,Number=A,Type=Float,Description="">\n'
HEADER += "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"


def changes_of(path, text):
    """Read what a record of two ALTs says of their largest changes."""
    path.write_text(f"{HEADER}chr1\t5\t.\tA\tC,G\t.\t.\tDANQ_MAX={text}\n")
    (record,) = open_records(path, is_scored=True)
    return [largest_change(record, number) for number in range(2)]


def test_largest_changes_are_read_by_alt(tmp_path):
    assert changes_of(tmp_path / "s.vcf", "1.5,-2") == [1.5, -2]
    assert changes_of(tmp_path / "s.vcf", ".,3e2") == [None, 300]


@pytest.mark.parametrize("text", ["nan,1", "1,NaN", "1,inf", "-inf,.", "1,1e999"])
def test_changes_that_have_no_order_are_refused(tmp_path, text):
    with pytest.raises(InputError) as refused:
        changes_of(tmp_path / "s.vcf", text)
    sentence = f'found DANQ_MAX="{text}", expected one number for each ALT'
    assert sentence in str(refused.value)
