"""One contract for every engine in the registry."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from medgraft.source.embedding import embed
from medgraft.source.embedding.engine import ENGINES

NAMES = list(embed.ENGINES)


def run(engine, pictures):
    found = {}
    engine.run(enumerate(pictures), found.__setitem__)
    return np.stack([found[row] for row in range(len(pictures))])


@pytest.fixture
def prepared():
    return list(np.random.default_rng(3).random((5, 3, 32, 32), dtype=np.float32))


@pytest.mark.parametrize("name", NAMES)
def test_features_are_those_of_the_network(name, job, prepared, eager):
    features = run(ENGINES.get(name).build(job), prepared)
    assert features.dtype == np.float32
    np.testing.assert_allclose(features, eager(np.stack(prepared)), atol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_a_picture_does_not_depend_on_its_neighbours(name, job, prepared):
    engine = ENGINES.get(name).build(job)
    together, backwards = run(engine, prepared), run(engine, prepared[::-1])[::-1]
    alone = np.concatenate([run(engine, [picture]) for picture in prepared])
    np.testing.assert_array_equal(together, backwards)
    np.testing.assert_array_equal(together, alone)


@pytest.mark.parametrize("name", NAMES)
def test_nothing_in_nothing_out(name, job):
    ENGINES.get(name).build(job).run(iter(()), lambda *_: pytest.fail("no row was fed"))


def test_names_and_versions_import_no_library():
    code = (
        "import sys\n"
        "from medgraft.source.embedding import embed\n"
        "for kind in (embed.ENGINES.get(name) for name in embed.ENGINES):\n"
        "    assert kind.offered('cpu') and kind.version()\n"
        "assert not {'torch', 'openvino', 'timm'} & set(sys.modules), 'a library was imported'\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
