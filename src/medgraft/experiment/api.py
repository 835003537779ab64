"""The public verbs as Python functions, with the names and defaults of the command line.

Paths may be text. Each returns plain data or a small frozen object, and raises the errors of ``errors.py``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from medgraft.experiment.auditing import AuditResult, audit_data
from medgraft.experiment.config import DEFAULT_BACKBONE, resolve_config
from medgraft.experiment.elsewhere import evaluator_of
from medgraft.experiment.explaining import Explaining
from medgraft.experiment.featuring import embed_data
from medgraft.experiment.fitting import FitResult, fit_run
from medgraft.experiment.flags import data_flags, strategy_flags
from medgraft.experiment.predicting import predict_files
from medgraft.experiment.pretraining import PretrainResult, pretrain_weights
from medgraft.experiment.ranking import RankResult, rank_data
from medgraft.experiment.showing import Shown, show_file
from medgraft.experiment.stages.recalibrating import NewSite
from medgraft.home import Home
from medgraft.progress import Progress
from medgraft.use.report.render import render_report

__all__ = ["audit", "embed", "evaluate", "fit", "predict", "pretrain", "rank", "report", "show"]


def fit(
    data: str | Path,
    out: str | Path,
    *,
    backbone: str | None = None,
    weights: str | None = None,
    strategy: str | Mapping[str, Any] | None = None,
    budget: str | None = None,
    backbones: Sequence[str] | None = None,
    options: Mapping[str, Any] | None = None,
    clinical: str | Path | None = None,
    by: Sequence[str] | None = None,
    on_leak: str | None = None,
    engine: str | None = None,
    seed: int | None = None,
    device: str | None = None,
    config: str | Path | None = None,
    set: Iterable[str] = (),
    overwrite: bool = False,
    home: str | Path | None = None,
    progress: Progress | None = None,
) -> FitResult:
    """From DATA to a tested, reported model in the folder ``out``.

    ``strategy`` is a name or its settings (``{"kind": "lp-ft", "epochs": 4}``); in its place a ``budget`` (``"15m"``,
    the wall time of all) tries strategies and ``backbones`` (NAME or NAME@WEIGHTS) and takes the best; ``options`` are
    those of ``CohortOptions`` (``table``, ``patient_col``, …). What is ``None`` has the default of the command line.
    """
    flags = {
        "backbone.name": backbone,
        "backbone.weights": weights,
        "search.budget": budget,
        "search.backbones": None if backbones is None else list(backbones),
        "clinical.file": clinical,
        "evaluation.by": None if by is None else list(by),
        "split.on_leak": on_leak,
        "engine": engine,
        "seed": seed,
        "device": device,
        **strategy_flags(strategy),
        **data_flags(options),
    }
    return fit_run(
        Path(data),
        Path(out),
        file=Path(config) if config is not None else None,
        sets=set,
        flags=flags,
        overwrite=overwrite,
        home=Home.find(home),
        progress=progress,
    )


def evaluate(
    run: str | Path,
    data: str | Path,
    *,
    name: str | None = None,
    corruptions: bool = False,
    attacks: bool = False,
    recalibrate: int = 0,
    prevalence: float | None = None,
    clinical: str | Path | None = None,
    by: Sequence[str] | None = None,
    options: Mapping[str, Any] | None = None,
    on_leak: str = "drop",
    seed: int = 0,
    device: str = "auto",
    overwrite: bool = False,
    home: str | Path | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """External validation on labelled DATA: ``external:<name>`` in the run and its report; also where pictures are
    worse or attacked, brought there by ``recalibrate`` cases or a ``prevalence``, ``by`` groups, with a table."""
    flags = {"split.on_leak": on_leak, "seed": seed, "device": device, "clinical.file": clinical}
    settings = resolve_config(flags={**flags, "evaluation.by": by and list(by), **data_flags(options)})
    asked = {"corruptions": corruptions, "attacks": attacks, "site": NewSite(recalibrate, prevalence)}
    return evaluator_of(Path(run))(
        Path(run),
        Path(data),
        options=settings.data,
        name=name,
        on_leak=settings.split.on_leak,
        **asked,
        tables=settings,
        device=settings.device,
        seed=settings.seed,
        home=Home.find(home),
        progress=progress,
        overwrite=overwrite,
    )


def predict(
    run: str | Path,
    files: Sequence[str | Path] | str | Path,
    *,
    out: str | Path | None = None,
    paths: bool = True,
    explain_out: str | Path | None = None,
    explain_method: str = "hirescam",
    options: Mapping[str, Any] | None = None,
    clinical: str | Path | None = None,
    device: str = "auto",
    overwrite: bool = False,
    home: str | Path | None = None,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """One row a picture: file, case_id, prediction, a probability for each class, and why one was refused.

    ``explain_out``: a folder for heat maps of the pictures (they show patients).
    """
    settings = resolve_config(flags={"device": device, "clinical.file": clinical} | data_flags(options))
    several = [files] if isinstance(files, str | Path) else files
    answer = predict_files(
        Path(run),
        [Path(file) for file in several],
        out=Path(out) if out is not None else None,
        paths=paths,
        explain=Explaining(Path(explain_out), explain_method) if explain_out is not None else None,
        options=settings.data,
        clinical=settings.clinical,
        device=settings.device,
        home=Home.find(home),
        progress=progress,
        overwrite=overwrite,
    )
    return answer.table


def embed(
    data: str | Path,
    out: str | Path,
    *,
    backbone: str = DEFAULT_BACKBONE,
    weights: str | None = None,
    options: Mapping[str, Any] | None = None,
    seed: int = 0,
    device: str = "auto",
    overwrite: bool = False,
    home: str | Path | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Pooled features of DATA as a Parquet table; returns counts."""
    flags = {"backbone.name": backbone, "backbone.weights": weights, "seed": seed, "device": device}
    flags |= data_flags(options)
    return embed_data(Path(data), Path(out), flags=flags, home=Home.find(home), progress=progress, overwrite=overwrite)


