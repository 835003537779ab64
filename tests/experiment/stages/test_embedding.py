"""The embedding stage writes the public cohort, and what is private where it belongs."""

from __future__ import annotations

import pandas as pd

from medgraft.data.cohort.cohort import PUBLIC_COLUMNS


def test_the_public_cohort_has_no_private_column(fitted):
    assert list(pd.read_parquet(fitted.run / "cohort.parquet")) == list(PUBLIC_COLUMNS)


def test_links_and_thumbnails_join_by_case(fitted):
    cohort = pd.read_parquet(fitted.run / "cohort.parquet")
    links = pd.read_parquet(fitted.run / "private" / "links.parquet")
    thumbnails = pd.read_parquet(fitted.run / "private" / "thumbnails.parquet")
    assert links["case_id"].tolist() == thumbnails["case_id"].tolist() == cohort["case_id"].tolist()
    assert all(jpeg[:2] == b"\xff\xd8" for jpeg in thumbnails["jpeg"])
