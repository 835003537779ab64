"""``pretrain``: the weights of a backbone from a large source set, with labels or without, in one's own hands.

What comes out is a weights file with its description beside it, and an entry of the store under the file's stem, so
that ``--weights NAME`` and ``rank`` find it like any other. The description says from what it was made and, as keyed
hashes, which cases it saw.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from safetensors.numpy import save

from medgraft.errors import ArtifactError, ConfigError, UsageError
from medgraft.experiment.config import FitConfig, config_problems, resolve_config, setting_value
from medgraft.experiment.seen import recorded
from medgraft.experiment.stages.gathering import Gathered, gather_labelled, gather_pooled
from medgraft.files import sha256_bytes, write_bytes, write_json
from medgraft.home import Home
from medgraft.progress import Progress
from medgraft.source.backbones.backbone import Backbone, BackboneFacts
from medgraft.source.backbones.families import all_families
from medgraft.source.backbones.resolve import resolve_backbone
from medgraft.source.backbones.spelling import split_name
from medgraft.source.weights.entry import check_entry_name
from medgraft.source.weights.provenance import Parent, Pretraining, Seen, house_of, merged
from medgraft.source.weights.store import entry_names
from medgraft.transfer.pretraining.catalogue import PRETEXTS
from medgraft.transfer.pretraining.pretext import Given, Made, Pretext

__all__ = ["DEFAULT_SIZE", "PretrainResult", "pretrain_weights"]

DEFAULT_SIZE = 128
"""Pixels: a quarter of the work of 256, and lesions are still seen."""
_SUFFIX = ".safetensors"
_BODY = "body."
_OWN = "pretext."
_VERSION = 1
"""Part of the fingerprint: a change of the training code that old checkpoints should not be carried over raises it."""


@dataclass(frozen=True)
class PretrainResult:
    """``name``: the store's entry. ``history``: one row an epoch, 0 the start."""

    weights: Path
    name: str
    record: Pretraining
    history: list[dict[str, Any]]
    warnings: list[str]

    def to_json(self) -> dict[str, Any]:
        """The one object of ``--json``."""
        return {
            "weights": str(self.weights),
            "name": self.name,
            "pretraining": self.record.model_dump(mode="json"),
            "history": self.history,
            "warnings": self.warnings,
        }


def pretrain_weights(
    data: Sequence[Path],
    out: Path,
    *,
    method: str = "supervised",
    minutes: float | None = None,
    file: Path | None = None,
    sets: Iterable[str] = (),
    flags: Mapping[str, Any] | None = None,
    home: Home | None = None,
    progress: Progress | None = None,
    overwrite: bool = False,
) -> PretrainResult:
    """Make weights from DATA; see ``medgraft.pretrain``. ``flags`` and ``sets`` that begin with ``pretext.`` are the
    method's own settings, the others those of ``fit``."""
    progress, home = progress or Progress(), home or Home.find()
    until = None if minutes is None else time.monotonic() + 60 * _positive(minutes)
    name = _free_name(out, home, overwrite)
    pretext, config = _settled(method, file, list(sets), flags or {})
    _require_data(data, pretext)
    parent = resolve_backbone(config.backbone.name, weights=config.backbone.weights, home=home, seed=config.seed)
    _require_network(parent, name)
    gather = gather_labelled(data[0], config, home, progress) if pretext.needs_labels else None
    found = gather or gather_pooled(data, config, home, progress)
    given = _given(found, pretext, config, home, until, progress)
    made = pretext.train(given)
    _require_learnt(made, minutes)
    record = _record(found, given, pretext, made)
    _write(out, name, given.backbone.facts, made, record, _seen(found, pretext, given.backbone.facts, home))
    from medgraft.source.weights.importing import import_weights  # it imports torch, a wrong option need not

    import_weights(out, home=home, overwrite=True)
    shutil.rmtree(given.checkpoints, ignore_errors=True)
    return PretrainResult(out, name, record, made.history, list(progress.notices))


def _positive(minutes: float) -> float:
    if not 0 < minutes < float("inf"):
        raise UsageError(f"--minutes {minutes:g}: a time above 0 is needed")
    return minutes


def _free_name(out: Path, home: Home, overwrite: bool) -> str:
    """The store's name for ``out``; told before the slow part."""
    if out.suffix != _SUFFIX:
        raise UsageError(f"--out {out}: a file that ends with {_SUFFIX} is needed; its stem is the name in the store")
    name = check_entry_name(out.stem)
    taken = [str(path) for path in (out, out.with_suffix(".json")) if path.exists()]
    if name in entry_names(home):
        taken.append(f"the weights {name!r} in the store")
    if taken and not overwrite:
        raise UsageError(f"--out {out}: there is {' and '.join(taken)} already; give another name, or --overwrite")
    return name


