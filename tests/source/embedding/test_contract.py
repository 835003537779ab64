"""One contract for every engine in the registry."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from medgraft.source.embedding import embed
from medgraft.source.embedding.engine import ENGINES

NAMES = list(embed.ENGINES)
OF_NETWORKS = [name for name in NAMES if name != "handcrafted"]


def run(engine, pictures):
    found = {}
    engine.run(enumerate(pictures), found.__setitem__)
    return np.stack([found[row] for row in range(len(pictures))])


@pytest.fixture
def job_of(job, descriptor_job):
    """A job that an engine serves, by the engine's name."""
    return lambda name: job if name in OF_NETWORKS else descriptor_job


@pytest.fixture
def prepared():
    return list(np.random.default_rng(3).random((5, 3, 32, 32), dtype=np.float32))


@pytest.mark.parametrize("name", OF_NETWORKS)
def test_features_are_those_of_the_network(name, job, prepared, eager):
    features = run(ENGINES.get(name).build(job), prepared)
    assert features.dtype == np.float32
    np.testing.assert_allclose(features, eager(np.stack(prepared)), atol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_a_picture_does_not_depend_on_its_neighbours(name, job_of, prepared):
    engine = ENGINES.get(name).build(job_of(name))
    together, backwards = run(engine, prepared), run(engine, prepared[::-1])[::-1]
    alone = np.concatenate([run(engine, [picture]) for picture in prepared])
    np.testing.assert_array_equal(together, backwards)
    np.testing.assert_array_equal(together, alone)


@pytest.mark.parametrize("name", NAMES)
def test_a_kind_is_registered_under_its_name(name):
    kind = ENGINES.get(name)
    assert kind.name == name
    assert kind.installed()


@pytest.mark.parametrize("name", NAMES)
def test_a_kind_serves_networks_or_descriptors_on_known_devices(name, job_of):
    kind = ENGINES.get(name)
    assert kind.serves(job_of(name))
    assert not kind.serves(replace(job_of(name), device="abacus"))
    assert not kind.serves(job_of("handcrafted" if name in OF_NETWORKS else "torch"))


@pytest.mark.parametrize("name", NAMES)
def test_every_row_reaches_the_sink_once_and_owns_its_memory(name, job_of, prepared):
    rows, calls = [7, 70, 0, 1, 7_000_000_000], []
    images = (picture.copy() for picture in prepared)
    ENGINES.get(name).build(job_of(name)).run(
        zip(rows, images, strict=True), lambda row, found: calls.append((row, found))
    )
    assert sorted(row for row, _ in calls) == sorted(rows)
    found = dict(calls)
    np.testing.assert_array_equal(
        np.stack([found[row] for row in rows]), run(ENGINES.get(name).build(job_of(name)), prepared)
    )
    assert all(
        features.shape == (job_of(name).backbone.facts.feature_dim,) and features.dtype == np.float32
        for features in found.values()
    )
    for one in rows:
        for other in rows:
            assert one == other or not np.shares_memory(found[one], found[other])


@pytest.mark.parametrize("name", OF_NETWORKS)
def test_given_weights_replace_the_source(name, job, prepared, eager):
    built = job.backbone.build(job.channels).state_dict()
    state = {key: 2 * value.numpy() for key, value in built.items()}
    features = run(ENGINES.get(name).build(replace(job, checksum="doubled", state=state)), prepared)
    np.testing.assert_allclose(features, 2 * eager(np.stack(prepared)), atol=1e-5)  # ReLU and pooling are homogeneous


@pytest.mark.parametrize("name", OF_NETWORKS)
def test_one_channel_equals_three_equal_ones(name, job, prepared):
    planes = [picture[:1] for picture in prepared]
    grey = run(ENGINES.get(name).build(replace(job, channels=1)), planes)
    colour = run(ENGINES.get(name).build(job), [np.repeat(plane, 3, axis=0) for plane in planes])
    np.testing.assert_allclose(grey, colour, atol=1e-4)


@pytest.mark.parametrize("name", NAMES)
def test_what_the_feed_raises_comes_out_and_the_engine_lives(name, job_of, prepared):
    engine = ENGINES.get(name).build(job_of(name))

    def feed():
        yield 0, prepared[0]
        raise KeyboardInterrupt

    seen = []
    with pytest.raises(KeyboardInterrupt):
        engine.run(feed(), lambda row, _: seen.append(row))
    assert seen in ([], [0])
    after = list(seen)
    np.testing.assert_array_equal(run(engine, prepared), run(ENGINES.get(name).build(job_of(name)), prepared))
    assert seen == after  # nothing came late


@pytest.mark.parametrize("name", NAMES)
def test_facts_are_plain_data(name, job_of):
    facts = ENGINES.get(name).build(job_of(name)).facts
    assert json.loads(json.dumps(facts)) == facts
    assert facts["engine"] == name
    assert facts["version"]


@pytest.mark.parametrize("name", NAMES)
def test_nothing_in_nothing_out(name, job_of):
    ENGINES.get(name).build(job_of(name)).run(iter(()), lambda *_: pytest.fail("no row was fed"))


def test_names_and_versions_import_no_library():
    code = (
        "import sys\n"
        "from medgraft.source.embedding import embed\n"
        "for kind in (embed.ENGINES.get(name) for name in embed.ENGINES):\n"
        "    assert kind.installed() and kind.version()\n"
        "assert not {'torch', 'openvino', 'timm', 'skimage'} & set(sys.modules), 'a library was imported'\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
