"""Planted near-duplicates: how many the audit finds, and how many of what it reports are none.

    python bench/leakage.py --data FOLDER_OF_DATA_SETS [--work DIR] [--sheets]

*Recall*: in ``cxr_nih``, ``busi`` and ``bccd`` 100 pictures are planted again in each of five ways (re-encoded as JPEG,
resized, mirrored, brightened, cropped by 5 %), patients on both sides in ``cxr_nih``. *Precision*: on the phantom,
where every reported pair that was not planted is wrong. ``--sheets`` draws 100 random pairs that are reported in the
untouched real sets (all if fewer) on contact sheets, for people to look at; their verdicts stand in
``docs/near-duplicates-verdicts.csv``. Writes its part of ``docs/pixels.md``.
"""

import argparse
import csv
import io
import random
import shutil
from pathlib import Path

import numpy as np
from page import replace_section
from PIL import Image, ImageEnhance, ImageOps

from medgraft.data.cohort.options import CohortOptions
from medgraft.data.cohort.read import read_cohort
from medgraft.data.imaging.reader import ImageReader
from medgraft.data.phantom.cohort import write_phantom
from medgraft.experiment.auditing import audit_data
from medgraft.experiment.build import build_source
from medgraft.experiment.config import resolve_config
from medgraft.experiment.stages.embedding import without_failures
from medgraft.experiment.stages.workspace import pictures_of
from medgraft.home import Home
from medgraft.insight.audit.near_pairs import find_near_pairs
from medgraft.source.embedding.cases import embed_cases

PLANTED = 100
SETS = {"cxr_nih": ".jpg", "busi": ".png", "bccd": ".jpg"}


def reencoded(picture, rng):
    buffer = io.BytesIO()
    picture.convert("RGB" if picture.mode not in ("L", "RGB") else picture.mode).save(
        buffer, "JPEG", quality=rng.randint(50, 85)
    )
    return Image.open(io.BytesIO(buffer.getvalue()))


def resized(picture, rng):
    scale = rng.choice([0.5, 0.7, 1.4])
    return picture.resize([max(16, round(side * scale)) for side in picture.size], Image.Resampling.BICUBIC)


def mirrored(picture, rng):
    return ImageOps.mirror(picture)


def brightened(picture, rng):
    changed = ImageEnhance.Brightness(picture).enhance(rng.choice([0.7, 1.3]))
    return ImageEnhance.Contrast(changed).enhance(rng.choice([0.8, 1.2]))


def cropped(picture, rng):
    """5 % of each side's length gone, from wherever."""
    width, height = picture.size
    left, top = rng.randint(0, round(0.05 * width)), rng.randint(0, round(0.05 * height))
    return picture.crop((left, top, left + round(0.95 * width), top + round(0.95 * height)))


KINDS = {
    "re-encoded": reencoded, "resized": resized, "mirrored": mirrored, "brightened": brightened, "cropped": cropped
}  # fmt: skip


def originals(data, name):
    return sorted(path for path in (data / name).rglob(f"*{SETS[name]}"))


def plant(files, folder, seed):
    """Copies of all files, and planted ones: a list of (kind, original, planted)."""
    rng, planted = random.Random(seed), []
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    names = {}
    for number, file in enumerate(files):
        names[file] = folder / f"o{number:05d}{file.suffix}"
        shutil.copyfile(file, names[file])
    for kind, change in KINDS.items():
        for number, file in enumerate(rng.sample(files, min(PLANTED, len(files)))):
            picture = Image.open(file)
            picture = picture if picture.mode in ("L", "RGB") else picture.convert("L")
            target = folder / f"p-{kind}-{number:03d}.png"
            change(picture, rng).save(target)
            planted.append((kind, names[file].name, target.name))
    return planted


def pairs_of(folder, home):
    """Reported pairs as sets of file names, with their likeness."""
    reader, config = ImageReader(), resolve_config()
    cohort = read_cohort(folder, CohortOptions(), home=home, reader=reader)
    pictures = pictures_of(cohort.table)
    job, preprocessing = build_source(config, pictures, home, reader)
    cohort, result = without_failures(cohort, embed_cases(pictures, job, preprocessing, reader=reader))
    names = [Path(path).name for path in cohort.table["path"]]
    full = list(cohort.table["path"])
    patients = [name if isinstance(name, str) else None for name in cohort.table["patient_id"]]
    found = find_near_pairs(result.pooled, result.facts, patients)
    hashes = [fact.pixel_hash for fact in result.facts]
    exact = {}
    for name, digest in zip(names, hashes, strict=True):
        exact.setdefault(digest, []).append(name)
    return {
        frozenset((names[pair.first], names[pair.second])): (pair.likeness, full[pair.first], full[pair.second])
        for pair in found
    }, [group for group in exact.values() if len(group) > 1]


def recall(data, work, home, name):
    """Share of planted copies whose pair is reported, by kind."""
    planted = plant(originals(data, name), work / f"planted-{name}", seed=1)
    found, _ = pairs_of(work / f"planted-{name}", home)
    return {
        kind: float(np.mean([frozenset((one, other)) in found for k, one, other in planted if k == kind]))
        for kind in KINDS
    }


