"""Each preprocessing step and augmentation policy with and without, paired, on ``busi`` and ``cxr_nih``.

    python bench/preprocessing.py --data FOLDER_OF_DATA_SETS [--work DIR] [--augment]

Same cases and folds; the probe's out-of-fold probabilities (mean of three repeats) with the step against those
without, difference of AUROC with its 95 % interval over patients. ``--augment`` also fine-tunes at 128 pixels with and
without the modality's augmentation (hours on two cores: test cases, one split). Writes its part of ``docs/pixels.md``.
"""

import argparse
import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
from page import replace_section

import medgraft
from medgraft.measure.paired import auroc_difference

SETS = {"busi": "ultrasound", "cxr_nih": "radiograph"}
STEPS = {
    "percentile scaling": ['preprocess.intensity="percentile"'],
    "CLAHE": ['preprocess.filters=[{"kind": "clahe"}]'],
    "denoise": ['preprocess.filters=[{"kind": "denoise"}]'],
    "bias field": ['preprocess.filters=[{"kind": "bias-field"}]'],
    "histogram matching": ['preprocess.filters=[{"kind": "match-histogram"}]'],
    "pad, not squash": ['preprocess.fit="pad"'],
}


def fitted(data, name, sets, work, strategy=None):
    """Predictions of a fit, kept so that rows are resumable."""
    key = "-".join([name, strategy or "probe", *sets]).translate(str.maketrans("/\"'[]{}:=. ", "__________-"))
    kept = work / f"{key[:120]}.parquet"
    if not kept.exists():
        run = work / "run"
        shutil.rmtree(run, ignore_errors=True)
        options = {"modality": SETS[name]}
        medgraft.fit(data / name, run, set=sets, options=options, strategy=strategy, home=work / "home")
        pd.read_parquet(run / "predictions.parquet").to_parquet(kept)
    return pd.read_parquet(kept)


def probabilities(table, part):
    """case ids, truth, mean probabilities over repeats, patients."""
    rows = table[table["split"] == part]
    columns = [name for name in rows.columns if name.startswith("p_")]
    mean = rows.groupby("case_id", sort=True)[columns].mean()
    first = rows.drop_duplicates("case_id").set_index("case_id").loc[mean.index]
    labels = [name[2:] for name in columns]
    truth = np.array([labels.index(label) for label in first["y_true"]])
    patients = None if first["patient_id"].isna().any() else pd.factorize(first["patient_id"])[0]
    return truth, mean.to_numpy(), patients


def compared(with_step, without, part):
    truth, mine, patients = probabilities(with_step, part)
    _, other, _ = probabilities(without, part)
    positive = 1 if mine.shape[1] == 2 else None
    found = auroc_difference(truth, mine, other, positive=positive, groups=patients)
    return f"{found.difference:+.3f} ({found.low:+.3f} to {found.high:+.3f})"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, type=Path)
    parser.add_argument("--work", type=Path, default=Path("bench-work/preprocessing"))
    parser.add_argument("--augment", action="store_true")
    options = parser.parse_args()
    data, work = options.data.resolve(), options.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    lines = [f"| step | {' | '.join(SETS)} |", f"|---|{'---|' * len(SETS)}"]
    for title, sets in STEPS.items():
        cells = [compared(fitted(data, name, sets, work), fitted(data, name, [], work), "cv") for name in SETS]
        lines.append(f"| {title} | {' | '.join(cells)} |")
        print(lines[-1], flush=True)
    if options.augment:
        small = ["preprocess.size=128"]
        cells = []
        for name in SETS:
            off = fitted(data, name, [*small, "strategy.augment=false"], work, "lp-ft")
            cells.append(compared(fitted(data, name, small, work, "lp-ft"), off, "test"))
        lines.append(f"| augmentation while fine-tuning (test cases) | {' | '.join(cells)} |")
        print(lines[-1])
    (work / "lines.json").write_text(json.dumps(lines), "utf-8")
    replace_section("preprocessing", "\n".join(lines), page="pixels.md")


if __name__ == "__main__":
    main()
