"""The drawn network's maps and answers are those of PyTorch's gradient, and PyTorch is not imported for them."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from medgraft.home import Home
from medgraft.insight.explanation.attributed import Attributed
from medgraft.insight.explanation.drawn import Drawn, can_be_drawn
from medgraft.insight.explanation.gradcam import GradCam
from medgraft.insight.explanation.hirescam import HiResCam
from medgraft.source.backbones.resolve import resolve_backbone
from medgraft.source.embedding.engine import Job
from medgraft.transfer.models.heads.grades import GradesHead
from medgraft.transfer.models.heads.linear import LinearHead


@pytest.fixture
def job(tmp_path):
    backbone = resolve_backbone("tf_efficientnet_lite0", home=Home(tmp_path))
    return Job(backbone, backbone.facts.checksum, 1, 224, Home(tmp_path))


def head_of(job):
    weight = np.random.default_rng(2).normal(size=(3, job.backbone.facts.feature_dim)) * 0.05
    return LinearHead(weight.astype(np.float32), np.zeros(3, np.float32), rooted=True)


def test_maps_and_answers_of_the_gradient(job):
    head = head_of(job)
    drawn, attributed = Drawn(job, head), Attributed(job, head)
    y, x = np.mgrid[0:224, 0:224] / 224
    spot = np.exp(-((x - 0.7) ** 2 + (y - 0.3) ** 2) / 0.005)
    grain = np.random.default_rng(3).random((2, 1, 224, 224))
    pixels = (0.4 * spot + 0.5 * grain).astype(np.float32)
    np.testing.assert_allclose(drawn.evidence(pixels, 1), attributed.evidence(pixels, 1), atol=1e-2)
    for method in (HiResCam(), GradCam()):
        ours, theirs = method(drawn, pixels[:1], 1), method(attributed, pixels[:1], 1)
        np.testing.assert_allclose(ours, theirs, atol=1e-2 * np.abs(theirs).max())
    np.testing.assert_array_equal(drawn.slopes(pixels[:1], 1)[1], attributed.slopes(pixels[:1], 1)[1])


def test_what_is_not_drawn(job, tmp_path):
    head = head_of(job)
    assert can_be_drawn(job, head)
    assert not can_be_drawn(job, GradesHead(head.weight, head.bias))
    assert not can_be_drawn(Job(job.backbone, "another", 1, 224, job.home), head), "weights that were trained here"
    assert not can_be_drawn(Job(job.backbone, job.checksum, 1, 224, job.home, device="cuda"), head)
    other = resolve_backbone("resnet18", weights="random", home=Home(tmp_path))
    assert not can_be_drawn(Job(other, other.facts.checksum, 1, 224, job.home), head)


def test_no_torch(tmp_path):
    program = (
        "import sys\nfrom pathlib import Path\nimport numpy as np\n"
        "from medgraft.home import Home\nfrom medgraft.insight.explanation.hirescam import HiResCam\n"
        "from medgraft.insight.explanation.opening import open_network\n"
        "from medgraft.source.backbones.resolve import resolve_backbone\n"
        "from medgraft.source.embedding.engine import Job\n"
        "from medgraft.transfer.models.heads.linear import LinearHead\n"
        "home = Home(Path(sys.argv[1]))\nbackbone = resolve_backbone('tf_efficientnet_lite0', home=home)\n"
        "width = backbone.facts.feature_dim\n"
        "head = LinearHead(np.ones((2, width), np.float32), np.zeros(2, np.float32))\n"
        "network = open_network(Job(backbone, backbone.facts.checksum, 1, 224, home), head)\n"
        "HiResCam()(network, np.ones((1, 1, 224, 224), np.float32), 1)\n"
        "assert not {'torch', 'timm'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=True)
