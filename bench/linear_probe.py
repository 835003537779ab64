"""The main job against the usual script: wall time of whole processes, and the numbers that come out.

    python bench/linear_probe.py --data FOLDER_OF_DATA_SETS [--work DIR] [--rows usual-lite0-busi …] [--again]

Contestants see the same cases, split (80/20, patient-grouped where patients are known), weights and pixels:
the usual recipe, fastai frozen for as many epochs (skipped, and said so, where fastai is not installed) and
``medgraft fit`` from a cold cache. Rows are resumable: each is one JSON file in ``--work``, and is made again with
``--again``. Each row also keeps the speed of the machine (a fixed convolution, before and after), because shared
machines drift. Nothing else may run meanwhile. Writes its part of ``docs/benchmarks.md`` from the rows that are there.
"""

import argparse
import csv
import importlib.util
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

from page import replace_section
from tables import section

HERE = Path(__file__).resolve().parent
SETS = {"busi": 780, "cxr_nih": 1000}
BACKBONES = {"lite0": ("tf_efficientnet_lite0", "package"), "resnet50": ("resnet50", "random")}


def rows_of(name, root):
    """(path, label, patient) of every case, in order; the patient is empty where unknown."""
    manifest = root / "manifest.csv"
    if manifest.exists():
        with manifest.open(newline="", encoding="utf-8") as file:
            return sorted((row["file"], row["class"], row["patient_id"]) for row in csv.DictReader(file))
    files = sorted(path.relative_to(root).as_posix() for path in root.glob("*/*.png"))
    return [(path, path.split("/")[0], "") for path in files]


def write_split(name, root, target):
    """The table that all contestants are given."""
    from sklearn.model_selection import StratifiedGroupKFold

    rows = rows_of(name, root)
    labels, patients = [row[1] for row in rows], [row[2] or row[0] for row in rows]
    _, test = next(StratifiedGroupKFold(5, shuffle=True, random_state=0).split(rows, labels, patients))
    held = set(test.tolist())
    with target.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["path", "label", "patient_id", "split"])
        for index, row in enumerate(rows):
            writer.writerow([*row, "test" if index in held else "train"])


def machine_speed():
    """Images a second of a fixed convolution in a child process: what the machine gives just now."""
    code = (
        "import time, torch; c = torch.nn.Conv2d(64, 64, 3, padding=1); x = torch.randn(8, 64, 56, 56)\n"
        "with torch.no_grad():\n"
        "    c(x); t = time.perf_counter(); n = 0\n"
        "    while time.perf_counter() - t < 2: c(x); n += 8\n"
        "print(n / (time.perf_counter() - t))"
    )
    return float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)


def timed(command, environment=None):
    """Wall seconds of a whole process; its output is kept for the error."""
    began = time.perf_counter()
    done = subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, env={**os.environ, **(environment or {})}
    )
    seconds = time.perf_counter() - began
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, command))}\n{done.stdout}\n{done.stderr}")
    return seconds, done.stdout


def script(file, table, root, backbone, weights, out, *, extra=()):
    """A yardstick as a whole process."""
    common = ["--table", table, "--root", root, "--backbone", backbone, "--weights", weights, "--out", out]
    seconds, _ = timed([sys.executable, HERE / file, *common, *extra])
    return {**json.loads(Path(out).read_text("utf-8")), "wall": seconds}


def medgraft(table, root, backbone, weights, work, *, cold=True, extra=()):
    """``medgraft fit`` as a whole process; from a cold cache unless told otherwise."""
    import pandas

    home, run = work / "home", work / f"run-{len(list(work.glob('run-*')))}"
    if cold:
        shutil.rmtree(home, ignore_errors=True)
    command = [sys.executable, "-m", "medgraft", "fit", root, "--table", table, "--out", run, "--json", "--overwrite"]
    command += ["--backbone", backbone, *(["--weights", "random"] if weights == "random" else []), *extra]
    seconds, output = timed(command, {"MEDGRAFT_HOME": str(home)})
    result = json.loads(output)
    predictions = pandas.read_parquet(run / "predictions.parquet")
    links = pandas.read_parquet(run / "private" / "links.parquet").set_index("case_id")["path"]
    test = predictions[predictions["split"] == "test"]
    classes = sorted(column[2:] for column in test.columns if column.startswith("p_"))
    split, ladder = json.loads((run / "split.json").read_text("utf-8")), run / "ladder.json"
    row = {
        "split": {
            part: [os.path.relpath(links[case], root) for case in split[part]] for part in ("train", "val", "test")
        },
        "ladder": json.loads(ladder.read_text("utf-8")) if ladder.exists() else None,
        "wall": seconds,
        "timings": result["timings"],
        "forward_passes": result["forward_passes"],
        "decodes": result["decodes"],
        "warnings": result["warnings"],
        "classes": classes,
        "path": [os.path.relpath(links[case], root) for case in test["case_id"]],
        "label": test["y_true"].tolist(),
        "probability": test[[f"p_{name}" for name in classes]].to_numpy().tolist(),
        "called": test["y_pred"].tolist(),
    }
    shutil.rmtree(run)
    return row


