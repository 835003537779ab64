"""Partial fine-tuning of a ResNet-50: seconds an epoch with the prefix cache, without it, and by plain PyTorch.

    python bench/finetune.py [--data DIR] [--cases 64] [--epochs 3] [--work DIR]

Random weights (time does not depend on them), ``busi`` pictures at 224 px, batches of 16, no augmentation. *Plain
PyTorch* is the usual script: a ``Dataset`` that opens, resizes and normalises each picture every epoch, two workers,
everything before the stage with ``requires_grad = False``, ``model.train()``, cross-entropy, AdamW. *fastai* is its
``Learner`` frozen up to the stage (it goes on training the BatchNorm layers below, as it does by default); its row is
there where fastai is. The first epoch (decoding, filling the cache) is told apart from the later ones, whose fastest
counts for every way. Rows are kept in the work folder, so that an interrupted run goes on. Writes its part of
``docs/benchmarks.md``.
"""

import argparse
import importlib.util
import json
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from page import replace_section
from PIL import Image
from torch import nn
from torchvision import transforms

from medgraft.data.imaging.preprocess import Preprocessing
from medgraft.data.imaging.reader import ImageReader
from medgraft.home import Home
from medgraft.progress import Progress
from medgraft.source.backbones.resolve import resolve_backbone
from medgraft.source.embedding.embed import Picture
from medgraft.source.embedding.prepared import PreparedPixels
from medgraft.transfer.models.heads.linear import LinearHead
from medgraft.transfer.training.checkpoint import Checkpoints
from medgraft.transfer.training.examples import Examples
from medgraft.transfer.training.finetuning import Start, fine_tune
from medgraft.transfer.training.pixel_feed import PixelFeed
from medgraft.transfer.training.plan import Plan, PrefixPlan, Rates
from medgraft.transfer.training.recipe import Cases, Recipe

STAGES = ("layer4", "layer3", "layer2", "layer1")
BATCH, SIZE = 16, 224
WAYS = {
    "scaled16": "medgraft, cache of 16-bit steps",
    "float16": "medgraft, cache float16",
    "float32": "medgraft, cache float32",
    "none": "medgraft, no cache",
    "plain": "plain PyTorch",
    "fastai": "fastai",
}


def ours(files, labels, stage, cache, epochs):
    """(seconds, training loss) of every epoch."""
    with tempfile.TemporaryDirectory() as folder:
        home, reader = Home(Path(folder)), ImageReader()
        backbone = resolve_backbone("resnet50", weights="random", home=home).pooled()
        pictures = [Picture(file, "", "") for file in files]
        pixels = PreparedPixels(pictures, Preprocessing(size=SIZE, channels=3), reader)
        count = len(files) - BATCH
        rows = np.arange(len(files))

        def part(chosen):
            return Examples(chosen, labels[chosen], np.ones(len(chosen)), chosen, PixelFeed(pixels))

        kept = None if cache == "none" else PrefixPlan(Path(folder) / "prefix", len(files), 1, cache, 10**10)
        head = LinearHead(np.zeros((3, 2048), np.float32), np.zeros(3, np.float32))
        done = fine_tune(
            Start(backbone, 3, head),
            Plan(Rates(1e-4, 1.0, 0.01), stage=stage, prefix=kept),
            Cases(part(rows[:count]), part(rows[count:])),
            Recipe(epochs, BATCH, 0.0, 99, 1.0, 0, "cpu"),
            Checkpoints(Path(folder) / "checkpoints", "f"),
            Progress(),
        )
    history = done.trained.history[1:]
    return [row["seconds"] for row in history], [row["train_loss"] for row in history]


class Pictures(torch.utils.data.Dataset):
    """As most scripts have it."""

    def __init__(self, files, labels):
        self.files, self.labels = files, labels
        self.transform = transforms.Compose(
            [
                transforms.Resize((SIZE, SIZE)),
                transforms.ToTensor(),
                transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
            ]
        )

    def __len__(self):
        return len(self.files)

    def __getitem__(self, index):
        return self.transform(Image.open(self.files[index]).convert("RGB")), int(self.labels[index])


def frozen_resnet(stage):
    """torchvision's ResNet-50 that learns from ``stage`` on."""
    from torchvision.models import resnet50

    model = resnet50(weights=None, num_classes=3)
    names = [name for name, _ in model.named_children()]
    for name in names[: names.index(stage)]:
        model.get_submodule(name).requires_grad_(False)
    return model


def plain(files, labels, stage, epochs):
    """(seconds, training loss) of every epoch; validation cases are evaluated, too, as by ours."""
    model, count = frozen_resnet(stage), len(files) - BATCH
    learning = [item for item in model.parameters() if item.requires_grad]
    optimiser = torch.optim.AdamW(learning, lr=1e-4, weight_decay=0.01)
    train = torch.utils.data.DataLoader(Pictures(files[:count], labels[:count]), BATCH, shuffle=True, num_workers=2)
    val = torch.utils.data.DataLoader(Pictures(files[count:], labels[count:]), BATCH, num_workers=2)
    seconds, losses = [], []
    for _ in range(epochs):
        began, total = time.perf_counter(), 0.0
        model.train()
        for pixels, truth in train:
            optimiser.zero_grad()
            loss = nn.functional.cross_entropy(model(pixels), truth)
            loss.backward()
            optimiser.step()
            total += loss.item() * len(truth)
        model.eval()
        with torch.no_grad():
            for pixels, _ in val:
                model(pixels)
        seconds.append(time.perf_counter() - began)
        losses.append(total / count)
    return seconds, losses


