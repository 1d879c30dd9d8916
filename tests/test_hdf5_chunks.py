"""Rows compressed outside HDF5 are read by HDF5 as those it compresses itself."""

import h5py
import numpy as np
import pytest

from danq.hdf5.chunks import ChunkedRows


def dataset(file, name, shape, length, dtype):
    return file.create_dataset(
        name,
        shape=(0, *shape),
        maxshape=(None, *shape),
        chunks=(length, *shape),
        dtype=dtype,
        compression="gzip",
        compression_opts=1,
        shuffle=True,
    )


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int16])
@pytest.mark.parametrize("shape", [(3,), (), (2, 5)])
@pytest.mark.parametrize("counts", [[10, 5, 0, 23, 4], [1, 1, 1], [7], [14, 7], [0], []])
def test_rows_come_back_whatever_their_number(tmp_path, dtype, shape, counts):
    random = np.random.default_rng(1)
    blocks = [(random.normal(0, 9, (count, *shape))).astype(dtype) for count in counts]
    with h5py.File(tmp_path / "rows.h5", "w") as file:
        rows = ChunkedRows(dataset(file, "rows", shape, 7, dtype))
        for block in blocks:
            rows.append(block)
        rows.finish()
    expected = np.concatenate([np.empty((0, *shape), dtype), *blocks])
    with h5py.File(tmp_path / "rows.h5") as file:
        assert file["rows"].dtype == dtype
        assert np.array_equal(file["rows"][:], expected)


def test_chunks_are_as_small_as_those_of_hdf5(tmp_path):
    random = np.random.default_rng(1)
    block = random.normal(0, 1, (512, 100)).astype(np.float32)
    block[:, ::2] = np.nan
    with h5py.File(tmp_path / "rows.h5", "w") as file:
        ours = dataset(file, "ours", (100,), 64, np.float32)
        ChunkedRows(ours).append(block)
        theirs = dataset(file, "theirs", (100,), 64, np.float32)
        theirs.resize(512, axis=0)
        theirs[:] = block
        file.flush()
        sizes = [one.id.get_storage_size() for one in (ours, theirs)]
    assert sizes[0] == pytest.approx(sizes[1], rel=0.05)
    assert sizes[0] < 0.7 * block.nbytes
