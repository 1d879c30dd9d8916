"""Names of the outputs of imported networks."""

from __future__ import annotations

from collections import Counter
from importlib import resources

import pytest

from danq.errors import InputError
from danq.models.published import published_targets, read_names


def test_deepseas_names_and_groups():
    names, groups = published_targets("danq", 919)
    assert (len(names), len(set(names))) == (919, 844)
    assert groups == ["DNase"] * 125 + ["TF"] * 690 + ["histone"] * 104
    assert published_targets("deepsea", 919) == (names, groups)


def test_published_names_keep_their_blanks():
    names, _ = published_targets("deepsea")
    table = resources.files("danq.models.published") / "deepsea_targets.tsv"
    lines = table.read_text(encoding="utf-8").splitlines()[1:]
    assert names == [line.split("\t")[0] for line in lines]
    assert sum(" " in name.split("|")[0] for name in names) == 11


def test_belugas_names_and_groups():
    names, groups = published_targets("beluga", 2002)
    assert len(names) == 2002
    assert Counter(groups).keys() == {"DNase", "TF", "histone"}


def test_nothing_is_guessed():
    assert published_targets("deepsea", 918) is None
    assert published_targets("selene-deepsea", 919) is None


@pytest.mark.parametrize(
    ("text", "names", "groups"),
    [
        ("CTCF\nPol2\n", ["CTCF", "Pol2"], ["ungrouped"] * 2),
        ("name\ngroup\n", ["group"], ["ungrouped"]),
        ("name\tgroup\nCTCF\tTF\nH3K4me3\t\n", ["CTCF", "H3K4me3"], ["TF", "ungrouped"]),
        ("path\tname\na.bed\tCTCF\n\n", ["CTCF"], ["ungrouped"]),
        (" CTCF \nPol II\n", ["CTCF", "Pol II"], ["ungrouped"] * 2),
        (" Name \tGROUP\n CTCF\t TF \nPol II\t \n", ["CTCF", "Pol II"], ["TF", "ungrouped"]),
        ("# my targets\nCTCF\n  \n# and\nH3 #1\n", ["CTCF", "H3 #1"], ["ungrouped"] * 2),
    ],
    ids=["List", "TableOfNames", "Groups", "TargetsTable", "Blanks", "Capitals", "Comments"],
)
def test_names_are_read(tmp_path, text, names, groups):
    (tmp_path / "n.txt").write_text(text)
    assert read_names(tmp_path / "n.txt") == (names, groups)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "holds no names of targets"),
        ("name\tgroup\n", "holds no names of targets"),
        ("CTCF\nPol2\tTF\n", "line 2: found .*, expected the columns name"),
        ("name\tgroup\nCTCF\n", "line 2: found .*, expected the columns name, group"),
        ("group\tname\nTF\t \n", "line 2: found"),
        ("name\tgroup\nCTCF\tTF\nPol2\tall\n", 'line 3: found a group named "all"'),
    ],
)
def test_what_holds_no_names_is_refused(tmp_path, text, message):
    (tmp_path / "n.txt").write_text(text)
    with pytest.raises(InputError, match=message):
        read_names(tmp_path / "n.txt")
    (tmp_path / "b.txt").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="holds no names of targets"):
        read_names(tmp_path / "b.txt")
    with pytest.raises(InputError, match="cannot be read"):
        read_names(tmp_path / "absent.txt")
