"""A layout against files that hold it, and against files that only almost do."""

from pathlib import Path

import h5py
import numpy as np
import pytest

from danq.errors import InputError
from danq.hdf5.layout import TEXT, Array, Attribute, Layout
from danq.hdf5.reading import open_hdf5
from danq.ranges import SHARE, whole

LAYOUT = Layout(
    "a toy",
    attributes=[
        Attribute("size", int, whole(1, 99)),
        Attribute("share", float, SHARE),
        Attribute("title", str, choices=("toys", "games")),
        Attribute("is_whole", bool),
        Attribute("folder", Path),
        Attribute("note", str, is_optional=True),
    ],
    arrays=[
        Array("split", "uint8", ("rows",), high=2),
        Array("scores", "float32", ("rows", 3), low=0),
        Array("table/name", TEXT, ("targets",)),
    ],
)


@pytest.fixture
def path(tmp_path):
    with h5py.File(tmp_path / "toy.h5", "w") as file:
        file.attrs.update(size=7, share=0.5, title="toys", is_whole=True, folder="/a\nb")
        file["split"] = np.array([0, 1, 2, 2], np.uint8)
        file.create_dataset("scores", data=np.ones((4, 3), ">f4"), compression="gzip")
        file["table/name"] = ["CTCF", "γ-globin"]
    return tmp_path / "toy.h5"


def read(path, sizes=None):
    with open_hdf5(path, LAYOUT.title) as file:
        return LAYOUT.read_attributes(file) | LAYOUT.read_arrays(file, sizes)


def test_what_is_declared_is_read(path):
    values = read(path, {"rows": 4})
    assert (values["size"], values["share"], values["title"]) == (7, 0.5, "toys")
    assert "note" not in values
    assert values["is_whole"] is True
    assert values["folder"] == Path("/a\nb")
    assert values["split"].tolist() == [0, 1, 2, 2]
    assert values["scores"].dtype == np.float32
    assert values["scores"].tolist() == [[1, 1, 1]] * 4
    assert values["table/name"] == ["CTCF", "γ-globin"]


def replace(file, name, value):
    del file[name]
    if value is not None:
        file[name] = value


def declare(file, **options):
    del file["split"]
    file.create_dataset("split", dtype="u1", **options)


DAMAGE = {
    "missing attribute": (lambda f: f.attrs.pop("size"), "lacks the attribute size, expected a"),
    "text for a number": (
        lambda f: f.attrs.update(size="7"),
        "holds the attribute size as object of shape (), expected one whole number",
    ),
    "several numbers": (
        lambda f: f.attrs.update(size=[7, 7]),
        "holds the attribute size as int64 of shape (2), expected one whole number",
    ),
    "number for a text": (
        lambda f: f.attrs.update(title=5),
        "holds the attribute title as int64 of shape (), expected one text",
    ),
    "optional of another type": (lambda f: f.attrs.update(note=5), "holds the attribute note as"),
    "too small": (lambda f: f.attrs.update(size=0), "holds 0 as the attribute size, expected at"),
    "too large": (lambda f: f.attrs.update(share=1.5), "holds 1.5 as the attribute share, expect"),
    "another text": (
        lambda f: f.attrs.update(title="tools"),
        'holds "tools" as the attribute title, expected toys or games',
    ),
    "number for a truth value": (
        lambda f: f.attrs.update(is_whole=1),
        "holds the attribute is_whole as int64 of shape (), expected true or false",
    ),
    "number for a path": (
        lambda f: f.attrs.update(folder=5),
        "holds the attribute folder as int64 of shape (), expected one path",
    ),
    "nan": (lambda f: f.attrs.update(share=np.nan), "holds nan as the attribute share"),
    "control character": (
        lambda f: f.attrs.update(title="a\x1b[31m"),
        'holds "a\\x1b[31m" in the attribute title, expected text without control characters',
    ),
    "missing array": (lambda f: replace(f, "split", None), "lacks split, expected a toy"),
    "group for an array": (
        lambda f: replace(f, "split", None) or f.create_group("split"),
        "holds split as something else than an array",
    ),
    "dangling link": (
        lambda f: replace(f, "split", h5py.SoftLink("/away")),
        "lacks split, expected a toy",
    ),
    "empty": (
        lambda f: replace(f, "split", h5py.Empty("u1")),
        "holds split as something else than an array",
    ),
    "another dtype": (
        lambda f: replace(f, "split", np.zeros(4)),
        "holds split as float64 of shape (4), expected uint8 of shape (rows)",
    ),
    "another rank": (
        lambda f: replace(f, "scores", np.ones(12, "f4")),
        "holds scores as float32 of shape (12), expected float32 of shape (4, 3)",
    ),
    "a row fewer": (
        lambda f: replace(f, "scores", np.ones((3, 3), "f4")),
        "holds scores as float32 of shape (3, 3), expected float32 of shape (4, 3)",
    ),
    "out of range": (
        lambda f: f["split"].write_direct(np.array([0, 3, 1, 1], "u1")),
        "holds 3 in split, expected at most 2",
    ),
    "not a number": (
        lambda f: replace(f, "scores", np.full((4, 3), np.nan, "f4")),
        "holds nan in scores, expected at least 0",
    ),
    "a name with a line break": (
        lambda f: replace(f, "table/name", ["A", "B\nC"]),
        'holds "B\\nC" in table/name, expected text without control characters',
    ),
    "a long name": (
        lambda f: replace(f, "table/name", ["A" * 100_000]),
        "holds a text of 100,000 letters in table/name",
    ),
    "never written": (
        lambda f: declare(f, shape=(10**12,)),
        "declares 1,000,000,000,000 bytes of split and holds 0: it is damaged",
    ),
    "one chunk of very many": (
        lambda f: (
            declare(f, shape=(10**12,), chunks=(100,), compression="gzip")
            or f["split"].id.write_direct_chunk((0,), b"x" * 50)
        ),
        "declares 1,000,000,000,000 bytes of split and holds 50: it is damaged",
    ),
    "in another file": (
        lambda f: declare(f, shape=(4,), external=[("/dev/zero", 0, 4)]),
        "holds split in another file, expected the numbers here",
    ),
}


