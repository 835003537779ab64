"""The configuration of ``fit``: closed, typed, one place per default, the same shape in TOML, JSON and ``--set``.

Sections are frozen models; the strategy is a union tagged by ``kind`` and built from the registry. An
unknown key is an error with its nearest match, and all problems are reported together. Flags beat ``--set``,
which beats the file.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, Field, ValidationError

from medgraft.data.clinical.options import ClinicalOptions
from medgraft.data.cohort.options import CohortOptions
from medgraft.errors import ConfigError, UsageError
from medgraft.experiment.search import SearchSection
from medgraft.experiment.sections import (
    DEFAULT_BACKBONE,
    BackboneSection,
    BundleSection,
    EvaluationSection,
    PreprocessSection,
    Section,
    SplitSection,
)
from medgraft.experiment.trust_settings import TrustSection
from medgraft.registry import nearest
from medgraft.transfer.detection.settings import DetectionSettings
from medgraft.transfer.segmentation.settings import SegmentationSettings
from medgraft.transfer.strategies import (
    adversarial,
    attention,
    bitfit,
    boosting,
    distill,
    full,
    gradual,
    knn,
    l2_sp,
    linear_probe,
    lora,
    lp_ft,
    nearest_centroid,
    partial,
    per_site,
    ridge,
    scratch,
    ssf,
    stacked,
    svm,
    svm_rbf,
)
from medgraft.transfer.strategies.strategy import STRATEGIES

__all__ = ["DEFAULT_BACKBONE", "FitConfig", "config_problems", "resolve_config", "setting_value"]

AUTO = "auto"
"""The kind of a strategy that nobody asked for, until the cohort is known."""

_BUILT_IN = (
    linear_probe,
    attention,
    partial,
    lp_ft,
    full,
    gradual,
    knn,
    ridge,
    nearest_centroid,
    l2_sp,
    adversarial,
    distill,
    bitfit,
    ssf,
    svm,
    svm_rbf,
    boosting,
    lora,
    scratch,
    stacked,
    per_site,
)  # importing them registers them


class FitConfig(Section):
    """Everything that decides a run."""

    data: CohortOptions = Field(default_factory=CohortOptions)
    clinical: ClinicalOptions = Field(default_factory=ClinicalOptions)
    backbone: BackboneSection = Field(default_factory=BackboneSection)
    preprocess: PreprocessSection = Field(default_factory=PreprocessSection)
    split: SplitSection = Field(default_factory=SplitSection)
    strategy: dict[str, Any] = Field(default_factory=lambda: {"kind": AUTO})
    segmentation: SegmentationSettings = Field(default_factory=SegmentationSettings)
    detection: DetectionSettings = Field(default_factory=DetectionSettings)
    search: SearchSection = Field(default_factory=SearchSection)
    engine: str = Field(default="auto", description="auto, or a name of `medgraft list engines`")
    bundle: BundleSection = Field(default_factory=BundleSection)
    evaluation: EvaluationSection = Field(default_factory=EvaluationSection)
    trust: TrustSection = Field(default_factory=TrustSection)
    seed: int = Field(default=0, ge=0, lt=2**31, description="of every random draw")
    device: Literal["auto", "cpu", "cuda", "mps"] = Field(default="auto", description="where the network runs")

    def for_cohort(self, *, volumes: bool, outlined: bool = False) -> FitConfig:
        """With the strategy settled, where none was asked for: of what is outlined, lp-ft; attention for volumes, else
        the linear probe."""
        if self.strategy["kind"] != AUTO:
            return self
        kind = lp_ft.LpFt.name if outlined else _usual(volumes)
        return _validated({**self.model_dump(), "strategy": {**self.strategy, "kind": kind}})

    def strategy_config(self) -> BaseModel:
        """The typed options of the strategy, once it is settled."""
        return STRATEGIES.get(str(self.strategy["kind"])).Config(**self.strategy)


def resolve_config(
    file: Path | None = None, sets: Iterable[str] = (), flags: Mapping[str, Any] | None = None
) -> FitConfig:
    """File, then ``--set a.b=value`` (JSON values, else text), then flags (dotted names; ``None`` is not given)."""
    content = _read(file) if file is not None else {}
    content.pop("format_version", None)
    for key in ("versions", "data_digest", "resolved", "cohort_name", "synthetic"):
        content.pop(key, None)
    for item in sets:
        name, found, text = item.partition("=")
        if not found or not name:
            raise ConfigError(f"--set {item!r}: NAME=VALUE is needed, as in --set strategy.class_weights=balanced")
        _place(content, name, setting_value(text))
    for name, value in (flags or {}).items():
        if value is not None:
            _place(content, name, value)
    config = _validated(content)
    if config.search.budget is not None and config.strategy["kind"] != AUTO:
        raise ConfigError(
            f"--budget {config.search.budget} with --strategy {config.strategy['kind']}: a budget chooses the "
            "strategy; leave one of the two out (--set search.upper=[…] says which are tried)"
        )
    return config


def _usual(volumes: bool) -> str:
    return attention.Attention.name if volumes else linear_probe.LinearProbe.name


def _read(file: Path) -> dict[str, Any]:
    """A TOML or JSON file as a dict."""
    try:
        text = file.read_text("utf-8")
        content = json.loads(text) if file.suffix.lower() == ".json" else tomllib.loads(text)
    except OSError as error:
        raise ConfigError(f"reading --config {file}: {error.strerror}; give a TOML or JSON file") from error
    except ValueError as error:
        raise ConfigError(f"reading --config {file}: {error}; TOML (or config.json of a run) is needed") from error
    if not isinstance(content, dict):
        raise ConfigError(f"reading --config {file}: a table of settings is needed, got {type(content).__name__}")
    return content


def setting_value(text: str) -> Any:
    """The value of a setting given as text: JSON, or else the text itself."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _place(content: dict[str, Any], dotted: str, value: Any) -> None:
    """Set ``content[a][b]`` for ``a.b``."""
    *sections, last = dotted.split(".")
    for section in sections:
        inner = content.setdefault(section, {})
        if not isinstance(inner, dict):
            raise ConfigError(f"setting {dotted}: {section!r} is a value, not a section")
        content = inner
    content[last] = value


