"""``breastmnist`` at 28 px against attacks: plain, FGSM-, PGD-, free- and TRADES-trained networks, clean and attacked.

    python bench/adversarial.py --data DIR [--seeds 0 1 2] [--epochs 30] [--work DIR]

ResNet-18 with a quarter of its channels, a first layer of 3 × 3 with stride 2 and no pooling: the plain one from random
weights, the others from the plain one of their seed (with random weights, whose BatchNorm has no statistics yet, the
probe that training starts from is worth nothing). Batches of 32, AdamW at 0.001, the official split, the epoch of the
lowest validation loss (of attacked pictures where training is against attacks). Each network is put through FGSM,
PGD-20, APGD-100 and Square at three epsilons, and through the APGD of torchattacks, an independent one, where that can
be imported (``pip install --no-deps --target DIR torchattacks``, and DIR in ``PYTHONPATH``). An answer is the class
with the larger logit.

Every training and every attack is a row that is kept in the work folder; the same command goes on from there. Smaller:
``--models plain fgsm --attacks fgsm pgd --cases 16 --epochs 1``. Writes its part of ``docs/benchmarks.md``.
"""

import argparse
import json
import time
from collections import OrderedDict
from pathlib import Path

import numpy as np
import torch
from adversarial_table import section
from page import replace_section
from torch import nn
from torchvision.models.resnet import BasicBlock

import medgraft
from medgraft.data.imaging.reader import ImageReader
from medgraft.experiment.stages.workspace import pictures_of
from medgraft.experiment.tables import read_table
from medgraft.home import Home
from medgraft.source.embedding.prepared import PreparedPixels
from medgraft.transfer.models.bundle import read_bundle
from medgraft.transfer.models.classifier import Classifier
from medgraft.transfer.models.freezing import PartlyFrozen
from medgraft.transfer.robustness.attacks.apgd import Apgd
from medgraft.transfer.robustness.attacks.fgsm import Fgsm
from medgraft.transfer.robustness.attacks.pgd import Pgd
from medgraft.transfer.robustness.attacks.square import Square
from medgraft.transfer.robustness.robust_accuracy import Trial, robust_accuracy
from medgraft.transfer.training.examples import Examples
from medgraft.transfer.training.pixel_feed import PixelFeed
from medgraft.use.prediction.predictor import Predictor

try:
    import torchattacks
except ImportError:
    torchattacks = None

NETWORK, WIDTH = "quarter-resnet18", 16
MODELS = ("plain", "fgsm", "pgd", "free", "trades")
EPSILONS = (1 / 255, 2 / 255, 4 / 255)
STEPS = 100
ATTACKS = {
    "fgsm": Fgsm(),
    "pgd": Pgd(steps=20),
    "apgd": Apgd(steps=STEPS),
    "square": Square(queries=1000),
    "independent": None,
}
FORWARD, BACKWARD = 0.3e-3, 0.6e-3
"""Seconds of a picture on two idle cores."""
TRAINING, VALIDATION, TEST = 545, 78, 156
STEPS_A_CASE = {"plain": 1, "fgsm": 2, "pgd": 8, "free": 1, "trades": 9.3}
"""Forward and backward passes of a training case in an epoch."""
PASSES = {"fgsm": (2, 1), "pgd": (21, 21), "apgd": (101, 101), "square": (1000, 0), "independent": (101, 101)}
"""Forward and backward passes of an attacked case at one epsilon, at most."""
JUDGED = 5
"""The same of a validation case, which training against attacks attacks."""
CLOSE = 0.02
"""By how much a probability of the attacked network may differ from the run's own prediction, of another engine."""


def quarter_resnet18():
    """ResNet-18 with a quarter of its channels for small pictures, without its head."""
    widths = (WIDTH, WIDTH, 2 * WIDTH, 4 * WIDTH, 8 * WIDTH)
    layers = OrderedDict(
        conv1=nn.Conv2d(3, WIDTH, 3, stride=2, padding=1, bias=False), bn1=nn.BatchNorm2d(WIDTH), relu=nn.ReLU()
    )
    for number in range(1, 5):
        before, after = widths[number - 1 : number + 1]
        shorter = nn.Sequential(nn.Conv2d(before, after, 1, stride=2, bias=False), nn.BatchNorm2d(after))
        first = BasicBlock(before, after) if number == 1 else BasicBlock(before, after, 2, shorter)
        layers[f"layer{number}"] = nn.Sequential(first, BasicBlock(after, after))
    return nn.Sequential(OrderedDict(**layers, pool=nn.AdaptiveAvgPool2d(1), flat=nn.Flatten()))


