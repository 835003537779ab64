"""The physical limit of a linear probe: one decode and one forward pass for each file, and nothing else.

The same files, reader, preprocessing and engine as ``medgraft fit``, on all cores. The engine is built (or
loaded) before the clock starts. Prints one JSON object.

    python bench/bare_loop.py --table split.csv --root DATA
"""

import argparse
import csv
import json
import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from medgraft.data.imaging.preprocess import Preprocessing
from medgraft.data.imaging.reader import ImageReader
from medgraft.home import Home
from medgraft.source.backbones.resolve import resolve_backbone
from medgraft.source.embedding.engine import Job
from medgraft.source.embedding.openvino_engine import OpenVinoEngine


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--table", required=True)
    parser.add_argument("--root", required=True)
    parser.add_argument("--backbone", default="tf_efficientnet_lite0")
    parser.add_argument("--weights", default=None)
    parser.add_argument("--channels", type=int, default=3)
    options = parser.parse_args()

    with open(options.table, newline="", encoding="utf-8") as file:
        paths = [Path(options.root) / row["path"] for row in csv.DictReader(file)]
    home = Home.find()
    backbone = resolve_backbone(options.backbone, weights=options.weights, home=home)
    size = backbone.facts.size
    engine = OpenVinoEngine(Job(backbone, backbone.facts.checksum, options.channels, size, home))
    preprocessing, reader = Preprocessing(size=size, channels=options.channels), ImageReader()
    features = np.empty((len(paths), backbone.facts.feature_dim), np.float32)

    def decode(path):
        return preprocessing.apply(reader.read(path))

    began = time.perf_counter()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        engine.run(enumerate(pool.map(decode, paths)), features.__setitem__)
    print(json.dumps({"seconds": time.perf_counter() - began, "images": len(paths)}))


if __name__ == "__main__":
    main()
