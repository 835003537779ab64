"""What the model is, how it was made, and what it gives out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from medgraft.use.report.artefacts import Artefacts
from medgraft.use.report.checklists.answer import ANSWERS, Answer
from medgraft.use.report.provenance import strategy_name
from medgraft.use.report.wording import clip, counted, decimal, listing

__all__: list[str] = []


def _facts(run: Artefacts) -> Mapping[str, Any]:
    facts = run.model.get("backbone")
    return facts if isinstance(facts, Mapping) else {}


@ANSWERS.register("model")
def _model(run: Artefacts) -> Answer | None:
    facts = _facts(run)
    head = run.model.get("head") or {}
    if not facts or not head or not run.preprocessing:
        return None
    side, channels = run.preprocessing.get("size"), run.preprocessing.get("channels")
    shape = f", input {channels} × {side} × {side}" if side and isinstance(channels, int) else ""
    text = (
        f"{clip(facts.get('name'), 80)}, {facts.get('parameters')} parameters{shape}; "
        f"head {head.get('kind')} on {head.get('features')} features, {counted(len(run.labels), 'output')}. All "
        "weights are in the bundle."
    )
    return text, "bundle/model.json, bundle/model.safetensors"


@ANSWERS.register("software")
def _software(run: Artefacts) -> Answer | None:
    versions = run.config.get("versions")
    if not isinstance(versions, Mapping):
        return None
    return f"{listing([f'{k} {v}' for k, v in versions.items()], most=20)}.", "config.json"


@ANSWERS.register("initial")
def _initial(run: Artefacts) -> Answer | None:
    facts = _facts(run)
    if not facts:
        return None
    text = f"{clip(facts.get('weights'), 80)}, trained on {clip(facts.get('trained_on'), 120)}, licence "
    return f"{text}{clip(facts.get('licence'), 80)}, sha256 {clip(facts.get('checksum'), 20)}.", "bundle/model.json"


@ANSWERS.register("training")
def _training(run: Artefacts) -> Answer | None:
    parts = {"True": "; the backbone stayed frozen", "False": "; the backbone was trained further"}
    part = parts.get(str(run.model.get("frozen")), "")
    cv = "; cross-validated by patient" if "cv" in run.metrics else ""
    seed = run.config_value("seed")
    return (
        f"Strategy {strategy_name(run)}{part}{cv}; seed {seed}; every setting is recorded.",
        "config.json, history.csv",
    )


@ANSWERS.register("selection")
def _selection(run: Artefacts) -> Answer | None:
    if run.ladder:
        return "Candidates were compared on patient-grouped folds of training and validation cases.", "ladder.json"
    return (
        (f"One strategy ({strategy_name(run)}), its settings chosen without test cases.", "history.csv")
        if len(run.history)
        else None
    )


@ANSWERS.register("ensemble")
def _ensemble(run: Artefacts) -> Answer | None:
    parts = _facts(run).get("parts") or []
    if run.fusion:
        return "Image and clinical table are joined by a logistic regression (late fusion).", "fusion.json"
    if parts:
        return f"{counted(len(parts), 'backbone')} side by side.", "bundle/model.json"
    return ("One model, not combined.", "bundle/model.json") if run.model else None


@ANSWERS.register("explanation")
def _explanation(run: Artefacts) -> Answer | None:
    return ("Weights of the slices of each volume.", "slices.parquet") if len(run.slices) else None


@ANSWERS.register("detail")
def _detail(run: Artefacts) -> Answer | None:
    version = (run.config.get("versions") or {}).get("medgraft")
    return (f"medgraft {version}, with every setting and seed in the run folder.", "config.json") if version else None


@ANSWERS.register("predictors")
def _predictors(run: Artefacts) -> Answer | None:
    names = [str(column["name"]) for column in run.fusion.get("columns") or []]
    table = f" and the clinical columns {listing(names, most=20)}" if names else ""
    return f"The image{table}; nothing was selected by the outcome.", "fusion.json" if names else "config.json"


@ANSWERS.register("prediction")
def _prediction(run: Artefacts) -> Answer | None:
    return ("`medgraft predict RUN FILES` with the bundle.", "bundle/") if run.model else None


@ANSWERS.register("imbalance")
def _imbalance(run: Artefacts) -> Answer | None:
    rule = run.config_value("class_weights")
    return (f"Class weights: {rule}; thresholds are chosen, not fixed at one half.", "config.json") if rule else None


@ANSWERS.register("output")
def _output(run: Artefacts) -> Answer | None:
    threshold, origin = run.calibration.get("threshold"), run.calibration.get("threshold_from")
    text = f"A probability for each of {listing(run.labels, most=20)}"
    cut = f"; called at {decimal(threshold)}, chosen on {origin}, never on test cases" if threshold is not None else ""
    return f"{text}{cut}.", "bundle/calibration.json"


@ANSWERS.register("updating")
def _updating(run: Artefacts) -> Answer | None:
    return ("The model was adapted to another site.", "adaptation.json") if run.adaptation else None


@ANSWERS.register("poor_input")
def _poor_input(run: Artefacts) -> Answer | None:
    text = "A file that cannot be read is refused with its reason"
    return (
        f"{text}{'; a case without a row is answered for by the image, and says so' if run.fusion else ''}.",
        "bundle/",
    )