def taught(run):
    """The same with the weights of the plain ``run``, once that is there: a function that makes it."""

    def network():
        made = quarter_resnet18()
        if made.conv1.weight.is_meta:  # only shapes are asked for
            return made
        state = {name.removeprefix("body."): value for name, value in read_bundle(run / "bundle").state.items()}
        made.load_state_dict({name: torch.from_numpy(np.array(value)) for name, value in state.items()})
        return made

    return network


def minutes_of_training(model, options):
    """On two idle cores, about."""
    judged = JUDGED * VALIDATION if model != "plain" else 0
    passes = TRAINING * STEPS_A_CASE[model] + judged
    return options.epochs * (passes * (FORWARD + BACKWARD) + VALIDATION * FORWARD) / 60


def minutes_of_attack(attack, options):
    """The same, at most: a picture that is fooled is done with."""
    forward, backward = PASSES[attack]
    return len(EPSILONS) * (options.cases or TEST) * (forward * FORWARD + backward * BACKWARD) / 60


def run_of(model, seed, options):
    return options.work / f"{model}-{seed}-{options.epochs}-{options.epsilon:g}"


def trained(model, seed, options):
    """One training: what its test set says, and minutes."""
    began = time.monotonic()
    sets = ["preprocess.size=28", "preprocess.channels=3", "evaluation.loso=false"]
    sets += [f"strategy.epochs={options.epochs}", f"strategy.patience={options.epochs}", "strategy.batch_size=32"]
    sets += ["strategy.lr=0.001", "strategy.clip_norm=10"]
    if model == "plain":
        sets += ["strategy.kind=scratch"]
    else:
        sets += ["strategy.kind=adversarial", f"strategy.method={model}", f"strategy.epsilon={options.epsilon / 255}"]
        sets += ["strategy.batchnorm=train"]
    source = {"backbone": NETWORK, "weights": "random"} if model == "plain" else {"backbone": f"{NETWORK}-{seed}"}
    result = medgraft.fit(
        options.data / "breastmnist" / "breastmnist.npz",
        run_of(model, seed, options),
        **source,
        seed=seed,
        set=sets,
        home=options.work / "home",
    )
    told = {name: result.metrics["test"][name]["value"] for name in ("auroc", "majority_accuracy")}
    return {**told, "training_minutes": (time.monotonic() - began) / 60, "right": {}, "minutes": {}}


def network_and_cases(run, options):
    """Pixels in [0, 1] → logits, as the run predicts, and its test cases. Ends where the two disagree."""
    predictor = Predictor.load(run, Home.find(options.work / "home"))
    bundle, job = predictor.bundle, predictor.job()
    body = job.backbone.build(job.channels, job.state)
    network = Classifier(PartlyFrozen(body, modules=[""]), bundle.head).eval()
    cohort = read_table(run / "cohort.parquet").sort_values("case_id", ignore_index=True)
    table = cohort.merge(read_table(run / "private" / "links.parquet"), on="case_id", validate="1:1")
    predictions = read_table(run / "predictions.parquet").query("split == 'test'").set_index("case_id")
    index = np.flatnonzero(table["case_id"].isin(predictions.index))[: options.cases or None]
    table = table.iloc[index]
    pixels = PreparedPixels(pictures_of(table), bundle.preprocessing, ImageReader())
    rows, labels = np.arange(len(table)), table["label"].map(bundle.task.labels.index).to_numpy(np.int64)
    with torch.no_grad():
        answers = bundle.mended(torch.softmax(network(torch.from_numpy(pixels(rows))), dim=1).numpy().astype(float))
    told = predictions.loc[table["case_id"], [f"p_{label}" for label in bundle.task.labels]].to_numpy()
    if np.abs(answers - told).max() > CLOSE:
        raise SystemExit(f"{run}: the attacked network does not answer as the run does")
    return network, Examples(rows, labels, np.ones(len(rows)), index, PixelFeed(pixels))


