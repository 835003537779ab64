"""The sources that can be tried here, each made ready for one cohort on the training and validation cases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from medgraft.experiment.build import build_source
from medgraft.experiment.seen import tell_seen
from medgraft.experiment.stages.transferring import material_of
from medgraft.experiment.stages.workspace import Workspace, pictures_of
from medgraft.home import Home
from medgraft.source.backbones.efficientnet_lite import LITES, package_file
from medgraft.source.backbones.handcrafted import CLASSICAL
from medgraft.source.embedding.cases import embed_cases
from medgraft.source.embedding.speed import seconds_a_picture
from medgraft.source.weights.store import entry_names
from medgraft.transfer.selection.trial import Source

__all__ = ["Sources", "available_sources"]


def available_sources(home: Home) -> list[str]:
    """Every source that needs no network: installed packages, the store, and hand-crafted features."""
    return [*[name for name in LITES if package_file(name) is not None], *entry_names(home), CLASSICAL]


class Sources:
    """Sources on the cohort of ``work``, whose split is made. What one of them needs is kept by its name."""

    def __init__(self, work: Workspace) -> None:
        self._work = work
        self.ready: dict[str, Workspace] = {}

    def names(self) -> list[str]:
        """Those that are asked for, else the run's own and every other that is here."""
        asked: Sequence[str] = self._work.config.search.backbones
        own = self._own()
        return list(dict.fromkeys(asked or [own, *available_sources(self._work.home)]))

    def make(self, name: str) -> Source:
        """Read the features of ``name`` (see ``resolve_backbone``). Raises what resolving and embedding raise."""
        work = self._work if name == self._own() else self._embedded(name)
        self.ready[name] = work
        tell_seen(
            work.job.backbone.facts, work.of_parts("train", "val"), "cases", home=work.home, progress=work.progress
        )
        material = material_of(work)
        if work.embedding is None:
            raise RuntimeError("a source without features")
        facts = work.job.backbone.facts
        return Source(
            name=name,
            material=replace(material, checkpoints=material.checkpoints / "ladder" / name.replace("/", "-")),
            seconds=seconds_a_picture(work.job, work.embedding),
            parameters=facts.parameters,
            joined=bool(facts.parts),
            trainable=not facts.parts and not facts.descriptors,
        )

    def _own(self) -> str:
        section = self._work.config.backbone
        return section.name if section.weights is None else f"{section.name}@{section.weights}"

    def _embedded(self, name: str) -> Workspace:
        """The workspace with another source."""
        work = self._work
        section = work.config.backbone.model_copy(update={"name": name, "weights": None})
        config = work.config.model_copy(update={"backbone": section})
        pictures = pictures_of(work.cohort.table)
        job, preprocessing = build_source(config, pictures, work.home, work.reader)
        embedding = embed_cases(
            pictures, job, preprocessing, reader=work.reader, engine=config.engine, progress=work.progress
        )
        work.forward_passes += embedding.forward_passes
        work.decodes += embedding.decodes
        return replace(work, config=config, job=job, preprocessing=preprocessing, embedding=embedding)
