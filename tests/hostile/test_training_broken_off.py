"""A training that is killed, or whose disk is full, loses the current epoch at most."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
import torch

from medgraft import files
from medgraft.errors import MedgraftError

EPOCHS = 5
SCRIPT = """
import hashlib, json, sys, time
from pathlib import Path
import numpy as np
import torch
from torch import nn
from medgraft.progress import Progress
from medgraft.transfer.training.checkpoint import Checkpoints
from medgraft.transfer.training.examples import Examples
from medgraft.transfer.training.loop import train
from medgraft.transfer.training.objective import CrossEntropy
from medgraft.transfer.training.pixel_feed import PixelFeed
from medgraft.transfer.training.recipe import Cases, Recipe


def trained(folder, pause):
    torch.set_num_threads(1)
    labels = np.arange(32) % 2
    images = np.random.default_rng(0).random((32, 1, 8, 8), dtype=np.float32)
    images[labels == 1, :, ::2] *= 0.3
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(5)
        net = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.Dropout(0.2), nn.Flatten(), nn.Linear(144, 2))

    def pixels(rows):
        time.sleep(pause)
        return images[rows]

    def part(rows):
        return Examples(rows, labels[rows], np.ones(len(rows)), rows, PixelFeed(pixels))

    recipe = Recipe(
        epochs=EPOCHS, batch_size=8, warmup=0.2, patience=9, clip_norm=1.0, seed=3, device="cpu",
        objective=CrossEntropy(0.1), ema=0.9,
    )
    groups = [{"params": list(net.parameters()), "lr": 0.02, "peak_lr": 0.02}]
    cases = Cases(part(np.arange(24)), part(np.arange(24, 32)))
    done = train(net, groups, cases, recipe, Checkpoints(Path(folder), "f"), Progress())
    state = b"".join(item.numpy().tobytes() for item in net.state_dict().values())
    history = [{key: value for key, value in row.items() if key != "seconds"} for row in done.history]
    return {"history": history, "best": done.best_epoch, "state": hashlib.sha256(state).hexdigest()}
""".replace("EPOCHS", str(EPOCHS))


def started(folder, repository, pause=0.0):
    """A process of its own that trains."""
    return subprocess.Popen(
        [sys.executable, "-c", f"{SCRIPT}\nprint(json.dumps(trained(sys.argv[1], {pause})))", str(folder)],
        env={**os.environ, "PYTHONPATH": str(repository / "src")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def outcome(process):
    told, error = process.communicate()
    assert process.returncode == 0, error
    return json.loads(told)


def epochs_kept(folder):
    return sorted(path.stem for path in folder.glob("epoch-*.json"))


@pytest.fixture(scope="module", autouse=True)
def threads_as_before():
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory, repository):
    return outcome(started(tmp_path_factory.mktemp("unbroken"), repository))


@pytest.mark.parametrize("after", [1, 3])
def test_killed_after_some_epochs_it_goes_on_to_the_same_bits(tmp_path, repository, unbroken, after):
    process, until = started(tmp_path, repository, pause=0.1), time.monotonic() + 60
    while f"epoch-{after:04d}" not in epochs_kept(tmp_path) and time.monotonic() < until and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    kept = epochs_kept(tmp_path)
    assert kept[-1] >= f"epoch-{after:04d}"
    assert f"epoch-{EPOCHS:04d}" not in kept
    assert outcome(started(tmp_path, repository)) == unbroken


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
@pytest.mark.parametrize("writes", [4, 5])
def test_a_full_disk_stops_it_by_name_and_costs_one_epoch(tmp_path, unbroken, monkeypatch, writes):
    """Two files an epoch: the disk is full at the tensors of epoch 3, or at their description."""
    space: dict[str, object] = {}
    exec(compile(SCRIPT, "script", "exec"), space)
    real, left = tempfile.mkstemp, [writes]

    def on_a_full_disk(**settings):
        handle, path = real(**settings)
        left[0] -= 1
        if left[0] >= 0:
            return handle, path
        os.close(handle)
        return os.open("/dev/full", os.O_WRONLY), path

    with monkeypatch.context() as patched:
        patched.setattr(files.tempfile, "mkstemp", on_a_full_disk)
        with pytest.raises(MedgraftError, match=r"epoch 3.*No space left on device.*Epoch 2 is kept") as caught:
            space["trained"](tmp_path, 0.0)
    assert caught.value.exit_code == 4
    assert epochs_kept(tmp_path) == ["epoch-0001", "epoch-0002"]
    assert not list(tmp_path.glob(".epoch-*"))
    assert space["trained"](tmp_path, 0.0) == unbroken
