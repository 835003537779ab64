"""What the gate refuses: models of two sets of pictures are shown each other's, other modalities, photographs, noise.

    python bench/gate.py [--data ../shared/data] [--photographs ../shared/weights/eval_images] [--work DIR]

`medgraft fit` with its defaults on each own set, then `predict` on whole sets of others; nothing is set for either. The
own kind is the test part, whole, in several splits (``--seeds``): one split of 200 films alone says little of a rate of
one in twenty. Pictures have equal channels before the gate sees them: a model of grey pictures takes the luma of
coloured ones, a model of coloured pictures takes grey ones as three equal channels. That this is not told by colour is
checked: every foreign set is shown a second time as grey pictures (its luma stored in one channel).

Inverted and upside-down own test pictures are no other kind: the AUROC of strangeness against the same pictures upright
is given, and nothing is claimed. Writes its part of ``docs/benchmarks.md``.
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from page import replace_section
from PIL import Image
from sklearn.metrics import roc_auc_score

import medgraft
from medgraft.measure.intervals.wilson import wilson
from medgraft.use.prediction.abstaining import EMPTY, STRANGE

KINDS = (".png", ".jpg", ".jpeg", ".bmp", ".tif")
OWN = {"cxr_nih": "Chest films (NIH)", "busi": "Breast ultrasound (BUSI)"}
FOREIGN = {
    "photographs": "photographs",
    "busi": "breast ultrasound",
    "cxr_nih": "chest films",
    "isbi2012/images": "electron microscopy (ISBI 2012)",
    "bccd/JPEGImages": "blood smears (BCCD)",
}
LEAST_REFUSED, LEAST_KEPT = 0.99, 0.95


def pictures(folder):
    return [path for path in sorted(folder.rglob("*")) if path.suffix.lower() in KINDS]


def as_grey(files, folder):
    """The same pictures with one channel."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, path in enumerate(files):
        target = folder / f"{number}.png"
        if not target.exists():
            with Image.open(path) as opened:
                opened.convert("L").save(target)
    return pictures(folder)


def broken(folder):
    """Noise of two kinds, and a black picture."""
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(0)
    for number in range(20):
        Image.fromarray(random.integers(0, 256, (256, 256), dtype=np.uint8)).save(folder / f"white-{number}.png")
        soft = np.clip(128 + 50 * random.normal(size=(256, 256)), 0, 255)
        Image.fromarray(soft.astype(np.uint8)).save(folder / f"normal-{number}.png")
    Image.fromarray(np.zeros((256, 256), np.uint8)).save(folder / "black.png")
    return pictures(folder)


def changed(files, folder, change):
    folder.mkdir(parents=True, exist_ok=True)
    for path in files:
        with Image.open(path) as opened:
            Image.fromarray(change(np.asarray(opened.convert("RGB")))).save(folder / f"{path.stem}.png")
    return pictures(folder)


def answered(run, files):
    table = medgraft.predict(run, files)
    return table[table["reason"] == ""]


def refused(table):
    return table["abstain"].isin([STRANGE, EMPTY]).to_numpy()


def own_test_files(run):
    cases = pd.read_parquet(run / "predictions.parquet")
    cases = set(cases.loc[cases["split"] == "test", "case_id"])
    links = pd.read_parquet(run / "private" / "links.parquet")
    return [Path(path) for path, case in zip(links["path"], links["case_id"], strict=True) if case in cases]


def share(hits, wanted, *, least):
    """``12 of 12 (100 %)`` and whether it is as wanted."""
    rate = hits.mean()
    low, high = wilson(float(rate), len(hits))
    fits = rate >= wanted if least else rate <= wanted
    text = f"{hits.sum()} of {len(hits)} ({100 * rate:.1f} %, {100 * low:.1f} to {100 * high:.1f})"
    return text if fits else f"**{text}**", fits


def rows_of(own, options):
    """Table rows of one own set, and whether every claim holds."""
    runs = []
    for seed in range(options.seeds):
        run = options.work / f"{own}-{seed}"
        medgraft.fit(options.data / own, run, seed=seed)
        runs.append(run)
    run, rows, held = runs[0], [], []
    per_seed = [refused(answered(one, own_test_files(one))) for one in runs]
    text, fits = share(np.concatenate(per_seed), 1 - LEAST_KEPT, least=False)
    spread = ", ".join(f"{100 * hits.mean():.1f}" for hits in per_seed)
    rows.append(f"| own test pictures, {len(runs)} splits ({spread} %) | {text} | at most 5 % | |")
    held.append(fits)
    upright = answered(run, own_test_files(run))["strangeness"].to_numpy()
    for name, words in FOREIGN.items():
        if name.partition("/")[0] == own:
            continue
        files = pictures(options.photographs if name == "photographs" else options.data / name)
        for how, shown in (("", files), (", as grey", as_grey(files, options.work / "grey" / name))):
            table = answered(run, shown)
            text, fits = share(refused(table), LEAST_REFUSED, least=True)
            rows.append(f"| {words}{how} | {text} | 99 % or more | {table['strangeness'].min():.2f} |")
            held.append(fits)
    table = answered(run, broken(options.work / "broken"))
    text, fits = share(refused(table), 1.0, least=True)
    rows.append(f"| noise, black | {text} | all | |")
    held.append(fits)
    for words, change in (("inverted", lambda pixels: 255 - pixels), ("upside down", lambda pixels: pixels[::-1])):
        turned = answered(run, changed(own_test_files(run), options.work / own / words, change))[
            "strangeness"
        ].to_numpy()
        truth = np.repeat([0, 1], [len(upright), len(turned)])
        auroc = roc_auc_score(truth, np.concatenate([upright, turned]))
        rows.append(f"| own test pictures {words} | AUROC {auroc:.3f} | no claim | |")
    return rows, held


def section(found):
    lines = [
        "Refused, with a 95 % Wilson interval (cases); bold where the claim does not hold. Least strangeness: of the",
        "nearest picture of the set, in units of the bound. Linear probe on `tf_efficientnet_lite0`, all defaults.",
    ]
    held = []
    for own, (rows, fits) in found.items():
        head = f"| Model of: {OWN[own]} | refused | claimed | least strangeness |"
        lines += ["", head, "|---|---:|---|---:|", *rows]
        held += fits
    return "\n".join([*lines, "", f"{sum(held)} of {len(held)} claims hold."])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--photographs", type=Path, default=Path("../shared/weights/eval_images"))
    parser.add_argument("--work", type=Path, default=Path("bench-work/gate"))
    parser.add_argument("--seeds", type=int, default=5)
    options = parser.parse_args()
    text = section({own: rows_of(own, options) for own in OWN})
    print(text)
    replace_section("gate", text)


if __name__ == "__main__":
    main()
