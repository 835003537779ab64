"""Facts of a segmentation follow their schema, and agree with the masks."""

import json

import jsonschema
import numpy as np
import pandas as pd
import pytest


def test_facts_follow_their_schema(outlined_run, repository):
    schema = json.loads((repository / "src/medgraft/experiment/schemas/outline_facts.json").read_text("utf-8"))
    facts = json.loads((outlined_run / "outline_facts.json").read_text())
    jsonschema.Draft202012Validator(schema).validate(facts)
    assert facts["agreement"]["1"]["n"] == len(json.loads((outlined_run / "split.json").read_text())["test"])


def test_sizes_of_the_cohort_and_their_agreement(outlined_run):
    facts = json.loads((outlined_run / "outline_facts.json").read_text())
    table = pd.read_parquet(outlined_run / "outlines.parquet")
    assert facts["statistics"]["1"]["cases"] == 15
    tested = table[table["split"] == "test"]
    gaps = tested["volume_called"] - tested["volume_true"]
    assert facts["agreement"]["1"]["bias"] == pytest.approx(float(np.mean(gaps)))
