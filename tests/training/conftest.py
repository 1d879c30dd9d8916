"""The data set that most trainings of the tests learn from."""

from __future__ import annotations

import pytest

from tests.training.planted import planted


@pytest.fixture
def dataset(tmp_path):
    return planted(tmp_path)
