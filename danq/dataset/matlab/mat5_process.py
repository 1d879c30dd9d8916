"""scipy's reader of MATLAB files of version 5, run as a program: a damaged file may crash it.

Lists the variables as JSON on standard output, and saves those that are named as .npy files.
"""

import json
import math
import os
import resource
import sys
import warnings

import numpy as np
from scipy.io import loadmat, whosmat

# DeepSEA's windows unpack to 12 times their bytes, and zlib could make 1,032 bytes of one.
_EXPANSION = 64
_ALWAYS_ALLOWED = 128 << 20
_MOST = 8 << 30


def main(path: str, folder: str, *names: str) -> None:
    """Read a file and save the numbers of `names` in `folder`, as NAME.npy."""
    size = os.stat(path).st_size
    allowed = max(_ALWAYS_ALLOWED, _EXPANSION * size)
    _limit_memory(min(3 * allowed, _MOST))
    # Names that are there twice, and what else scipy reads in spite of itself.
    warnings.simplefilter("error")
    listed = whosmat(path, appendmat=False)
    for _, shape, _ in listed:
        if min(shape, default=0) < 0 or math.prod(shape) > allowed:
            raise ValueError(f"{size:,} bytes for an array of shape {shape}")
    wanted = [name for name, _, _ in listed if name in names]
    values = loadmat(path, appendmat=False, variable_names=wanted)
    for name in wanted:
        if isinstance(values[name], np.ndarray) and values[name].dtype.kind in "biufc":
            np.save(os.path.join(folder, f"{name}.npy"), values[name])
    json.dump(listed, sys.stdout)


def _limit_memory(more: int) -> None:
    """Limit this process to bytes in addition to those that it has: shapes are only promises."""
    with open("/proc/self/statm", encoding="ascii") as file:
        pages = int(file.read().split()[0])
    limit = pages * os.sysconf("SC_PAGE_SIZE") + more
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except MemoryError:
        sys.exit("it unpacks to far more bytes than it has")
    except Exception as error:
        # scipy raises whatever a damaged byte leads to.
        sys.exit(str(error) or type(error).__name__)
