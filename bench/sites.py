"""Sites that are made or real, for the benchmarks of shift and of adapting.

Pictures of a set, changed or not, their pooled features of the default backbone at 128 px (kept in the work folder),
and what a probe of one site says of another.
"""

import csv
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
import pandas as pd
from PIL import Image, ImageFilter
from pretrain import cases_of

from medgraft.data.imaging.reader import ImageReader
from medgraft.data.phantom.cohort import write_phantom
from medgraft.experiment.build import build_source
from medgraft.experiment.config import resolve_config
from medgraft.experiment.featuring import embed_data
from medgraft.experiment.stages.source_pictures import ChangedPictures
from medgraft.experiment.stages.workspace import pictures_of, read_told
from medgraft.home import Home
from medgraft.measure.shift.answers import Answers
from medgraft.measure.shift.assessment import Evidence
from medgraft.measure.shift.sides import Sides
from medgraft.progress import Progress
from medgraft.source.embedding.pixel_features import PixelFeatures
from medgraft.source.embedding.prepared import PreparedPixels
from medgraft.source.embedding.sampling import sampled
from medgraft.transfer.adaptation.adaptation import Pair, SourceCases, TargetCases, TargetNetwork
from medgraft.transfer.models.root import signed_root
from medgraft.transfer.strategies.linear_probe import LinearProbe, LinearProbeConfig
from medgraft.transfer.strategies.scored import Cases

SIZE, LARGE = 128, 1000


def exposure(image, strong, rng):
    values = np.asarray(image, np.float32) / 255
    return picture(values ** (2.5 if strong else 1.4) * (0.6 if strong else 0.9))


def blur(image, strong, rng):
    return image.filter(ImageFilter.GaussianBlur(3.0 if strong else 1.0))


def noise(image, strong, rng):
    values = np.asarray(image, np.float32) / 255
    return picture(values + rng.normal(0, 0.15 if strong else 0.04, values.shape))


def resolution(image, strong, rng):
    side = 28 if strong else 64
    return image.resize((side, side), Image.Resampling.BILINEAR).resize(image.size, Image.Resampling.BILINEAR)


def inversion(image, strong, rng):
    values = np.asarray(image, np.float32) / 255
    return picture(1 - values if strong else 0.7 * values + 0.3 * (1 - values))


def view(image, strong, rng):
    part = 0.6 if strong else 0.85
    width, height = image.size
    left, top = (1 - part) * width / 2, (1 - part) * height / 2
    return image.crop((int(left), int(top), int(width - left), int(height - top))).resize(image.size)


def picture(values):
    return Image.fromarray((np.clip(values, 0, 1) * 255).round().astype(np.uint8))


def colour(image, strong, rng):
    """Another batch of stain, or another lamp: each channel by a power of its own."""
    values = np.asarray(image, np.float32) / 255
    return picture(values ** np.float32((0.6, 1.3, 1.7) if strong else (0.85, 1.1, 1.2)))


SHIFTS = {one.__name__: one for one in (exposure, blur, noise, resolution, inversion, view)}
CHANGES = {**SHIFTS, "colour": colour}
STAIN = np.float32((0.5, 1.6, 0.8))
"""Optical density of red, green and blue where the stained phantom is densest."""


def originals(data, work, name):
    """(picture, label, patient) of every case of one set, small; grey, but for ``stained``, the phantom in colour."""
    if name == "stained":
        for image, label, patient in originals(data, work, "phantom"):
            yield picture(np.exp(-np.asarray(image, np.float32)[..., None] / 255 * STAIN)), label, patient
    elif name in ("busi", "cxr"):
        for path, label, group in cases_of(data, "cxr_nih" if name == "cxr" else name):
            yield Image.open(path).convert("L").resize((SIZE, SIZE)), label, group
    elif name in ("pneumonia", "children"):
        with np.load(data / "pneumoniamnist" / "pneumoniamnist.npz") as arrays:
            images, labels = arrays["train_images"], arrays["train_labels"].ravel()
        chosen = np.random.default_rng(0).permutation(len(images))[:LARGE]
        for row in chosen.tolist():
            label = ("No_findings", "Pneumonia")[int(labels[row])]
            yield Image.fromarray(images[row]).resize((SIZE, SIZE), Image.Resampling.BICUBIC), label, str(row)
    else:
        folder = work / "phantom"
        if not folder.exists():
            write_phantom(folder, patients=400, size=SIZE, seed=0)
        table = folder / "table.csv"
        for row in pd.read_csv(table, dtype=str).to_dict("records"):
            # 12 bits in 16; Pillow's own conversion to 8 bits would cut off all that is above 255.
            values = np.asarray(Image.open(folder / row["path"]), np.float32) / 4095
            yield picture(values).resize((SIZE, SIZE)), row["label"], row["patient"]


@lru_cache(maxsize=32)
def features_of(data, work, name, shift):
    """(features (n, d), labels, patients) of one set, all its pictures changed alike."""
    key = f"{name}-{shift}".replace(" ", "-")
    out = work / f"{key}.parquet"
    if not out.exists():
        folder, rng = work / "pictures" / key, np.random.default_rng(1)
        folder.mkdir(parents=True, exist_ok=True)
        kind, _, how = shift.partition(" ")
        with (folder / "cases.csv").open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["path", "label", "patient_id"])
            for number, (image, label, patient) in enumerate(originals(data, work, name)):
                made = CHANGES[kind](image, how == "strong", rng) if kind in CHANGES else image
                made.save(folder / f"{number:05d}.png")
                writer.writerow([f"{number:05d}.png", label, patient])
        embed_data(folder / "cases.csv", out, flags={"preprocess.size": SIZE, "data.modality": "unknown"})
    table = pd.read_parquet(out)
    columns = [column for column in table.columns if column[0] == "f" and column[1:].isdigit()]
    # Equal pictures have one row each; the order is the table's.
    return table[columns].to_numpy(np.float32), table["label"].to_numpy(str), table["patient_id"].to_numpy(str)