def precision(work, home):
    """On the phantom: reported pairs that are of one original, among all; and recall there."""
    folder = work / "phantom"
    if not folder.exists():
        write_phantom(folder, patients=300, images_per_patient=(1, 1), size=256, seed=11, layout="folders")
    files = sorted(folder.glob("*/*.png"))
    planted = plant_deep(files, work / "planted-phantom")
    found, _ = pairs_of(work / "planted-phantom", home)
    family = {other: one for _, one, other in planted}
    right = sum(len({family.get(name, name) for name in pair}) == 1 for pair in found)
    wrong = [(sorted(pair), found[pair][0]) for pair in found if len({family.get(n, n) for n in pair}) > 1]
    shares = {
        kind: float(np.mean([frozenset((one, other)) in found for k, one, other in planted if k == kind]))
        for kind in KINDS
    }
    return right, len(found), shares, wrong


def plant_deep(files, folder):
    """As ``plant``, for 12-bit pictures: the planted ones are 8 bits deep."""
    small = folder.parent / "phantom-8-bit"
    shutil.rmtree(small, ignore_errors=True)
    small.mkdir()
    made = []
    for file in files:
        pixels = np.asarray(Image.open(file)).astype(np.uint16)
        Image.fromarray((pixels >> 4).astype(np.uint8)).save(small / file.name)
        made.append(small / file.name)
    return plant(made, folder, seed=2)


def patients(data, work, home):
    """Of patients planted on both sides of a given split of ``cxr_nih``: (found, planted, reported)."""
    with (data / "cxr_nih" / "manifest.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    rng, by_patient = random.Random(4), {}
    for row in rows:
        by_patient.setdefault(row["patient_id"], []).append(row)
    for cases in by_patient.values():
        part = "test" if rng.random() < 0.2 else "train"
        for row in cases:
            row["part"] = part
    several = sorted(name for name, cases in by_patient.items() if len(cases) > 1)
    planted = set(rng.sample(several, min(PLANTED, len(several))))
    for name in planted:
        by_patient[name][0]["part"] = "train" if by_patient[name][0]["part"] == "test" else "test"
    singles = iter(sorted(name for name, cases in by_patient.items() if len(cases) == 1))
    while len(planted) < PLANTED:
        one, other = next(singles), next(singles)
        by_patient[other][0].update(patient_id=one, part="test")
        by_patient[one][0]["part"] = "train"
        planted.add(one)
    folder = work / "patients"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "table.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["path", "label", "patient", "split"])
        for row in rows:
            place = data / "cxr_nih" / row["file"]
            writer.writerow([place, row["class"], row["patient_id"], row["part"]])
    reported = {item["patient"] for item in audit_data(folder, home=home).audit["patients_across_splits"]}
    wanted = {home.keyed_hash("patient", name) for name in planted}
    return len(wanted & reported), len(wanted), len(reported)


def sheets(data, work, home):
    """Contact sheets of reported pairs in the untouched sets, and the table for the verdicts."""
    rows = []
    for name in SETS:
        found, _ = pairs_of(data / name, home)
        chosen = sorted(found.items(), key=lambda item: sorted(item[0]))
        chosen = random.Random(3).sample(chosen, min(100, len(chosen)))
        print(f"{name}: {len(found)} pairs reported in the untouched set")
        for page in range(0, len(chosen), 20):
            sheet = Image.new("RGB", (5 * 330, 4 * 190), "white")
            for place, (_, (likeness, one, other)) in enumerate(chosen[page : page + 20]):
                for side, path in enumerate((one, other)):
                    picture = Image.open(path).convert("L").resize((160, 160))
                    sheet.paste(picture, ((place % 5) * 330 + side * 162, (place // 5) * 190))
                rows.append([name, Path(one).name, Path(other).name, f"{likeness:.3f}", ""])
            sheet.save(work / f"sheet-{name}-{page // 20:02d}.png")
    with (work / "verdicts.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([["set", "first", "second", "likeness", "verdict"], *rows])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, type=Path)
    parser.add_argument("--work", type=Path, default=Path("bench-work/leakage"))
    parser.add_argument("--sheets", action="store_true", help="draw contact sheets instead")
    options = parser.parse_args()
    data, work = options.data.resolve(), options.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    home = Home(work / "home")
    if options.sheets:
        sheets(data, work, home)
        return
    lines = [f"| set | {' | '.join(KINDS)} |", f"|---|{'---:|' * len(KINDS)}"]
    for name in SETS:
        shares = recall(data, work, home, name)
        lines.append(f"| {name} | {' | '.join(f'{shares[kind]:.2f}' for kind in KINDS)} |")
        print(lines[-1], flush=True)
    right, total, shares, wrong = precision(work, home)
    lines.append(f"| phantom | {' | '.join(f'{shares[kind]:.2f}' for kind in KINDS)} |")
    print(lines[-1], wrong[:10])
    lines += [
        "",
        f"On the phantom {right} of {total} reported pairs are right (precision {right / max(total, 1):.3f}).",
    ]
    print(lines[-1])
    found, planted, reported = patients(data, work, home)
    where = "on both sides of a given split of `cxr_nih`"
    lines.append(f"Patients planted {where}: {found} of {planted} found, {reported} reported.")
    print(lines[-1])
    replace_section("leakage", "\n".join(lines), page="pixels.md")


if __name__ == "__main__":
    main()