@pytest.mark.parametrize(("damage", "sentence"), DAMAGE.values(), ids=DAMAGE)
def test_what_differs_is_told(path, damage, sentence):
    with h5py.File(path, "r+") as file:
        damage(file)
    with pytest.raises(InputError) as raised:
        read(path)
    assert str(raised.value).startswith(f"{path}: {sentence}")


def test_a_link_to_another_file_is_not_followed(path, tmp_path):
    with h5py.File(tmp_path / "other.h5", "w") as other, h5py.File(path, "r+") as file:
        other["split"] = file["split"][:]
        replace(file, "split", h5py.ExternalLink("other.h5", "/split"))
    with pytest.raises(InputError, match="holds split in another file, expected the numbers here"):
        read(path)


def test_a_sparse_file_is_neither_searched_nor_read_to_its_end(path):
    """Writing one value of an array makes a file that is as long as the array, of holes."""
    with h5py.File(path, "r+") as file:
        declare(file, shape=(10**12,))
        file["split"][5] = 1
    assert path.stat().st_size > 10**12
    layout = Layout("a toy", arrays=LAYOUT.arrays[:1])
    with (
        pytest.raises(InputError, match="holds 1,000,000,000,000 bytes of split, more than this"),
        open_hdf5(path, "a toy") as file,
    ):
        layout.read_arrays(file)


def test_what_packs_well_is_no_lie(path):
    with h5py.File(path, "r+") as file:
        declare(file, shape=(10**6,), compression="gzip")
        file["split"][:] = 1
        replace(file, "scores", np.zeros((10**6, 3), "f4"))
        assert file["split"].id.get_storage_size() < 10_000
    assert read(path)["split"].sum() == 10**6


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"no HDF5", r"toy\.h5: cannot be read \(it is not an HDF5 file, or a damaged one\)"),
        (b"", r"toy\.h5: cannot be read \(it is not an HDF5 file, or a damaged one\)"),
        (None, r"toy\.h5: does not exist, expected a toy"),
    ],
)
def test_what_is_not_hdf5(path, content, sentence):
    path.unlink() if content is None else path.write_bytes(content)
    with pytest.raises(InputError, match=sentence):
        read(path)
    with pytest.raises(InputError, match="is a folder, expected a toy"):
        read(path.parent)
    with pytest.raises(InputError, match="is a pipe or device, expected a toy"):
        read("/dev/null")


def test_strings_that_hdf5_would_read_for_ever(path):
    """The free rest of a heap of strings says that it is of no size."""
    whole = path.read_bytes()
    heap = whole.index(b"GCOL")
    place, index, size = heap + 16, 1, 0
    while index:
        index, size = (
            int.from_bytes(whole[place + at : place + at + n], "little")
            for at, n in ((0, 2), (8, 8))
        )
        place += 16 + size + -size % 8
    free = place - size - 16 - -size % 8
    path.write_bytes(whole[: free + 8] + bytes(8) + whole[free + 16 :])
    with pytest.raises(InputError, match="it is not an HDF5 file, or a damaged one"):
        read(path)