def fastai(files, labels, stage, epochs):
    """The same by fastai's Learner."""
    from fastai.callback import progress  # noqa: F401  (it gives Learner no_bar)
    from fastai.callback.core import Callback
    from fastai.data.core import DataLoaders
    from fastai.data.load import DataLoader
    from fastai.learner import Learner

    count, stamps = len(files) - BATCH, []

    class Clock(Callback):
        def before_epoch(self):
            stamps.append(time.perf_counter())

        def after_epoch(self):
            stamps[-1] = time.perf_counter() - stamps[-1]

    def halves(model):
        children = dict(model.named_children())
        names = list(children)
        split = names.index(stage)
        return [[p for n in part for p in children[n].parameters()] for part in (names[:split], names[split:])]

    loaders = DataLoaders(
        DataLoader(Pictures(files[:count], labels[:count]), bs=BATCH, shuffle=True, num_workers=2),
        DataLoader(Pictures(files[count:], labels[count:]), bs=BATCH, num_workers=2),
    )
    learner = Learner(
        loaders, frozen_resnet(stage).requires_grad_(True), nn.CrossEntropyLoss(), splitter=halves, cbs=[Clock()]
    )
    learner.freeze()
    with learner.no_bar(), learner.no_logging():
        learner.fit(epochs, 1e-4)
    return stamps, [float("nan")] * epochs


def measured(way, files, labels, stage, epochs):
    """One row."""
    call = {"plain": plain, "fastai": fastai}.get(way)
    seconds, losses = call(files, labels, stage, epochs) if call else ours(files, labels, stage, way, epochs)
    return {"seconds": seconds, "losses": losses}


def section(rows, cases, epochs):
    """The table, and what its rows say."""
    heads = [title for way, title in WAYS.items() if any(key.startswith(f"{way}-") for key in rows)]
    ways = [way for way in WAYS if any(key.startswith(f"{way}-") for key in rows)]
    lines = [
        f"ResNet-50 at {SIZE} px, {cases - BATCH} training and {BATCH} validation pictures, batches of {BATCH},",
        f"{epochs} epochs; seconds of the fastest epoch after the first (of the first one), how many times ours with",
        "the cache of 16-bit steps, which is the default.",
        "",
        "| learns from | " + " | ".join(heads) + " |",
        "|---|" + "---:|" * len(heads),
    ]
    for stage in STAGES:
        found = {way: rows.get(f"{way}-{stage}") for way in ways}
        if found.get("scaled16") is None:
            continue
        base = min(found["scaled16"]["seconds"][1:])
        cells = []
        for way in ways:
            row = found[way]
            if row is None:
                cells.append("–")
                continue
            best = min(row["seconds"][1:])
            cells.append(f"{best:.1f} ({row['seconds'][0]:.1f}), {best / base:.2f}×")
        lines.append(f"| `{stage}` | " + " | ".join(cells) + " |")
    told = []
    for stage in STAGES:
        none, full = (rows.get(f"{way}-{stage}") for way in ("none", "float32"))
        if none and full:
            equal = "equal to the last bit" if none["losses"] == full["losses"] else "NOT equal"
            told.append(f"`{stage}`: losses with the float32 cache are {equal} to those without a cache")
        for way in ("scaled16", "float16"):
            half = rows.get(f"{way}-{stage}")
            if none and half:
                gap = max(abs(a - b) / a for a, b in zip(none["losses"], half["losses"], strict=True))
                told.append(f"`{stage}`: losses of epochs with the {way} cache differ by {gap:.1e} at most, relatively")
    return "\n".join([*lines, "", *[f"- {text}" for text in told]])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder that holds busi")
    parser.add_argument("--cases", type=int, default=64)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--stages", default=",".join(STAGES))
    parser.add_argument("--work", type=Path, default=Path("bench-work/finetune"))
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    every = sorted((options.data / "busi").glob("*/*.png"))
    files = [every[index] for index in np.linspace(0, len(every) - 1, options.cases).round().astype(int)]
    order = np.random.default_rng(0).permutation(len(files))
    files = [files[index] for index in order]
    names = sorted({file.parent.name for file in files})
    labels = np.array([names.index(file.parent.name) for file in files], dtype=np.int64)
    ways = [way for way in WAYS if way != "fastai" or importlib.util.find_spec("fastai")]
    stages = options.stages.split(",")
    print(f"about {len(ways) * len(stages) * options.epochs * options.cases / 6 / 60:.0f} minutes")
    file = options.work / f"rows-{options.cases}-{options.epochs}.json"
    rows = json.loads(file.read_text()) if file.exists() else {}
    for stage in stages:
        for way in ways:
            key = f"{way}-{stage}"
            if key not in rows:
                rows[key] = measured(way, files, labels, stage, options.epochs)
                file.write_text(json.dumps(rows))
                print(key, [f"{value:.1f}" for value in rows[key]["seconds"]], flush=True)
    replace_section("finetune", section(rows, options.cases, options.epochs))
    print(section(rows, options.cases, options.epochs))


if __name__ == "__main__":
    main()