def halves_of(data, work, pair, seed):
    """(set, shift, rows) of the source and of the target of one pair."""
    name, _, shift = pair.partition(": ")
    if "→" in name:
        return [(side, "none", slice(None)) for side in name.split("→")]
    plain = features_of(data, work, name, "none")
    first, second = patient_parts(plain[2], 2, seed)
    ours = (name, "none", np.isin(plain[2], first))
    if shift == "label shift":
        return [ours, (name, "none", with_shares(plain[1], np.isin(plain[2], second), seed))]
    changed = features_of(data, work, name, shift)
    require_one_house(plain, changed)
    return [ours, (name, shift, ~np.isin(changed[2], first))]


def pair_of(data, work, pair, seed):
    """Source and target (features, labels, patients) of one pair."""
    return [rows_of(features_of(data, work, *side), rows) for *side, rows in halves_of(data, work, pair, seed)]


def pictures_and_job(work, name, shift, rows):
    """Prepared pixels of ``rows`` of one set, in the order of its features, and the network that made those."""
    home, reader, progress = Home.find(), ImageReader(), Progress()
    settings = resolve_config(None, [], {"preprocess.size": SIZE, "data.modality": "unknown"})
    key = f"{name}-{shift}".replace(" ", "-")
    cohort = read_told(work / "pictures" / key / "cases.csv", settings.data, home, reader, progress)
    found = pictures_of(cohort.table)
    job, preprocessing = build_source(settings, found, home, reader, sampled(found, home, reader))
    place = {case: row for row, case in enumerate(cohort.table["case_id"])}
    cases = pd.read_parquet(work / f"{key}.parquet", columns=["case_id"])["case_id"][rows]
    return PreparedPixels([found[place[case]] for case in cases], preprocessing, reader), job


def changed_pictures(data, work, pair, seed):
    """The pictures of a pair's source, to be looked at under other acquisitions."""
    pixels, job = pictures_and_job(work, *halves_of(data, work, pair, seed)[0])
    return ChangedPictures(pixels, PixelFeatures(job), seed=seed)


def network_of(data, work, pair, seed):
    """The network of a pair's source and the pictures of its target, for what changes the network."""
    pixels, job = pictures_and_job(work, *halves_of(data, work, pair, seed)[1])
    return TargetNetwork(job.backbone, pixels, job.state)


def patient_parts(patients, count, seed):
    """Names of patients in ``count`` random parts, as equal as can be; the first part of two is the smaller."""
    drawn = np.random.default_rng(seed).permutation(np.unique(patients))
    cuts = [number * len(drawn) // count for number in range(count + 1)]
    return [drawn[start:stop] for start, stop in pairwise(cuts)]


def rows_of(columns, rows):
    return tuple(column[rows] for column in columns)


def require_one_house(plain, changed):
    """Patients' names are hashes of the house: those of another house would not be recognised, and a patient would
    stand on both sides."""
    if np.isin(changed[2], plain[2]).mean() < 0.9:
        raise SystemExit("the work folder holds features that were made with another MEDGRAFT_HOME: use another --work")


def with_shares(labels, among, seed, share=0.8, most=None):
    """Rows of which the first class has ``share``; at most ``most``."""
    rng, rows = np.random.default_rng(seed), np.flatnonzero(among)
    first, odds = labels[rows] == np.unique(labels)[0], share / (1 - share)
    ones = int(min(first.sum(), round(odds * (~first).sum())))
    ones = ones if most is None else min(ones, round(share * most))
    one = rng.permutation(rows[first])[: max(1, ones)]
    other = rng.permutation(rows[~first])[: max(20, int(len(one) / odds + 1e-9))]
    return np.sort(np.concatenate([one, other]))


def probe(features, labels, groups, classes, seed):
    cases = Cases(signed_root(features), labels, groups, classes)
    return LinearProbe(LinearProbeConfig()).fitted(cases, inner_folds=5, seed=seed)


@dataclass(frozen=True)
class Ground:
    """Two sites with the source's probe: ``labels`` and ``truth`` are indices of ``classes``; ``held_out`` is what the
    probe says of source cases by folds that did not hold them."""

    pair: Pair
    truth: np.ndarray
    held_out: np.ndarray

    @classmethod
    def of(cls, source, target, seed):
        """Of (features, labels, patients) of both."""
        (here, said, ours), (there, told, theirs) = source, target
        classes = sorted(set(said))
        labels, truth = (np.array([classes.index(label) for label in side]) for side in (said, told))
        codes = pd.factorize(np.concatenate([ours, theirs]))[0].astype(np.int64)
        groups, target_groups = codes[: len(ours)], codes[len(ours) :]
        fitted = probe(here, labels, groups, len(classes), seed)
        cases = SourceCases(here, labels, groups), TargetCases(there, target_groups)
        return cls(Pair(*cases, len(classes), fitted.head(rooted=True), seed=seed), truth, fitted.held_out)

    @property
    def evidence(self):
        """For the test of shift: what the verb reads, no label of the target."""
        source, target = self.pair.source, self.pair.target
        groups = {"source_groups": source.groups, "target_groups": target.groups}
        sides = Sides.of(signed_root(source.features), signed_root(target.features), **groups)
        return Evidence(sides, Answers.of(self.held_out, source.labels, self.pair.before, **groups))
