"""Whether heat maps point at the finding: the pointing game on the phantom, against maps that know nothing.

    python bench/explanation.py [--patients 240] [--judged 160] [--methods hirescam gradcam] [--work DIR]

Training films and judged films are of one phantom site and of different people. Networks: EfficientNet-Lite0 with
ImageNet's weights at 224 pixels, and a small ViT (``vit_tiny_patch16_224`` for 128 pixels) that was trained from random
weights on the phantom's *other* site, because no ImageNet ViT is at hand: for it "transfer" is from site to site. By
its labels it learnt nothing there (an AUROC of 0.5 after 40 epochs of 700 films), so it learns without them, by VICReg.
Each frozen (``linear-probe``) and fine-tuned (``lp-ft``). Judged are all films with a nodule, whatever the network
called them; the map is that of the evidence for a nodule. Rows, runs and weights are kept in the work folder, so that
an interrupted run goes on. Writes its part of ``docs/benchmarks.md``.
"""

import argparse
import csv
import json
import time
from pathlib import Path

import numpy as np
import pandas as pd
from page import replace_section

from medgraft.data.imaging.reader import ImageReader
from medgraft.data.phantom.cohort import write_phantom
from medgraft.experiment.fitting import fit_run
from medgraft.experiment.pretraining import pretrain_weights
from medgraft.experiment.stages.explanation import localisation_content
from medgraft.experiment.stages.heat_maps import HeatMaps
from medgraft.experiment.stages.picture_outlines import picture_outlines
from medgraft.home import Home
from medgraft.measure.localisation.evaluation import BASELINES, evaluate_localisation
from medgraft.source.embedding.embed import Picture
from medgraft.use.prediction.predictor import Predictor

VIT = "vit_tiny_patch16_224"
SIZES = {"lite0": 224, "vit": 128}
"""Pixels that each sees. A nodule is an eighth of the side: of 128 pixels it is one cell of the last stages."""
SOURCE = "explanation-source"
PERTURBED = 24
"""Films whose deletion and insertion curves are drawn (means of areas are told)."""
STRATEGIES = {
    "frozen": {"strategy.kind": "linear-probe"},
    "fine-tuned": {"strategy.kind": "lp-ft", "strategy.epochs": 6},
}


