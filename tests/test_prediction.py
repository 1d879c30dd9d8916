import gzip
import json
import logging
import os

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from danq import models
from danq.errors import InputError
from danq.genome import Reference, decode, encode, one_hot, reverse_complement
from danq.prediction import predict, run

WINDOW = 21
CHR1 = "ACGTTGCAAACCCGGGTTTACGATCGATCGGATTACAGATTACAGGCCTTAA"
CHR2 = "TTGACA" * 10
WEIGHTS = np.array([[3.0, -1.0], [0.5, 2.0], [-2.0, 1.0], [1.0, 0.0]], np.float32)
NUMBER = {"chr1": 0, "chr2": 1}


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A network whose logits are base frequencies times `WEIGHTS`."""
    import keras

    one = keras.Input((WINDOW, 4))
    dense = keras.layers.Dense(2)
    outputs = keras.layers.Activation("sigmoid")(dense(keras.layers.GlobalAveragePooling1D()(one)))
    network = keras.Model(one, outputs)
    dense.set_weights([WEIGHTS, np.zeros(2, np.float32)])
    path = tmp_path_factory.mktemp("model") / "linear.keras"
    models.save(network, path, targets=["CTCF", "CTCF"], groups=["TF", "other"])
    return path


@pytest.fixture
def genome(tmp_path):
    path = tmp_path / "genome.fa"
    path.write_text(f">chr1\n{CHR1}\n>chr2\n{CHR2}\n")
    return path


def expected(codes, both_strands=True):
    strands = [codes, reverse_complement(codes)] if both_strands else [codes]
    logits = [one_hot(strand).mean(axis=1) @ WEIGHTS for strand in strands]
    return np.mean([1 / (1 + np.exp(-z)) for z in logits], axis=0)


def bed(path, *rows):
    path.write_text("".join("\t".join(map(str, row)) + "\n" for row in rows))
    return path


def test_regions_are_centred_and_padded_beyond_the_ends_in_the_order_given(model, genome, tmp_path):
    regions = bed(
        tmp_path / "regions.bed",
        ("chr2", 30, 31),
        ("chr1", 0, 1),
        ("chr1", len(CHR1) - 1, len(CHR1)),
        ("chr1", 10, 30),
    )
    output = tmp_path / "out" / "p.h5"
    assert len(predict(model, output, genome=genome, regions=regions, progress=False)) == 4
    with h5py.File(output) as file:
        # The middle, (start + end) // 2, sits at index 10 of 21.
        assert file["start"][:].tolist() == [20, -10, len(CHR1) - 11, 10]
        assert (file["end"][:] - file["start"][:]).tolist() == [WINDOW] * 4
        assert file["contig"].asstr()[:].tolist() == ["chr2", "chr1", "chr1", "chr1"]
        assert file["targets"].asstr()[:].tolist() == ["CTCF", "CTCF"]
        assert file["groups"].asstr()[:].tolist() == ["TF", "other"]
        assert file["predictions"].dtype == np.float32
        codes = np.stack(
            [
                encode(CHR2[20:41]),
                encode("N" * 10 + CHR1[:11]),
                encode(CHR1[-11:] + "N" * 10),
                encode(CHR1[10:31]),
            ]
        )
        np.testing.assert_allclose(file["predictions"][:], expected(codes), atol=1e-5)
        assert file.attrs["strands"] == "both"
        assert file.attrs["window"] == WINDOW
        assert file.attrs["reference_checksum"] == Reference(genome).checksum


def test_blocks_keep_the_order(model, genome, tmp_path, monkeypatch):
    monkeypatch.setattr(run, "BLOCK", 4)
    rng = np.random.default_rng(0)
    rows = [(rng.choice(["chr1", "chr2"]), s := int(rng.integers(0, 45)), s + 6) for _ in range(23)]
    regions = bed(tmp_path / "r.bed", *rows)
    output = tmp_path / "p.h5"
    predict(model, output, genome=genome, regions=regions, batch_size=4, progress=False)
    contigs = np.array([NUMBER[row[0]] for row in rows])
    starts = np.array([row[1] + 3 - 10 for row in rows])
    with h5py.File(output) as file:
        assert file["start"][:].tolist() == starts.tolist()
        codes = Reference(genome).windows(contigs, starts, WINDOW)
        np.testing.assert_allclose(file["predictions"][:], expected(codes), atol=1e-5)


def test_contig_names_are_bridged_and_said(model, genome, tmp_path, caplog, monkeypatch):
    monkeypatch.setattr(logging.getLogger("danq"), "propagate", True)
    regions = bed(tmp_path / "r.bed", ("2", 20, 30))
    with caplog.at_level(logging.INFO):
        predict(model, tmp_path / "p.h5", genome=genome, regions=regions, progress=False)
    assert 'contig "2" is "chr2" in the genome' in caplog.text
    with h5py.File(tmp_path / "p.h5") as file:
        assert file["contig"].asstr()[:].tolist() == ["chr2"]


def test_contig_that_the_genome_lacks(model, genome, tmp_path):
    regions = bed(tmp_path / "r.bed", ("#comment",), ("chr1", 5, 9), ("chrX", 5, 9))
    with pytest.raises(
        InputError, match=r'r\.bed, line 3: found contig "chrX", which .*genome\.fa'
    ):
        predict(model, tmp_path / "p.h5", genome=genome, regions=regions, progress=False)
    assert not (tmp_path / "p.h5").exists()


@pytest.mark.parametrize(
    ("region", "found"),
    [
        (("chr1", 5, 10**7), 'found a region up to 10000000 on "chr1", which has 52 bases'),
        (("chr1", 52, 60), 'found a region behind the end of "chr1", which has 52 bases'),
    ],
    ids=["Far", "NothingLeft"],
)
def test_region_past_the_end_of_its_contig(model, genome, tmp_path, region, found):
    regions = bed(tmp_path / "r.bed", ("chr1", 5, 9), region)
    with pytest.raises(InputError, match=rf"r\.bed, line 2: {found}"):
        predict(model, tmp_path / "p.h5", genome=genome, regions=regions, progress=False)


def test_region_a_little_past_the_end_is_cut_and_counted(model, genome, tmp_path, caplog):
    regions = bed(tmp_path / "r.bed", ("chr1", 42, 62), ("chr1", 42, 52))
    predict(model, tmp_path / "p.h5", genome=genome, regions=regions, progress=False)
    with h5py.File(tmp_path / "p.h5") as file:
        assert file["start"][:].tolist() == [37, 37]
    assert "r.bed: cut 1 of 2 regions, which end up to 10 bases past the end" in caplog.text


def test_inputs_are_not_overwritten(model, genome, tmp_path):
    regions = bed(tmp_path / "r.bed", ("chr1", 5, 9))
    for path in (model, genome, regions):
        with pytest.raises(InputError, match="is named both as input and as output"):
            predict(model, path, genome=genome, regions=regions, progress=False)


@pytest.mark.parametrize("compressed", [False, True])
def test_sequences(model, tmp_path, monkeypatch, compressed):
    monkeypatch.setattr(run, "BLOCK", 2)
    rng = np.random.default_rng(1)
    codes = rng.integers(0, 5, (5, WINDOW)).astype(np.uint8)
    letters = np.array(list("ACgtN"))[codes]
    letters[letters == "t"] = rng.choice(["t", "T", "u", "U"], (letters == "t").sum())
    text = "".join(
        f">s{row % 4} described\r\n{''.join(one[:10])}\r\n{''.join(one[10:])}\r\n"
        for row, one in enumerate(letters)
    )
    path = tmp_path / "s.fa"
    path.write_bytes(gzip.compress(text.encode()) if compressed else text.encode())
    output = tmp_path / "p.h5"
    made = predict(model, output, fasta=path, both_strands=False, batch_size=2, progress=False)
    assert len(made) == 5
    with h5py.File(output) as file:
        assert file["name"].asstr()[:].tolist() == ["s0", "s1", "s2", "s3", "s0"]
        assert "start" not in file
        assert file.attrs["strands"] == "forward"
        np.testing.assert_allclose(file["predictions"][:], expected(codes, False), atol=1e-5)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f">a\n{'A' * 21}\n>b c\n{'A' * 20}\n", r'sequence 2, "b", has 20 bases, .* windows of 21'),
        (f">a\n{'A' * 20}!\n", r'line 2: found "!", expected an IUPAC base'),
        (f">a\n{'A' * 10}\r{'A' * 11}\n", r"line 2: found a carriage return inside a line"),
        (f">a\n{'A' * 10} {'A' * 11}\n", r'line 2: found " ", expected an IUPAC base'),
        (f">a\n{'A' * 21}\n>b\n", r'line 3: contig "b" has no bases'),
        (
            f"\n{'A' * 21}\n>b\n{'A' * 21}\n",
            'line 2: found "AAAAAAAAAAAAAAAAAAAAA", expected a FASTA',
        ),
        ("", "holds no sequences"),
    ],
    ids=["Length", "Letter", "Return", "Blank", "NoBases", "NoHeader", "Empty"],
)
def test_bad_sequences(model, tmp_path, text, message):
    path = tmp_path / "s.fa"
    path.write_text(text)
    with pytest.raises(InputError, match=message) as caught:
        predict(model, tmp_path / "p.h5", fasta=path, progress=False)
    assert str(caught.value).startswith(str(path))
    assert sorted(one.name for one in tmp_path.iterdir()) == ["s.fa"]


@pytest.fixture
def windows():
    return np.random.default_rng(4).integers(0, 5, (5, WINDOW)).astype(np.uint8)


def test_sequences_from_python(model, windows):
    """Codes, letters, a dictionary: all the same, and named where they have names."""
    letters = [decode(one) for one in windows]
    network = models.load(model)
    for given in (windows, windows.astype(np.int64), letters, list(windows), tuple(letters)):
        made = predict(network, sequences=given, progress=False)
        np.testing.assert_allclose(made.probabilities, expected(windows), atol=1e-6)
        assert made.columns == {"name": ["0", "1", "2", "3", "4"]}
    named = predict(network, sequences=dict(zip("abcde", letters, strict=True)), progress=False)
    assert named.columns == {"name": list("abcde")}
    assert (len(named), named.targets, named.groups) == (5, ["CTCF", "CTCF"], ["TF", "other"])
    one = predict(models.Predictor(model), sequences=letters[2].encode(), progress=False)
    np.testing.assert_allclose(one.probabilities, expected(windows)[2:3], atol=1e-6)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("ACGT", "the sequence has 4 bases, the network reads windows of 21"),
        (["A" * 21, "A" * 20 + "!"], "sequence 2: found"),
        ({"x": "A" * 20}, 'sequence "x" has 20 bases'),
        ([["A"] * 21], "sequence 1 is list, expected letters or codes of one window"),
        (np.zeros((2, 21, 4)), r"found windows of shape \(1, 2, 21, 4\)"),
        (np.zeros((2, 21)), "found windows of type float64, expected codes"),
        (np.full((2, 21), 5), "found codes from 5 to 5, expected 0 to 3"),
        (np.full(21, -1), "found codes from -1 to -1"),
        ([], "found no sequences"),
        (7, "found int, expected codes, letters"),
    ],
)
def test_sequences_that_are_refused_in_words(model, given, message):
    with pytest.raises(InputError, match=message):
        predict(model, sequences=given)


def test_a_model_that_is_none():
    with pytest.raises(InputError, match=r"found int, expected a model file or a keras\.Model"):
        models.Predictor(7)


def test_every_format_holds_what_is_returned(model, genome, tmp_path):
    regions = bed(tmp_path / "r.bed", ("chr2", 30, 31), ("chr1", 0, 1), ("chr1", 10, 30))
    given = {"genome": Reference(genome), "regions": regions, "progress": False}
    made = predict(model, **given)
    shown = [list(column) for column in made.columns.values()]
    assert shown == [["chr2", "chr1", "chr1"], [20, -10, 10], [41, 11, 31]]
    assert repr(made) == "<Predictions: 3 windows, 2 targets>"
    for ending in ("parquet", "tsv", "tsv.gz"):
        # Not UTF-8, which a file's name need not be.
        path = tmp_path / os.fsdecode(b"p\xff." + ending.encode())
        written = predict(model, path, **given)
        assert len(written) == 3
        with pytest.raises(InputError, match="holds these predictions"):
            _ = written.probabilities
        raw = path.read_bytes()
        if ending == "parquet":
            table = pq.read_table(pa.BufferReader(raw))
            values = np.array(table["predictions"].to_pylist(), np.float32)
            assert json.loads(table.schema.metadata[b"targets"]) == ["CTCF", "CTCF"]
            columns = [table[name].to_pylist() for name in made.columns]
        else:
            text = (gzip.decompress(raw) if ending == "tsv.gz" else raw).decode()
            head, *rows = [line.split("\t") for line in text.splitlines()]
            assert head == ["contig", "start", "end", "CTCF#0", "CTCF#1"]
            values = np.array([row[3:] for row in rows], np.float32)
            columns = [[row[0] for row in rows], *([int(row[n]) for row in rows] for n in (1, 2))]
        np.testing.assert_array_equal(values, made.probabilities)
        assert columns == shown
    for name in ("o.txt", "o", ".h5", "o.csv", "o.tsv.bz2"):
        with pytest.raises(InputError, match="expected the predictions file's name to end"):
            predict(model, tmp_path / name, **given)


def test_no_regions(model, genome, tmp_path):
    regions = bed(tmp_path / "r.bed")
    with pytest.raises(InputError, match=r"r\.bed: holds no regions"):
        predict(model, tmp_path / "p.h5", genome=genome, regions=regions, progress=False)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "either regions"),
        ({"regions": "r.bed", "fasta": "s.fa", "genome": "g.fa"}, "either regions"),
        ({"regions": "r.bed"}, "go together"),
        ({"fasta": "s.fa", "genome": "g.fa"}, "go together"),
    ],
    ids=["Neither", "Both", "RegionsAlone", "FastaAndGenome"],
)
def test_inputs_that_do_not_go_together(model, tmp_path, options, message):
    with pytest.raises(InputError, match=message):
        predict(model, tmp_path / "p.h5", **options)


def test_many_networks_bring_no_advice_against_tracing(model, caplog):
    """TensorFlow counts traces over all networks, and an ensemble has one each."""
    codes = np.zeros((4, WINDOW), np.uint8)
    with caplog.at_level(logging.WARNING, logger="tensorflow"):
        for _ in range(7):
            models.Predictor(models.load(model), batch_size=4).logits(codes)
    assert not caplog.records


@pytest.mark.parametrize("size", ["8", 2.5, 0])
def test_a_batch_size_that_is_none(model, size):
    with pytest.raises(
        InputError, match=r"found batch.size .*expected (a whole number|at least 1)"
    ):
        predict(model, sequences=["ACGT"], batch_size=size)
