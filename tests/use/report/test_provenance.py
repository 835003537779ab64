from __future__ import annotations

import dataclasses

from medgraft.use.report.artefacts import read_artefacts
from medgraft.use.report.provenance import (
    backbone_terms,
    config_terms,
    licence_terms,
    preprocessing_terms,
    strategy_name,
    timing_terms,
    transfer_terms,
)


def test_everything_that_made_the_model_is_told(fabricate):
    run = read_artefacts(fabricate())
    terms = dict(backbone_terms(run))
    assert terms["Strategy"] == strategy_name(run) == "linear-probe"
    assert "tf_efficientnet_lite0" in terms["Backbone"] and "ImageNet-1k" in terms["Weights"]
    assert terms["Threshold"] == "0.460, chosen on the validation cases" and terms["Seed"] == "0"
    assert dict(preprocessing_terms(run))["Size"] == "224"
    assert dict(timing_terms(run))["Embed"] == "5.3 s"
    assert dict(config_terms(run))["versions.torch"] == "2.14.1"
    assert dict(licence_terms(run))["Licence"] == "Apache-2.0"


def test_an_unknown_licence_is_said(fabricate):
    run = dataclasses.replace(read_artefacts(fabricate()), model={})
    assert "unknown" in dict(licence_terms(run))["Licence"]


def test_descriptors_are_named_where_there_is_no_network(fabricate):
    run = read_artefacts(fabricate())
    assert "Descriptors" not in dict(backbone_terms(run))
    facts = {**run.model["backbone"], "descriptors": ["hog", "lbp"]}
    run = dataclasses.replace(run, model={**run.model, "backbone": facts})
    assert dict(backbone_terms(run))["Descriptors"] == "hog, lbp"


def test_what_did_not_come_from_the_source_is_told_with_its_reason(fabricate):
    run = read_artefacts(fabricate())
    facts = {"transferred": 294, "exceptions": [["classifier", "source head (2): the source task's head"]]}
    told = transfer_terms(dataclasses.replace(run, model={"backbone": facts}))
    assert told == [("From the source", "294 tensors of the network"), tuple(facts["exceptions"][0])]
    assert transfer_terms(dataclasses.replace(run, model={"backbone": {}})) == []