def of_site(folder, site):
    """A table of the phantom's films of one of its two sites, beside the whole one."""
    with (folder / "table.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    name = sorted({row["site"] for row in rows})[site]
    place = folder / f"site-{site}.csv"
    with place.open("w", newline="") as file:
        writer = csv.DictWriter(file, ["path", "label", "patient"])
        writer.writeheader()
        writer.writerows({key: row[key] for key in writer.fieldnames} for row in rows if row["site"] == name)
    return place


def fitted(work, table, network, strategy, home):
    """The run of a network and a strategy."""
    out = work / f"run-{network}-{strategy}"
    size = SIZES[network]
    flags = {"preprocess.size": size, "evaluation.explained": 0, "data.positive": "nodule", **STRATEGIES[strategy]}
    if network == "vit":
        flags |= {"backbone.name": f"{VIT}[img_size={size}]", "backbone.weights": SOURCE}
    result = fit_run(table, out, flags=flags, home=home)
    return out, result.metrics["test"]["auroc"]


def judged(run, table, method, home):
    """Scores of one method's maps on the films with a nodule, and how long a map took."""
    predictor, reader = Predictor.load(run, home), ImageReader()
    rows = pd.read_csv(table)
    rows = rows[rows["label"] == "nodule"].reset_index(drop=True)
    pictures = [Picture(table.parent / path, "", "") for path in rows["path"]]
    outlines = picture_outlines(pictures, predictor.bundle.preprocessing, reader)
    kept = [place for place, outline in enumerate(outlines) if outline is not None]
    maps = HeatMaps(predictor.bundle, predictor.job(), method, reader=reader, engine=predictor.engine)
    target = predictor.bundle.task.positive_index
    drawn, began = [], time.perf_counter()
    for place in kept:
        drawn.append(maps.of(pictures[place], target)[0])
    seconds, heats = (time.perf_counter() - began) / len(kept), [one.heat for one in drawn]
    curves = [maps.perturbed(one, target) for one in drawn[:PERTURBED]]
    found = evaluate_localisation(
        {method: np.stack(heats)},
        np.stack([outlines[place] for place in kept]),
        groups=pd.factorize(rows["patient"].iloc[kept])[0],
        seed=0,
    )
    areas = {
        "deletion": float(np.mean([one.deletion_area for one in curves])),
        "insertion": float(np.mean([one.insertion_area for one in curves])),
    }
    return {"seconds": seconds, "scores": localisation_content(found), **areas}


def told(estimate):
    return f"{estimate['value']:.2f} ({estimate['low']:.2f}–{estimate['high']:.2f})"


def lines(rows):
    """The table, and the sentence with the baselines."""
    heads = [
        "network",
        "strategy",
        "AUROC",
        "method",
        "pointing",
        "gain on centre",
        "gain on mean",
        "energy",
        "deletion ↓",
        "insertion ↑",
        "s a map",
    ]
    yield f"| {' | '.join(heads)} |"
    yield f"|---|---|---:|---|{'---:|' * 7}"
    for row in rows:
        own = row["scores"][row["method"]]
        gains = [told(own["gain"][name]["pointing"]) for name in BASELINES]
        cells = [row["network"], row["strategy"], told(row["auroc"]), row["method"], told(own["pointing"]), *gains]
        plain = [f"{row[name]:.2f}" for name in ("deletion", "insertion", "seconds")]
        yield f"| {' | '.join([*cells, told(own['energy']), *plain])} |"
    first = rows[0]["scores"]
    blind = [f"{name} {told(first[name]['pointing'])}, energy {told(first[name]['energy'])}" for name in BASELINES]
    yield ""
    n = first[rows[0]["method"]]["pointing"]
    yield f"{n['n']} films with a nodule of {n['n_patients']} people. Maps that know nothing: {'; '.join(blind)}."


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--patients", type=int, default=240)
    parser.add_argument("--judged", type=int, default=160)
    parser.add_argument("--epochs", type=int, default=40, help="of the ViT on the other site")
    parser.add_argument("--methods", nargs="+", default=["hirescam", "gradcam"])
    parser.add_argument("--networks", nargs="+", default=["lite0", "vit"])
    parser.add_argument("--work", type=Path, default=Path("bench-work/explanation"))
    options = parser.parse_args()
    work = options.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    home = Home(work / "home")
    plan = {"images_per_patient": (1, 2), "sites": 2, "size": 256}
    whole = write_phantom(work / "training", patients=2 * options.patients, seed=21, **plan)
    others = write_phantom(work / "judged", patients=2 * options.judged, seed=22, **plan)
    here, there, films = of_site(whole, 1), of_site(whole, 0), of_site(others, 1)
    if "vit" in options.networks and not (work / f"{SOURCE}.safetensors").exists():
        name = f"{VIT}[img_size={SIZES['vit']}]"
        flags = {"backbone.name": name, "backbone.weights": "random", "preprocess.size": SIZES["vit"]}
        flags["pretext.epochs"] = options.epochs
        pretrain_weights([there], work / f"{SOURCE}.safetensors", method="vicreg", flags=flags, home=home)
    place = work / "rows.json"
    known = json.loads(place.read_text()) if place.exists() else {}
    for network in options.networks:
        for strategy in STRATEGIES:
            run, auroc = fitted(work, here, network, strategy, home)
            for method in options.methods:
                key = f"{network} {strategy} {method}"
                if key not in known:
                    row = judged(run, films, method, home)
                    known[key] = {"network": network, "strategy": strategy, "method": method, "auroc": auroc, **row}
                    place.write_text(json.dumps(known))
                print(list(lines([known[key]]))[2], flush=True)
    replace_section("explanation", "\n".join(lines(list(known.values()))))


if __name__ == "__main__":
    main()
