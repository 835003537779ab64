"""Features as a table: a row a case, nothing private, and an existing file is not written over by accident."""

import numpy as np
import pandas as pd
import pytest

from medgraft.errors import UsageError
from medgraft.experiment.featuring import embed_data
from medgraft.home import Home


def test_embedding_is_a_table(striped, tmp_path):
    home, out = Home.find(tmp_path / "home"), tmp_path / "features.parquet"
    first = embed_data(striped, out, home=home)
    table = pd.read_parquet(out)
    assert [column for column in table if column.startswith("f")] == [f"f{i}" for i in range(2848)]
    assert len(table) == first["cases"] == 72 and first["forward_passes"] == 72
    assert not {"path", "patient"} & set(table) and np.isfinite(table[["f0", "f2847"]].to_numpy()).all()
    with pytest.raises(UsageError, match="exists already"):
        embed_data(striped, out, home=home)
    assert embed_data(striped, out, home=home, overwrite=True)["forward_passes"] == 0  # they were kept
