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

# A byte of the file holds at most as many numbers: zlib makes at most 1,032 bytes of one.
_UNPACKS = 1040
_MEMORY = 8 << 30


def main(path: str, folder: str, *names: str) -> None:
    """Read a file and save the numbers of `names` in `folder`, as NAME.npy."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    # Names that are there twice, and what else scipy reads in spite of itself.
    warnings.simplefilter("error")
    listed = whosmat(path, appendmat=False)
    size = os.stat(path).st_size
    for _, shape, _ in listed:
        if min(shape, default=0) < 0 or math.prod(shape) > size * _UNPACKS:
            raise ValueError(f"{size:,} bytes for an array of shape {shape}")
    wanted = [name for name, _, _ in listed if name in names]
    values = loadmat(path, appendmat=False, variable_names=wanted)
    for name in wanted:
        if isinstance(values[name], np.ndarray) and values[name].dtype.kind in "biufc":
            np.save(os.path.join(folder, f"{name}.npy"), values[name])
    json.dump(listed, sys.stdout)


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except Exception as error:
        # scipy raises whatever a damaged byte leads to.
        sys.exit(str(error) or type(error).__name__)
