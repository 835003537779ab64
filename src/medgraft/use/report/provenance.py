"""How the model was made: backbone, strategy, preprocessing, threshold, seed, versions and timings, as terms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from medgraft.use.report.artefacts import Artefacts
from medgraft.use.report.wording import clip, count, decimal, humane, seconds

__all__ = [
    "Term",
    "backbone_terms",
    "config_terms",
    "licence_terms",
    "preprocessing_terms",
    "text_of",
    "timing_terms",
    "transfer_terms",
]

Term = tuple[str, str]
"""A name and what it stands for."""


_FROM = {
    "val": "validation cases",
    "cv": "cross-validated training cases",
    "target": "target's labelled cases",
    "source": "source's cases as the adapted model reads them",
}


def text_of(value: Any) -> str:
    """Any JSON value in one line."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        return "none"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, Mapping):
        return clip("; ".join(f"{humane(str(key))} {text_of(item)}" for key, item in value.items()), 300)
    if isinstance(value, list | tuple):
        return clip(", ".join(text_of(item) for item in value), 300) or "none"
    return clip(value, 300)


def _facts(run: Artefacts) -> dict[str, Any]:
    """The backbone's facts; empty where the bundle is missing."""
    facts = run.model.get("backbone")
    return facts if isinstance(facts, dict) else {}


def strategy_name(run: Artefacts) -> str:
    """``linear-probe``, from the bundle or the configuration."""
    strategy = run.model.get("strategy") or run.config.get("strategy") or {}
    return str(strategy.get("kind", "unknown")) if isinstance(strategy, Mapping) else str(strategy)


def backbone_terms(run: Artefacts) -> list[Term]:
    """The network and how it was carried over."""
    facts, model = _facts(run), run.model
    terms: list[Term] = []
    if facts:
        size = f"{count(facts.get('parameters'))} parameters, {count(facts.get('feature_dim'))} features"
        terms += [("Backbone", f"{clip(facts.get('name'), 80)} ({size})")]
        terms += [("Weights", f"{clip(facts.get('weights'), 80)}, trained on {clip(facts.get('trained_on'), 120)}")]
        terms += [("Checksum of the weights", clip(facts.get("checksum"), 80))]
        if descriptors := facts.get("descriptors"):
            terms += [("Descriptors", clip(", ".join(map(str, descriptors)), 200))]
    strategy = model.get("strategy") or run.config.get("strategy") or {}
    terms += [("Strategy", strategy_name(run))]
    if isinstance(strategy, Mapping):
        terms += [(humane(str(key)).capitalize(), text_of(value)) for key, value in strategy.items() if key != "kind"]
    if model:
        frozen = "frozen: its weights are those of the source" if model.get("frozen") else "trained further"
        terms += [("Backbone during training", frozen), ("Input channels", text_of(model.get("channels")))]
    if engine := model.get("engine"):
        terms += [("Engine", text_of(engine))]
    threshold, source = run.calibration.get("threshold"), run.calibration.get("threshold_from")
    if threshold is not None:
        terms += [("Threshold", f"{decimal(threshold)}, chosen on the {_FROM.get(str(source), str(source))}")]
    for title, key in (("Seed", "seed"), ("Versions", "versions")):
        if (value := run.config_value(key)) is not None:
            terms += [(title, text_of(value))]
    return terms


def transfer_terms(run: Artefacts) -> list[Term]:
    """How many tensors came from the source, and each layer that did not come as it is, with the reason; empty where
    the run does not know (a registered backbone, weights that an earlier version imported)."""
    facts = _facts(run)
    transferred, exceptions = facts.get("transferred"), facts.get("exceptions")
    if not isinstance(transferred, int) or not isinstance(exceptions, list):
        return []
    first = f"{count(transferred)} tensors of the network" if transferred else "none: the weights are random"
    return [("From the source", first)] + [
        (clip(row[0], 300), clip(row[1], 300)) for row in exceptions if isinstance(row, list) and len(row) == 2
    ]


def preprocessing_terms(run: Artefacts) -> list[Term]:
    """The preprocessing that travels with the bundle."""
    return [
        (humane(str(key)).capitalize(), text_of(value))
        for key, value in run.preprocessing.items()
        if key != "format_version"
    ]


def config_terms(run: Artefacts) -> list[Term]:
    """The whole resolved configuration, versions and seed included."""
    return [(name, text_of(value)) for name, value in run.config_rows()]


def timing_terms(run: Artefacts) -> list[Term]:
    """Seconds by stage."""
    return [
        (humane(str(name)).capitalize(), seconds(value))
        for name, value in run.timings.items()
        if name != "format_version" and isinstance(value, int | float)
    ]


def licence_terms(run: Artefacts) -> list[Term]:
    """Where the source weights come from and under which licence."""
    facts = _facts(run)
    names = [
        ("Weights", "weights"),
        ("Licence", "licence"),
        ("Trained on", "trained_on"),
        ("Origin", "origin"),
    ]
    known = [(title, text_of(facts[key])) for title, key in names if facts.get(key)]
    return known or [("Licence", "unknown: this run names no source weights")]