def limit(table, root, backbone, weights, work):
    """``read + embed`` of a cold fit beside the bare loop, three times in turn."""
    pairs = []
    for _ in range(3):
        row = medgraft(table, root, backbone, weights, work)
        _, output = timed(
            [sys.executable, HERE / "bare_loop.py", "--table", table, "--root", root, "--backbone", backbone],
            {"MEDGRAFT_HOME": str(work / "home")},
        )
        ours = row["timings"]["read"] + row["timings"]["embed"]
        pairs.append({"ours": ours, "bare": json.loads(output)["seconds"], "timings": row["timings"]})
    return {"pairs": pairs, "ratio": statistics.median(pair["ours"] / pair["bare"] for pair in pairs)}


def start(table, root, backbone, weights, work):
    """Start-up of ``fit`` beside a bare import of the libraries that it has imported by then; the quick answers."""
    probe = (
        "import sys; ours = set(sys.modules); import medgraft.cli.main, medgraft.experiment.fitting\n"
        "std = sys.stdlib_module_names\n"
        "found = [n for n in sys.modules if n not in ours and n.split('.')[0] not in {*std, 'medgraft'}]\n"
        "print(','.join(n for n in found if getattr(sys.modules[n], '__spec__', None)))"
    )
    libraries = timed([sys.executable, "-c", probe])[1].strip().split(",")
    ratios, quick = [], {"help": [], "error": []}
    medgraft(table, root, backbone, weights, work)
    for _ in range(5):
        ours = medgraft(table, root, backbone, weights, work, cold=False)["timings"]["startup"]
        code = f"import time, importlib as i; t = time.perf_counter(); [i.import_module(n) for n in {libraries!r}]\n"
        code += "print(time.perf_counter() - t)"
        bare = float(timed([sys.executable, "-c", code])[1])
        ratios.append({"ours": ours, "bare": bare})
        quick["help"].append(timed([sys.executable, "-m", "medgraft", "--help"])[0])
        began = time.perf_counter()
        subprocess.run([sys.executable, "-m", "medgraft", "fit", "--nonsense"], capture_output=True)
        quick["error"].append(time.perf_counter() - began)
    return {
        "pairs": ratios,
        "ratio": statistics.median(pair["ours"] / pair["bare"] for pair in ratios),
        **{name: statistics.median(values) for name, values in quick.items()},
    }


def plan():
    """Row name → (function, data set, backbone); the order in which they run."""
    found = {}
    for name in SETS:
        found[f"medgraft-lite0-{name}"] = (medgraft, name, "lite0")
        found[f"usual-lite0-{name}"] = (
            lambda *a: script("usual_recipe.py", *a[:4], a[4] / "usual.json"), name, "lite0"
        )  # fmt: skip
        found[f"fastai-lite0-{name}"] = (
            lambda *a: script("fastai_learner.py", *a[:4], a[4] / "fastai.json"), name, "lite0"
        )  # fmt: skip
    for name in SETS:
        found[f"medgraft-resnet50-{name}"] = (medgraft, name, "resnet50")
        found[f"usual-resnet50-{name}"] = (
            lambda *a: script("usual_recipe.py", *a[:4], a[4] / "usual.json"), name, "resnet50"
        )  # fmt: skip
    found["limit-lite0-busi"] = (limit, "busi", "lite0")
    found["start-lite0-busi"] = (start, "busi", "lite0")
    return found


def run_row(name, data, work):
    """Make one row and keep it."""
    function, dataset, backbone = plan()[name]
    root, table = data / dataset, work / f"{dataset}.csv"
    if not table.exists():
        write_split(dataset, root, table)
    before = machine_speed()
    row = function(table, root, *BACKBONES[backbone], work)
    row["machine"] = [before, machine_speed()]
    (work / f"{name}.json").write_text(json.dumps(row), "utf-8")
    print(f"{name}: {row.get('wall', row.get('ratio')):.2f}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, type=Path, help="folder that holds busi/ and cxr_nih/")
    parser.add_argument("--work", type=Path, default=Path("bench-work"))
    parser.add_argument("--rows", nargs="*", default=None, help="only these; default: all that are missing")
    parser.add_argument("--again", action="store_true", help="also those that are there")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    work, data = options.work.resolve(), options.data.resolve()
    for name in options.rows if options.rows is not None else plan():
        if name.startswith("fastai") and importlib.util.find_spec("fastai") is None:
            print(f"{name}: left out, fastai is not installed")
        elif options.again or not (work / f"{name}.json").exists():
            run_row(name, data, work)
    found = {name: work / f"{name}.json" for name in plan()}
    rows = {name: json.loads(file.read_text("utf-8")) for name, file in found.items() if file.exists()}
    replace_section("linear-probe", section(rows))


if __name__ == "__main__":
    main()