def _validated(content: Mapping[str, Any]) -> FitConfig:
    """The typed config, or one ``ConfigError`` with every problem."""
    problems: list[str] = []
    config = None
    try:
        config = FitConfig(**content)
    except ValidationError as error:
        problems += config_problems(error, "", FitConfig)
    strategy = content.get("strategy", {"kind": AUTO})
    if isinstance(strategy, Mapping):
        asked = str(strategy.get("kind", AUTO))
        kind = _usual(volumes=False) if asked == AUTO else asked
        try:
            model = STRATEGIES.get(kind).Config
        except UsageError as error:
            problems.append(f"strategy.kind: {error}")
        else:
            try:
                typed = model(**{**strategy, "kind": kind})
            except ValidationError as error:
                problems += config_problems(error, "strategy.", model)
            else:
                if config is not None:
                    settled = typed.model_dump(mode="json") if asked != AUTO else {**strategy, "kind": AUTO}
                    config = config.model_copy(update={"strategy": settled})
    if problems or config is None:
        raise ConfigError("the configuration does not hold:\n" + "\n".join(f"  - {text}" for text in problems))
    return config


def config_problems(error: ValidationError, prefix: str, model: type[BaseModel]) -> list[str]:
    """One line a problem: where, what was got, what is needed."""
    lines = []
    for item in error.errors():
        place = prefix + ".".join(str(part) for part in item["loc"])
        if item["type"] == "extra_forbidden":
            known = _known_names(model, prefix)
            lines.append(f"{place}: there is no such setting{nearest(place, known)}")
        else:
            lines.append(f"{place}: {item['msg']} (got {item['input']!r})")
    return lines


def _known_names(model: type[BaseModel], prefix: str) -> list[str]:
    """All dotted names below a model."""
    names = []
    for name, field in model.model_fields.items():
        names.append(prefix + name)
        annotation = field.annotation
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            names += _known_names(annotation, f"{prefix}{name}.")
    return names