def audit(
    data: str | Path,
    out: str | Path | None = None,
    *,
    backbone: str = DEFAULT_BACKBONE,
    weights: str | None = None,
    options: Mapping[str, Any] | None = None,
    seed: int = 0,
    device: str = "auto",
    overwrite: bool = False,
    home: str | Path | None = None,
    progress: Progress | None = None,
) -> AuditResult:
    """What is wrong with DATA: leaks, copies, shortcuts, identifying entries, unreadable files."""
    flags = {"backbone.name": backbone, "backbone.weights": weights, "seed": seed, "device": device}
    return audit_data(
        Path(data),
        out=Path(out) if out is not None else None,
        flags=flags | data_flags(options),
        home=Home.find(home),
        progress=progress,
        overwrite=overwrite,
    )


def rank(
    data: str | Path,
    *,
    backbones: Sequence[str] | None = None,
    out: str | Path | None = None,
    options: Mapping[str, Any] | None = None,
    set: Iterable[str] = (),
    seed: int = 0,
    device: str = "auto",
    overwrite: bool = False,
    home: str | Path | None = None,
    progress: Progress | None = None,
) -> RankResult:
    """Which source suits DATA: each of ``backbones`` (NAME or NAME@WEIGHTS; all that are here) tried on common
    folds."""
    flags = {"search.backbones": None if backbones is None else list(backbones), "seed": seed, "device": device}
    return rank_data(
        Path(data),
        out=Path(out) if out is not None else None,
        sets=set,
        flags=flags | data_flags(options),
        home=Home.find(home),
        progress=progress,
        overwrite=overwrite,
    )


def pretrain(
    data: str | Path | Sequence[str | Path],
    out: str | Path,
    *,
    method: str | Mapping[str, Any] = "supervised",
    backbone: str | None = None,
    weights: str | None = None,
    size: int | None = None,
    minutes: float | None = None,
    options: Mapping[str, Any] | None = None,
    set: Iterable[str] = (),
    seed: int = 0,
    device: str = "auto",
    overwrite: bool = False,
    home: str | Path | None = None,
    progress: Progress | None = None,
) -> PretrainResult:
    """Weights of a backbone from DATA (several for a method without labels), as the file ``out`` and in the store.

    ``method`` is a name or its settings (``{"kind": "vicreg", "epochs": 50}``); training starts from ``weights`` (a
    name in the store, or ``random``) and ends within ``minutes``. Broken off, the same call goes on where it stopped.
    """
    settings = {"kind": method} if isinstance(method, str) else dict(method)
    several = [data] if isinstance(data, str | Path) else data
    flags = {"backbone.name": backbone, "backbone.weights": weights, "preprocess.size": size}
    flags |= {"seed": seed, "device": device, **data_flags(options)}
    flags |= {f"pretext.{name}": value for name, value in settings.items() if name != "kind"}
    return pretrain_weights(
        [Path(item) for item in several],
        Path(out),
        method=str(settings.get("kind", "supervised")),
        minutes=minutes,
        sets=set,
        flags=flags,
        home=Home.find(home),
        progress=progress,
        overwrite=overwrite,
    )


def show(
    file: str | Path,
    out: str | Path = "shown.png",
    *,
    member: str = "",
    augment: int = 0,
    backbone: str = DEFAULT_BACKBONE,
    weights: str | None = None,
    modality: str | None = None,
    seed: int = 0,
    overwrite: bool = False,
    home: str | Path | None = None,
) -> Shown:
    """One picture, or the middle slice of a volume, as its file shows it beside what the network sees, as PNG."""
    flags = {"backbone.name": backbone, "backbone.weights": weights, "data.modality": modality, "seed": seed}
    place, given = Home.find(home), Path(file)
    return show_file(given, out=Path(out), member=member, augment=augment, flags=flags, home=place, overwrite=overwrite)


def report(run: str | Path, *, images: bool = True) -> Path:
    """Draw ``report.html`` and ``model_card.md`` again from the run's files."""
    return render_report(Path(run), images=images)