def _settled(method: str, file: Path | None, sets: list[str], flags: Mapping[str, Any]) -> tuple[Pretext, FitConfig]:
    """The method with its settings, and the settings of everything around it."""
    member = PRETEXTS.get(method)
    own: dict[str, Any] = {"kind": method}
    for item in sets:
        key, _, text = item.partition("=")
        if key.startswith(_OWN):
            own[key.removeprefix(_OWN)] = setting_value(text)
    own |= {key.removeprefix(_OWN): value for key, value in flags.items() if key.startswith(_OWN) and value is not None}
    try:
        settings = member.Config(**own)
    except ValidationError as error:
        lines = config_problems(error, _OWN, member.Config)
        text = "\n".join(f"  - {line}" for line in lines)
        raise ConfigError(f"the configuration does not hold:\n{text}") from error
    others = {key: value for key, value in flags.items() if not key.startswith(_OWN)}
    config = resolve_config(file, [item for item in sets if not item.startswith(_OWN)], others)
    if config.backbone.volumes == "inflated":
        raise ConfigError("backbone.volumes = inflated: pretraining looks at slices; leave the setting out")
    size = config.preprocess.model_copy(update={"size": config.preprocess.size or DEFAULT_SIZE})
    return member(settings), config.model_copy(update={"preprocess": size})


def _require_data(data: Sequence[Path], pretext: Pretext) -> None:
    if not data:
        raise UsageError("pretraining: at least one DATA is needed")
    if pretext.needs_labels and len(data) > 1:
        raise UsageError(
            f"pretraining {pretext.name} on {len(data)} DATA: their labels need not mean the same; give one DATA (a "
            "table may name the files of several), or --method vicreg, which pools pictures without labels"
        )


def _require_network(parent: Backbone, name: str) -> None:
    if parent.facts.descriptors:
        raise UsageError(f"pretraining the backbone {parent.facts.name!r}: it is hand-crafted, nothing in it can learn")
    if any(family.knows(name) for family in all_families()):
        raise UsageError(
            f"--out {name}{_SUFFIX}: {name!r} is the name of a backbone, and its standard weights go by it; give "
            "another name"
        )


def _require_learnt(made: Made, minutes: float | None) -> None:
    if made.best_epoch:
        return
    if made.epochs == 0 and minutes is not None:
        reason = f"no epoch could be done within {minutes:g} minutes; give it more --minutes, or a smaller --size"
    else:
        reason = f"none of {made.epochs} epochs judged the validation cases better than the start; try another --lr"
    raise UsageError(f"pretraining: {reason}. Nothing was written")


def _given(
    found: Gathered, pretext: Pretext, config: FitConfig, home: Home, until: float | None, progress: Progress
) -> Given:
    backbone, settings = found.backbone.pooled(), pretext.config
    text = json.dumps([_VERSION, settings.model_dump(mode="json"), asdict(backbone.facts), config.seed, found.identity])
    fingerprint = hashlib.sha256(text.encode()).hexdigest()
    return Given(
        backbone=backbone,
        pixels=found.pixels,
        modality=found.modality,
        is_val=found.is_val,
        labels=found.labels,
        n_classes=found.n_classes,
        from_random=backbone.facts.weights == "random",
        checkpoints=home.cache / "pretraining" / fingerprint[:32],
        fingerprint=fingerprint,
        seed=config.seed,
        device=found.device,
        until=until,
        progress=progress,
    )


def _record(found: Gathered, given: Given, pretext: Pretext, made: Made) -> Pretraining:
    facts = given.backbone.facts
    return Pretraining(
        method=pretext.name,
        with_labels=pretext.needs_labels,
        parent=Parent(
            backbone=facts.name,
            weights=facts.weights,
            checksum=facts.checksum,
            licence=facts.licence,
            trained_on=facts.trained_on,
        ),
        cohorts=found.cohorts,
        cases=len(found.seen),
        epochs=made.epochs,
        kept_epoch=made.best_epoch,
        seed=given.seed,
        size=found.size,
        minutes=round(sum(float(row["seconds"]) for row in made.history) / 60, 2),
        settings=pretext.config.model_dump(mode="json"),
        measured=made.facts,
    )


def _seen(found: Gathered, pretext: Pretext, parent: BackboneFacts, home: Home) -> tuple[Seen, ...]:
    """What this training saw, and what the weights saw that it started from."""
    way = "with_labels" if pretext.needs_labels else "without_labels"
    own = Seen(house=house_of(home), **{way: tuple(sorted(found.seen))})
    return merged([own, *recorded(parent, home)])


def _write(out: Path, name: str, facts: BackboneFacts, made: Made, record: Pretraining, seen: tuple[Seen, ...]) -> None:
    """The weights of the body, and their description beside them."""
    content = save({key.removeprefix(_BODY): value for key, value in made.state.items()})
    base, options = split_name(facts.name)
    cohorts = " + ".join(cohort.name for cohort in record.cohorts)
    own = f"{cohorts} ({record.cases} cases, {'with' if record.with_labels else 'without'} labels)"
    alone = facts.weights == "random"
    description = {
        "name": name,
        "sha256": sha256_bytes(content),
        "licence": "made here from random weights: whoever made them decides" if alone else facts.licence,
        "training_data": own if alone else f"{facts.trained_on}, then {own}",
        "architecture": {"timm_name": base, "timm_kwargs": dict(options)},
        "input": {
            "size": record.size,
            "mean": list(facts.mean),
            "std": list(facts.std),
            "interpolation": facts.interpolation,
        },
        "pretraining": record.model_dump(mode="json"),
        "seen": [item.model_dump(mode="json") for item in seen],
    }
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ArtifactError(f"making {out.parent}: {error.strerror}; give a folder that can be written") from error
    write_bytes(out, content)
    write_json(out.with_suffix(".json"), description)