def attacked(name, run, seed, options):
    """Who is right at each epsilon, (epsilons, cases); with the clean answers and minutes."""
    network, cases = network_and_cases(run, options)
    began = time.monotonic()
    if name == "independent":
        clean, right = independent(network, cases, seed)
    else:
        found = robust_accuracy(network, cases, Trial({name: ATTACKS[name]}, EPSILONS, seed=seed, batch_size=TEST))
        clean, right = found.clean, found.correct[name]
    minutes = (time.monotonic() - began) / 60
    return clean.astype(int).tolist(), right.astype(int).tolist(), minutes


def independent(network, cases, seed):
    """The same by torchattacks."""
    pixels, labels = torch.from_numpy(cases.batch(np.arange(len(cases)))[0]), torch.tensor(cases.labels)
    with torch.no_grad():
        clean = (network(pixels).argmax(1) == labels).numpy()
    rows = []
    for epsilon in EPSILONS:
        with torch.random.fork_rng(devices=[]):
            worst = torchattacks.APGD(network, eps=epsilon, steps=STEPS, seed=seed, loss="ce")(pixels, labels).detach()
        if float((worst - pixels).abs().max()) > epsilon + 1e-6:
            raise SystemExit("torchattacks left the ball")
        with torch.no_grad():
            rows.append(clean & (network(worst).argmax(1) == labels).numpy())
    return clean, np.logical_and.accumulate(rows)


def plan(options, rows):
    """(model, seed, attack or ``None`` for its training) that are not there yet."""
    usable = [name for name in options.attacks if name != "independent" or torchattacks is not None]
    for seed in options.seeds:
        for model in options.models:
            there = rows.get(f"{model}-{seed}")
            if there is None:
                yield model, seed, None
            for attack in usable:
                if there is None or attack not in there["right"]:
                    yield model, seed, attack


def expected(model, attack, options):
    return minutes_of_training(model, options) if attack is None else minutes_of_attack(attack, options)


def parsed():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder that holds breastmnist")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--epsilon", type=float, default=4, help="of training, in 1/255")
    parser.add_argument("--cases", type=int, default=0, help="test cases that are attacked, the first ones; 0: all")
    parser.add_argument("--models", nargs="+", default=list(MODELS), choices=MODELS, metavar="NAME")
    parser.add_argument("--attacks", nargs="+", default=list(ATTACKS), choices=list(ATTACKS), metavar="NAME")
    parser.add_argument("--work", type=Path, default=Path("bench-work/adversarial"))
    parser.add_argument("--no-page", action="store_true", help="print the table, leave docs/benchmarks.md as it is")
    return parser.parse_args()


def main():
    options = parsed()
    options.work.mkdir(parents=True, exist_ok=True)
    options.models = ["plain", *(name for name in options.models if name != "plain")]  # the others start from it
    options.work, options.data = options.work.resolve(), options.data.resolve()
    facts = {"size": 28, "mean": (0.5,) * 3, "std": (0.5,) * 3, "licence": "BSD-3-Clause"}
    medgraft.register(NETWORK, quarter_resnet18, **facts)
    for seed in options.seeds:
        medgraft.register(f"{NETWORK}-{seed}", taught(run_of("plain", seed, options)), **facts)
    file = options.work / f"rows-{options.epochs}-{options.epsilon:g}-{options.cases}.json"
    rows = json.loads(file.read_text("utf-8")) if file.exists() else {}
    todo = list(plan(options, rows))
    minutes = sum(expected(model, attack, options) for model, _, attack in todo)
    print(f"{len(todo)} rows, at most about {minutes:.0f} minutes on two idle cores", flush=True)
    if torchattacks is None and "independent" in options.attacks:
        print("torchattacks cannot be imported: no independent APGD", flush=True)
    for model, seed, attack in todo:
        name = f"{model}-{seed}"
        if attack is None:
            rows[name] = trained(model, seed, options)
            print(f"{name}: trained, {rows[name]['training_minutes']:.1f} minutes", flush=True)
        else:
            row, run = rows[name], run_of(model, seed, options)
            row["clean"], row["right"][attack], row["minutes"][attack] = attacked(attack, run, seed, options)
            shares = ", ".join(f"{np.mean(one):.3f}" for one in row["right"][attack])
            print(f"{name}, {attack}: {np.mean(row['clean']):.3f} → {shares}, {row['minutes'][attack]:.1f} minutes")
        file.write_text(json.dumps(rows), "utf-8")
    text = section(rows, EPSILONS, options)
    print(text)
    if not options.no_page:
        replace_section("adversarial", text)


if __name__ == "__main__":
    main()
