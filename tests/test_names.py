"""Names of targets: one rule behind every door by which they come in."""

from __future__ import annotations

import pytest

import danq
from danq.dataset import Dataset, read_targets
from danq.errors import InputError
from danq.models import Metadata
from danq.models.published import read_names
from danq.names import LONGEST_NAME


def _of_windows(folder, names):
    (folder / "peaks.bed").write_text("chr1\t0\t10\n")
    lines = ["name\tpath\tgroup", *(f"{name}\tpeaks.bed\t TF " for name in names)]
    (folder / "targets.tsv").write_text("\n".join(lines), encoding="utf-8", errors="surrogatepass")
    targets, _ = read_targets(folder / "targets.tsv")
    assert targets.groups == ["TF"] * len(names)
    return targets.names


def _of_import(folder, names):
    text = "\n".join(["name\tgroup", *(f"{name}\tTF" for name in names)])
    (folder / "names.tsv").write_text(text, encoding="utf-8", errors="surrogatepass")
    return read_names(folder / "names.tsv")[0]


def _of_a_list(folder, names):
    text = "\n".join(names)
    (folder / "names.txt").write_text(text, encoding="utf-8", errors="surrogatepass")
    return read_names(folder / "names.txt")[0]


def _of_metadata(folder, names):
    return Metadata(list(names), ["TF"] * len(names), 20).targets


DOORS = [_of_windows, _of_import, _of_a_list, _of_metadata]


@pytest.mark.parametrize("door", DOORS)
def test_blanks_around_names_are_taken_off_and_those_inside_stay(tmp_path, door):
    names = door(tmp_path, [" K562  CTCF ", "β-globin", "CTCF\u3000", "CTCF"])
    assert names == ["K562  CTCF", "β-globin", "CTCF", "CTCF"]


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("letter", ["\x1b", "\x07", "\x00", "\x7f", "\x9b", "\u202e", "\ud800"])
def test_names_that_a_terminal_would_act_on_are_refused(tmp_path, door, letter):
    with pytest.raises(InputError) as caught:
        door(tmp_path, ["CTCF", f"a{letter}b"])
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("door", DOORS)
def test_endless_names_are_refused(tmp_path, door):
    assert door(tmp_path, ["x" * LONGEST_NAME]) == ["x" * LONGEST_NAME]
    with pytest.raises(InputError, match=f"expected at most {LONGEST_NAME} characters"):
        door(tmp_path, ["x" * (LONGEST_NAME + 1)])


def test_a_data_set_holds_clean_names(tmp_path, genome, targets):
    table = targets.read_text().splitlines()
    first = table[1].split("\t")
    padded = "\t".join([f" {first[0]}  ", *first[1:]])
    (targets.parent / "padded.tsv").write_text("\n".join([table[0], padded, *table[2:]]))
    for name in ("padded.tsv", targets.name):
        danq.windows(genome, targets.parent / name, tmp_path / f"{name}.h5", window=40, bin=20)
    one, other = (Dataset.open(tmp_path / f"{n}.h5") for n in ("padded.tsv", targets.name))
    assert one.targets.names == other.targets.names
    assert one.checksum == other.checksum
