"""``breastmnist`` at 28 px from scratch with the published protocol, through medgraft's own loop: a slow job.

    python bench/scratch28.py --data DIR [--seeds 0 1 2] [--epochs 100] [--work DIR]

MedMNIST v2 (Yang et al., Sci Data 2023): ResNet-18 whose first layer is 3 × 3 with stride 1 and without pooling, 100
epochs in batches of 128, Adam at 0.001, a tenth of it after epochs 50 and 75, no augmentation, pixels to [−1, 1], the
official split. What differs here: AdamW without weight decay is Adam; no warm-up; gradients are clipped at a norm so
large that it never happens; what stands in train or validation and again in the test set is taken out of the earlier
part. The weights of the best validation AUROC are kept, as published. Rows are kept in the work folder, and
a killed training goes on from its last epoch. Writes its part of ``docs/benchmarks.md``.
"""

import argparse
import json
import statistics
import time
from pathlib import Path

from page import replace_section
from torch import nn
from torchvision.models import resnet18

import medgraft

PUBLISHED = {"MedMNIST v2, their table": (0.901, 0.863), "a re-run by others": (0.907, None)}


def small_resnet18():
    """ResNet-18 for small pictures, without its head."""
    network = resnet18(weights=None)
    network.conv1 = nn.Conv2d(3, 64, 3, stride=1, padding=1, bias=False)
    network.maxpool = nn.Identity()
    network.fc = nn.Identity()
    return network


def one(options, seed):
    """AUROC and accuracy of one seed, with what it took."""
    began = time.monotonic()
    run = options.work / f"seed-{seed}-{options.epochs}-best"
    sets = [
        "strategy.kind=scratch",
        f"strategy.epochs={options.epochs}",
        "strategy.batch_size=128",
        "strategy.lr=0.001",
        "strategy.weight_decay=0",
        "strategy.warmup=0",
        "strategy.clip_norm=1e6",
        "strategy.schedule=steps",
        "strategy.keep=best-auroc",
        "strategy.augment=false",
        "preprocess.size=28",
        "preprocess.channels=3",
    ]
    result = medgraft.fit(
        options.data / "breastmnist" / "breastmnist.npz",
        run,
        backbone="small-resnet18",
        seed=seed,
        set=sets,
    )
    test = result.metrics["test"]
    row = {name: test[name] for name in ("auroc", "accuracy")}
    return {**row, "minutes": (time.monotonic() - began) / 60, "split": result.cases}


def table_of(rows):
    """Markdown."""
    aurocs = [row["auroc"]["value"] for row in rows.values()]
    lines = ["| | AUROC | accuracy | minutes |", "|---|---|---|---:|"]
    for seed, row in rows.items():
        cells = [f"{row[k]['value']:.3f} ({row[k]['low']:.3f}–{row[k]['high']:.3f})" for k in ("auroc", "accuracy")]
        lines.append(f"| seed {seed} | {' | '.join(cells)} | {row['minutes']:.0f} |")
    spread = f" ± {statistics.stdev(aurocs):.3f}" if len(aurocs) > 1 else ""
    lines.append(f"| **mean of {len(aurocs)}** | **{statistics.mean(aurocs):.3f}{spread}** | | |")
    for name, (auroc, accuracy) in PUBLISHED.items():
        lines.append(f"| {name} | {auroc:.3f} | {'' if accuracy is None else f'{accuracy:.3f}'} | |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder that holds breastmnist")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--epochs", type=int, default=100)
    parser.add_argument("--work", type=Path, default=Path("bench-work/scratch28"))
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    medgraft.register(
        "small-resnet18", small_resnet18, size=28, mean=(0.5,) * 3, std=(0.5,) * 3, licence="BSD-3-Clause"
    )
    kept = options.work / f"rows-{options.epochs}-best.json"
    rows = json.loads(kept.read_text()) if kept.exists() else {}
    for seed in options.seeds:
        if str(seed) not in rows:
            rows[str(seed)] = one(options, seed)
            kept.write_text(json.dumps(rows))
            print(seed, f"{rows[str(seed)]['auroc']['value']:.3f}", f"{rows[str(seed)]['minutes']:.1f} min", flush=True)
    text = table_of(rows)
    print(text)
    replace_section("scratch28", text)


if __name__ == "__main__":
    main()
