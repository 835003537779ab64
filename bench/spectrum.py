"""Why random weights do not rank last: how many directions the features of each source use.

    python bench/spectrum.py --data DIR [--home HOME] [--size 128] [--work DIR]

For each source of one architecture of ``bench/rank.py``, on the same judged halves: the effective rank of the
standardised features (Roy & Vetterli, The Effective Rank, EUSIPCO 2007: exp of the entropy of the singular values'
shares), the share of the variance on the longest axis, and the share of features that are (nearly) constant. A network
whose features have collapsed onto few directions leaves a probe less to read than random filters do. Minutes. Writes
its part of ``docs/benchmarks.md``.
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from page import replace_section
from pretrain import MODALITY, TARGETS, halves
from rank import RANDOM

from medgraft.experiment.featuring import embed_data
from medgraft.home import Home
from medgraft.transfer.models.root import signed_root

SOURCES = ("tf_efficientnet_lite0", "imagenet-views", "imagenet-supervised", RANDOM, "supervised", "views")


def spectrum(features):
    """Effective rank, share of the longest axis, share of dead features; (n, d) float."""
    rows = signed_root(np.asarray(features, np.float64))
    spread = rows.std(axis=0)
    alive = spread > 1e-3 * spread.max()
    rows = (rows - rows.mean(axis=0))[:, alive] / spread[alive]
    singular = np.linalg.svd(rows, compute_uv=False)
    share = singular / singular.sum()
    share = share[share > 0]
    power = singular**2 / (singular**2).sum()
    return float(np.exp(-(share * np.log(share)).sum())), float(power[0]), float(1 - alive.mean())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder that holds busi and cxr_nih")
    parser.add_argument("--home", type=Path, help="the house of bench/pretrain.py, for its weights")
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--work", type=Path, default=Path("bench-work/spectrum"))
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    lines = [
        "| data | source | effective rank | longest axis | constant features |",
        "|---|---|---:|---:|---:|",
    ]
    for name in TARGETS:
        _, judged = halves(options.data.absolute(), options.work.absolute(), name, 0)
        for source in SOURCES:
            flags = {"backbone.name": source, "data.modality": MODALITY[name], "preprocess.size": options.size}
            out = options.work / f"{name}-{source}.parquet"
            embed_data(judged, out, flags=flags, home=Home.find(options.home), overwrite=True)
            table = pd.read_parquet(out)
            features = table[[column for column in table.columns if column[0] == "f" and column[1:].isdigit()]]
            rank, longest, dead = spectrum(features.to_numpy())
            lines.append(f"| {name} | `{source}` | {rank:.0f} | {longest:.0%} | {dead:.0%} |")
            print(lines[-1], flush=True)
    replace_section("spectrum", "\n".join(lines))


if __name__ == "__main__":
    main()
