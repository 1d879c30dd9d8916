import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.path import Path

from danq.genome import encode
from danq.interpretation.figures.logo import draw_logo
from danq.plotting import PALETTE


def logo(contributions, bases, start=0):
    """Draw a logo; the extents and the patch of each letter, by where it is centred."""
    axes = Figure().add_subplot()
    draw_logo(axes, np.array(contributions, np.float32), encode(bases), start=start)
    letters = {}
    for patch in axes.patches:
        path = patch.get_path()
        outline = patch.get_path().vertices.reshape(bases.count(patch.get_label()), -1, 2)
        kinds = path.codes[: outline.shape[1]]
        for vertices in outline:
            box = Path(vertices, kinds).get_extents()
            letters[round((box.x0 + box.x1) / 2, 6)] = (box, patch)
    return letters


def test_letters_are_as_high_as_contributions_in_the_order_of_the_bases():
    heights = [0.5, 2.0, -1.5, 0.25, 1.0, -0.125]
    letters = logo(heights, "GATTCA", start=17_000_001)
    assert sorted(letters) == [17_000_001 + place for place in range(6)]
    for place, (letter, height) in enumerate(zip("GATTCA", heights, strict=True)):
        box, patch = letters[17_000_001 + place]
        assert patch.get_label() == letter
        assert (box.y0, box.y1) == pytest.approx((min(height, 0), max(height, 0)), abs=1e-6)
        assert 0.9 < box.width < 1


def test_letters_have_four_colours_of_the_palette():
    letters = logo([1, 1, 1, 1], "ACGT")
    colours = [to_hex(letters[place][1].get_facecolor()).upper() for place in range(4)]
    assert colours == [PALETTE[2], PALETTE[0], PALETTE[4], PALETTE[1]]


@pytest.mark.parametrize("height", [1, -1])
def test_negative_letters_hang_upside_down(height):
    ((_, patch),) = logo([height], "T").values()
    path = patch.get_path()
    x, y = path.vertices[path.codes != Path.CLOSEPOLY].T
    bar, foot = np.ptp(x[np.abs(y) > 0.95]), np.ptp(x[np.abs(y) < 0.05])
    assert bar > 0.9
    assert foot < bar / 2
    assert np.sign(y).sum() == height * np.count_nonzero(y)


def test_unknown_bases_draw_nothing():
    assert sorted(logo([1, 2, 3, 4], "ANCN")) == [0, 2]
    assert not logo([1, 2], "NN")
