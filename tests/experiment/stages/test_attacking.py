"""A model that looks at brightness alone: how far each case is from its cut says which attack turns it."""

from __future__ import annotations

import json
from dataclasses import replace
from types import SimpleNamespace

import jsonschema
import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image as PillowImage
from torch import nn

from medgraft.data.imaging.preprocess import Preprocessing
from medgraft.errors import UsageError
from medgraft.experiment.run import RunFolder
from medgraft.experiment.stages.attacking import attacking_stage, require_attackable
from medgraft.experiment.stages.robustness import Evaluated
from medgraft.files import read_json
from medgraft.home import Home
from medgraft.progress import Progress
from medgraft.source.backbones.custom import register_backbone
from medgraft.source.backbones.resolve import resolve_backbone
from medgraft.transfer.models.bundle import Bundle
from medgraft.transfer.models.calibration import Calibration
from medgraft.transfer.models.heads.linear import LinearHead
from medgraft.transfer.tasks.classification import Classification
from medgraft.use.prediction.predictor import Predictor

CUT, GAPS = 102.5, (0.5, 1.5, 3.5, 7.5)
"""Grey levels."""
NETWORK = "brightness-attacked"


def brightness():
    network = nn.Sequential(nn.Conv2d(3, 1, 1, bias=False), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    with torch.no_grad():
        network[0].weight.fill_(1 / 3)
    return network


@pytest.fixture(scope="module")
def attacked(tmp_path_factory):
    """The run folder, its predictor and what was written."""
    folder = tmp_path_factory.mktemp("attacked")
    register_backbone(NETWORK, brightness, size=24, mean=(0.0,) * 3, std=(1.0,) * 3)
    home, rows = Home(folder / "home"), []
    for number, level in enumerate([CUT - gap for gap in GAPS] + [CUT + gap for gap in GAPS]):
        path = folder / f"{number}.png"
        PillowImage.fromarray(np.full((24, 24, 3), round(level), np.uint8)).save(path)
        label = "dark" if level < CUT else "bright"
        rows.append({"case_id": f"c{number}", "path": path, "sha256": str(number), "label": label})
    table = pd.DataFrame(rows).assign(member="", patient_id=[f"p{row % 4}" for row in range(8)], site=None)
    backbone = resolve_backbone(NETWORK, home=home)
    slope = np.array([[0.0], [200.0]], np.float32)
    bundle = Bundle(
        backbone=backbone.facts,
        checksum=backbone.facts.checksum,
        state={key: value.numpy() for key, value in backbone.build(3).state_dict().items()},
        head=LinearHead(slope, -CUT / 255 * slope[:, 0]),
        preprocessing=Preprocessing(size=24, channels=3),
        task=Classification(("dark", "bright"), positive="bright"),
        calibration=Calibration(),
        strategy={"kind": "linear-probe"},
        engine="torch",
        frozen=True,
    )
    predictor = Predictor(bundle, home)
    run = RunFolder(folder / "run")
    run.path.mkdir()
    evaluated = Evaluated("external:x", table, [None] * len(table), 0, 200)
    return run, predictor, attacking_stage(run, predictor, evaluated, Progress())


def test_who_is_turned_follows_from_the_distance_to_the_cut(attacked):
    _, _, found = attacked
    assert found["clean"]["overall"]["value"] == 1.0
    for attack in found["attacks"]:
        values = [step["overall"]["value"] for step in attack["epsilons"]]
        if attack["name"] == "square":
            assert values[0] >= 0.75 and values[1] >= 0.5 and values[2] >= 0.25
        else:
            assert values == [0.75, 0.5, 0.25]
    assert [attack["name"] for attack in found["attacks"]] == ["pgd", "apgd", "square"]
    assert found["fooled_by_answers_alone"] == 0


def test_intervals_are_over_patients_and_the_file_follows_its_schema(attacked, repository):
    run, _, found = attacked
    last = found["attacks"][0]["epsilons"][-1]["overall"]
    assert (last["n"], last["n_patients"]) == (8, 4) and last["low"] <= 0.25 <= last["high"]
    written = read_json(run / "attacks.json")
    schema = json.loads((repository / "src/medgraft/experiment/schemas/attacks.json").read_text("utf-8"))
    jsonschema.Draft202012Validator(schema).validate(written)


def test_what_cannot_be_attacked_is_told_before_anything_is_read(attacked):
    bundle = attacked[1].bundle
    require_attackable(bundle)
    with pytest.raises(UsageError, match="several labels"):
        require_attackable(replace(bundle, task=SimpleNamespace(kind="multi-label")))
    with pytest.raises(UsageError, match=r"kind 'gallery'.*no gradient"):
        require_attackable(replace(bundle, head=SimpleNamespace(kind="gallery")))
