from __future__ import annotations

import numpy as np
import pytest

from danq.genome import Reference, composition
from danq.genome.intervals import stretches
from tests.conftest import write_fasta


@pytest.mark.parametrize("scan", [7, 1 << 22])
def test_counts_equal_counting_letters(tmp_path, monkeypatch, scan):
    monkeypatch.setattr(composition, "_SCAN", scan)
    random = np.random.default_rng(2)
    sequences = {
        name: "".join(random.choice(list("ACGTNacgtn"), n))
        for name, n in (("a", 300), ("b", 5), ("c", 120))
    }
    reference = Reference(write_fasta(tmp_path / "g.fa", sequences))
    contig = np.sort(random.integers(0, 3, 80))
    start = random.integers(-15, 310, 80)
    order = np.lexsort((start, contig))
    contig, start = contig[order], start[order]
    gc, unknown = composition.composition(reference, contig, start, 20)
    for place, first, one, other in zip(contig, start, gc, unknown, strict=True):
        text = list(sequences.values())[place].upper()
        window = [text[p] if 0 <= p < len(text) else "N" for p in range(first, first + 20)]
        assert one == window.count("G") + window.count("C")
        assert other == window.count("N")


def test_stretches_of_a_hand_worked_case():
    found = list(stretches(np.array([0, 0, 3, 4, 4, 4], np.uint32)))
    assert found == [(0, slice(0, 2)), (3, slice(2, 3)), (4, slice(3, 6))]
    assert list(stretches(np.empty(0, np.int64))) == []
