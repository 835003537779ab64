"""fastai with a frozen body, for as many epochs as the usual recipe: the second yardstick of ``linear_probe.py``.

``Learner.freeze`` trains the head (and fastai's BatchNorm layers, as it does by default) with fastai's own
optimiser and one-cycle schedule, on the same cases, pixels and weights.

    python bench/fastai_frozen.py --table split.csv --root DATA --out row.json     (needs: pip install fastai)
"""

import argparse
import csv
import json
import time

STARTED = time.perf_counter()

import torch  # noqa: E402
from fastai.callback import progress, schedule  # noqa: E402, F401  (they give Learner no_bar and fit_one_cycle)
from fastai.callback.core import Callback, CancelValidException  # noqa: E402
from fastai.data.core import DataLoaders  # noqa: E402
from fastai.data.load import DataLoader  # noqa: E402
from fastai.learner import Learner  # noqa: E402
from torch import nn  # noqa: E402
from torchvision import transforms  # noqa: E402
from usual_recipe import TableDataset, lite0_weights, network  # noqa: E402


def halves(model):
    """fastai freezes by parameter groups: body first, head last."""
    head = list(model.get_classifier().parameters())
    known = {id(parameter) for parameter in head}
    return [[p for p in model.parameters() if id(p) not in known], head]


class NoValidation(Callback):
    """Skips the validation pass after each epoch: the usual recipe has none either."""

    def before_validate(self):
        raise CancelValidException


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--table", required=True)
    parser.add_argument("--root", required=True)
    parser.add_argument("--backbone", default="tf_efficientnet_lite0")
    parser.add_argument("--weights", default="package")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", required=True)
    options = parser.parse_args()

    torch.manual_seed(options.seed)
    with open(options.table, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    classes = sorted({row["label"] for row in rows})
    train = [row for row in rows if row["split"] == "train"]
    test = [row for row in rows if row["split"] == "test"]
    weights = lite0_weights() if options.weights == "package" else options.weights
    model, mean, std = network(options.backbone, weights, len(classes))
    for parameter in model.parameters():
        parameter.requires_grad = True  # fastai's freeze decides
    transform = transforms.Compose(
        [
            transforms.Resize((options.size, options.size), transforms.InterpolationMode.BICUBIC),
            transforms.ToTensor(),
            transforms.Normalize(mean, std),
        ]
    )
    sets = [TableDataset(part, classes, options.root, transform) for part in (train, test)]
    loaders = DataLoaders(
        DataLoader(sets[0], bs=32, shuffle=True, num_workers=2),
        DataLoader(sets[1], bs=32, num_workers=2),
        device=torch.device("cpu"),
    )
    learner = Learner(loaders, model, loss_func=nn.CrossEntropyLoss(), splitter=halves)
    learner.freeze()
    began = time.perf_counter()
    with learner.no_logging(), learner.no_bar():
        learner.add_cb(NoValidation())
        learner.fit_one_cycle(options.epochs)
    epochs = (time.perf_counter() - began) / options.epochs
    model.eval()
    with torch.no_grad():
        probabilities = torch.cat([model(images).softmax(1) for images, _ in loaders[1]])
    with open(options.out, "w", encoding="utf-8") as file:
        json.dump(
            {
                "seconds": time.perf_counter() - STARTED,
                "seconds_per_epoch": [epochs] * options.epochs,
                "classes": classes,
                "path": [row["path"] for row in test],
                "label": [row["label"] for row in test],
                "probability": probabilities.tolist(),
            },
            file,
        )


if __name__ == "__main__":
    main()
