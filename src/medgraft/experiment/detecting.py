"""Detection from end to end: what ``fit`` does after the split, and the boxes of new pictures.

Writes ``history.csv``, the bundle, ``boxes.parquet`` (the truth, all cases), ``predicted_boxes.parquet`` (every box
that was not suppressed, whatever its score, of validation and test: measures go through all scores; from which score on
one is called says ``_meta.thresholds``) and ``metrics.json``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medgraft.data.cohort.options import CohortOptions
from medgraft.data.imaging.reader import ImageReader
from medgraft.data.outlines.box_frame import BOX_COLUMNS, box_frame, write_boxes
from medgraft.data.outlines.boxes import Boxes
from medgraft.errors import CohortError, MedgraftError, UsageError
from medgraft.experiment.build import choose_device
from medgraft.experiment.stages.evaluating import patient_numbers
from medgraft.experiment.stages.given_files import read_given
from medgraft.experiment.stages.predicted_boxes import all_predicted, predicted_boxes
from medgraft.experiment.stages.workspace import Workspace, pictures_of
from medgraft.experiment.tables import write_csv, write_table
from medgraft.files import write_json
from medgraft.home import Home
from medgraft.measure.detection.evaluation import box_counts, evaluate_boxes
from medgraft.progress import Progress
from medgraft.source.embedding.prepared import PreparedPixels
from medgraft.transfer.detection.bundle import DetectorBundle, write_detector
from medgraft.transfer.detection.decoding import Candidates, choose_cuts, image_boxes, suppressed
from medgraft.transfer.detection.material import DetectionMaterial
from medgraft.transfer.detection.plan import plan_detection
from medgraft.transfer.detection.settings import DETECTION_STRATEGIES, DetectionSettings
from medgraft.transfer.tasks.detection import Detection
from medgraft.use.prediction.box_finder import BoxFinder, Looked
from medgraft.use.prediction.coco_export import Pictured, write_coco

__all__ = ["Detections", "detect_files", "learn_and_judge_boxes"]

_JUDGED = ("val", "test")


def learn_and_judge_boxes(
    work: Workspace, boxes: Mapping[str, Boxes], settings: DetectionSettings | None = None
) -> None:
    """From the split to the numbers. ``boxes`` by case id; a case that is not in it has none. The strategy is that of
    the config, where detection has it.

    Raises ``CohortError`` for a cohort with volumes or without a box, and what training raises.
    """
    kind = str(work.config.strategy["kind"])
    settings = settings or DetectionSettings()
    if kind in DETECTION_STRATEGIES:
        settings = settings.model_copy(update={"strategy": kind})
    judge = _Judge(work, boxes, settings)
    with work.timed("train"):
        bundle, candidates = judge.learn()
    with work.timed("evaluate"):
        judge.judge(bundle, candidates)


@dataclass(frozen=True)
class _Chosen:
    """Pixels by the number of a row among ``rows``."""

    pixels: PreparedPixels
    rows: NDArray[np.int64]

    def __call__(self, numbers: NDArray[np.int64]) -> NDArray[np.float32]:
        return self.pixels(self.rows[numbers])


class _Judge:
    """The cases of a workspace with their boxes."""

    def __init__(self, work: Workspace, boxes: Mapping[str, Boxes], settings: DetectionSettings) -> None:
        if work.embedding is None or work.split is None:
            raise MedgraftError("detecting: the embedding or the split stage has not run")
        self.work, self.settings = work, settings
        table, facts = work.cohort.table, work.embedding.facts
        self.shapes = [(one.height, one.width) for one in facts if one is not None]
        if len(self.shapes) != len(table) or (table["member"] == "*").any():
            raise CohortError("detecting: some cases are volumes; boxes are learnt and found in pictures")
        self.cases = [str(case) for case in table["case_id"]]
        self.boxes = [boxes.get(case, Boxes()) for case in self.cases]
        self.labels = tuple(sorted({label for one in self.boxes for label in one.labels}))
        if not self.labels:
            raise CohortError(f"detecting: none of {len(table)} cases has a box; annotate some, or do another task")
        self.parts = np.array([part or "" for part in work.parts()])

    def rows(self, part: str) -> NDArray[np.int64]:
        """Of a part of the split."""
        return np.flatnonzero(self.parts == part).astype(np.int64)

    def learn(self) -> tuple[DetectorBundle, dict[str, list[Candidates]]]:
        """Plan, train, choose the cuts, write the bundle; and the candidates of the parts that are judged."""
        # torch is imported to train: a start of the command line with another task never comes here
        from medgraft.transfer.detection.looking import candidates_of
        from medgraft.transfer.detection.training import fit_detector

        work, train = self.work, self.rows("train")
        plan = plan_detection(
            [self.boxes[row] for row in train], [self.shapes[row] for row in train], self.settings.size
        )
        prepared = work.preprocessing.model_copy(update={"size": plan.size, "fit": plan.fit})
        pixels = PreparedPixels(pictures_of(work.cohort.table), prepared, work.reader)
        fitted = fit_detector(self._material(pixels, prepared.digest()), plan, self.settings)
        write_csv(work.run / "history.csv", pd.DataFrame(fitted.history))
        network, candidates = fitted.trained.build(), dict[str, list[Candidates]]()
        for part in _JUDGED:
            rows = self.rows(part)
            frames = [plan.frame(*self.shapes[row]) for row in rows]
            found = candidates_of(network, _Chosen(pixels, rows), frames, work.job.device)
            candidates[part] = list(work.progress.track(found, total=len(rows), label=f"finding boxes, {part}"))
        truths = [self.boxes[row].by_label() for row in self.rows("val")]
        cuts = choose_cuts(candidates["val"], truths, self.labels, "val")
        bundle = DetectorBundle(fitted.trained, self.settings, prepared, Detection(self.labels), cuts, work.job.device)
        write_detector(work.run.bundle, bundle)
        work.facts = {"detection": {**fitted.facts, "plan": plan.model_dump(mode="json"), "cuts": cuts.to_json()}}
        return bundle, candidates

    def _material(self, pixels: PreparedPixels, prepared: str) -> DetectionMaterial:
        work = self.work
        return DetectionMaterial(
            pixels=pixels,
            boxes=self.boxes,
            shapes=self.shapes,
            train=self.rows("train"),
            val=self.rows("val"),
            labels=self.labels,
            backbone=work.job.backbone,
            channels=work.preprocessing.channels,
            modality=str(work.cohort.table["modality"].iloc[self.rows("train")].mode().iloc[0]),
            checkpoints=work.run.checkpoints / "detection",
            identity=f"{work.cohort.pixels_digest()}|{prepared}|{work.job.identity()}",
            cache=work.home.cache,
            seed=work.config.seed,
            device=work.job.device,
            progress=work.progress,
        )

    def judge(self, bundle: DetectorBundle, candidates: Mapping[str, Sequence[Candidates]]) -> None:
        """Write the two tables of boxes and the numbers."""
        work, config = self.work, self.work.config
        write_boxes(work.run / "boxes.parquet", box_frame(dict(zip(self.cases, self.boxes, strict=True))))
        content: dict[str, Any] = {}
        counts: dict[str, Any] = {}
        frames, warnings = list[pd.DataFrame](), ["leaking split"] if work.split and work.split.leaking else []
        for part in _JUDGED:
            rows = self.rows(part)
            kept = [suppressed(one, bundle.cuts.nms_iou) for one in candidates[part]]
            frames += [
                predicted_boxes(self.cases[row], one, self.labels, part) for row, one in zip(rows, kept, strict=True)
            ]
            images = [
                image_boxes(self.boxes[row].by_label(), one, self.labels) for row, one in zip(rows, kept, strict=True)
            ]
            if not any(len(self.boxes[row]) for row in rows):
                warnings.append(f"{part}: none of its {len(rows)} cases has a box, so it has no numbers")
                continue
            content[part] = evaluate_boxes(
                images,
                self.labels,
                groups=patient_numbers(work.cohort.table["patient_id"].iloc[rows]),
                seed=config.seed,
                replicates=config.evaluation.replicates,
            )
            counts[part] = box_counts(images, self.labels)
            warnings += [f"{part}: no box of {label}" for label, one in counts[part].items() if not one["boxes"]]
        write_table(work.run / "predicted_boxes.parquet", all_predicted(frames))
        content["_meta"] = {
            "positive_label": None,
            "task": "detection",
            "labels": list(self.labels),
            "thresholds": {"score": bundle.cuts.score, "nms_iou": bundle.cuts.nms_iou, "from": bundle.cuts.chosen_from},
            "chosen_by": "nms_iou: highest mAP50; score: highest mean F1 at an IoU of 0.5",
            "boxes": counts,
            "bootstrap_replicates": config.evaluation.replicates,
            "stamp": "leaking split" if work.split and work.split.leaking else None,
            "warnings": warnings,
        }
        write_json(work.run / "metrics.json", content)


@dataclass(frozen=True)
class Detections:
    """``table``: file, case_id, label, score, x0, y0, x1, y1 (pixels, half-open), reason; a picture without a box, and
    one that could not be read, has a row without a label (the latter with its reason). ``pictures``: how many were
    looked at."""

    table: pd.DataFrame
    pictures: int
    warnings: list[str]


def detect_files(
    run: Path,
    files: Sequence[Path],
    *,
    out: Path | None = None,
    paths: bool = True,
    options: CohortOptions | None = None,
    device: str = "auto",
    home: Home | None = None,
    progress: Progress | None = None,
    overwrite: bool = False,
) -> Detections:
    """The boxes that are called in files, folders or tables of pictures. ``out``: a CSV file, or COCO where its name
    ends in ``.json``. Raises ``UsageError`` for files that are not there, ``ArtifactError`` for a run that is no
    detector's."""
    progress, home, reader = progress or Progress(), home or Home.find(), ImageReader()
    if out is not None and out.exists() and not overwrite:
        raise UsageError(f"--out {out}: it exists already; give another name, or --overwrite")
    finder = BoxFinder.load(run, device=choose_device(device))
    given = read_given(files, options or CohortOptions(), home, reader, progress)
    cases = given.table
    looked = list(finder.look(pictures_of(cases), reader=reader, progress=progress))
    rows = [row for case, one in zip(cases.to_dict("records"), looked, strict=True) for row in _rows(case, one)]
    rows += [{"file": item.path, "case_id": item.case_id, "reason": item.reason} for item in given.lost]
    columns = ["file", "case_id", "label", "score", *BOX_COLUMNS[2:], "reason"]
    table = pd.DataFrame(rows, columns=columns if paths else columns[1:])
    if out is not None and out.suffix.lower() == ".json":
        write_coco(out, _pictured(cases, looked, paths), finder.bundle.task.labels)
    elif out is not None:
        write_csv(out, table)
    return Detections(table, sum(one.found is not None for one in looked), list(progress.notices))


def _rows(case: Mapping[Any, Any], looked: Looked) -> list[dict[str, Any]]:
    """Of one picture."""
    place = {"file": case["path"], "case_id": case["case_id"]}
    if looked.found is None or not len(looked.found):
        return [{**place, "reason": looked.reason}]
    found = looked.found
    return [
        {**place, "label": label, "score": score, **dict(zip(BOX_COLUMNS[2:], box, strict=True)), "reason": ""}
        for label, score, box in zip(found.labels, found.scores.tolist(), found.boxes.tolist(), strict=True)
    ]


def _pictured(cases: pd.DataFrame, looked: Sequence[Looked], paths: bool) -> list[Pictured]:
    """The pictures that were looked at, by the name of their file, or of their case where paths stay out."""
    names = [Path(path).name for path in cases["path"]] if paths else [str(case) for case in cases["case_id"]]
    return [
        Pictured(name, one.shape, one.found)
        for name, one in zip(names, looked, strict=True)
        if one.found is not None and one.shape is not None
    ]
