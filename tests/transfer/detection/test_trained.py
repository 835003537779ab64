"""What training leaves behind: plain, and without torch until a network is built."""

import subprocess
import sys

import torch

from medgraft.transfer.detection.trained import arrays


def test_describing_a_detector_needs_no_torch():
    code = "import sys, medgraft.transfer.detection.bundle as b; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_it_builds_a_network_that_answers(learnt):
    built = learnt.trained.build()
    with torch.no_grad():
        assert len(built.candidates(torch.rand(2, 1, 64, 64))) == 2


def test_arrays_do_not_share_memory_with_their_tensors():
    tensor = torch.zeros(2)
    kept = arrays({"a": tensor})
    tensor += 1
    assert kept["a"].tolist() == [0, 0]
