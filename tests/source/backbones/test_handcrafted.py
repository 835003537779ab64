"""The backbone without a network: facts without torch, features by channels, and clear words for who wants to train."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import asdict

import pytest

from medgraft.errors import UsageError
from medgraft.home import Home
from medgraft.source.backbones.backbone import BackboneFacts
from medgraft.source.backbones.custom import register_backbone
from medgraft.source.backbones.families import backbone_names, family_of
from medgraft.source.backbones.handcrafted import CLASSICAL, HANDCRAFTED, HandcraftedBackbone
from medgraft.source.backbones.resolve import backbone_from_facts, resolve_backbone
from medgraft.source.handcrafted.catalogue import descriptor_names, dimension


@pytest.fixture
def backbone(tmp_path):
    return resolve_backbone(CLASSICAL, home=Home(tmp_path))


def test_facts_say_that_nothing_was_trained(backbone):
    facts = backbone.facts
    assert (facts.weights, facts.licence, facts.trained_on) == ("none", "none needed", "nothing: hand-crafted")
    assert (facts.parameters, facts.readout, facts.descriptors) == (0, (), descriptor_names())
    assert facts.pooled_dim == facts.feature_dim
    assert len(facts.checksum) == 64


def test_colour_counts_where_there_is_colour(backbone):
    assert backbone.facts.feature_dim == backbone.for_channels(1).facts.feature_dim == dimension(descriptor_names(), 1)
    assert backbone.for_channels(3).facts.feature_dim == dimension(descriptor_names(), 3)
    assert backbone.for_channels(3).for_channels(1) == backbone == backbone.pooled()


def test_a_bundle_knows_it_by_its_facts(backbone):
    back = backbone_from_facts(BackboneFacts(**asdict(backbone.for_channels(3).facts)))
    assert isinstance(back, HandcraftedBackbone)
    assert back == backbone.for_channels(3)


@pytest.mark.parametrize("weights", ["random", "mine"])
def test_there_are_no_weights_to_choose(tmp_path, weights):
    with pytest.raises(UsageError, match="leave --weights out"):
        resolve_backbone(CLASSICAL, weights=weights, home=Home(tmp_path))


@pytest.mark.parametrize(
    "ask",
    [
        lambda backbone: backbone.build(1),
        lambda backbone: backbone.stages(None),
        lambda backbone: backbone.inflated(),
        lambda backbone: HANDCRAFTED.create(CLASSICAL),
        lambda backbone: HANDCRAFTED.stages(CLASSICAL, None),
    ],
)
def test_there_is_no_network(backbone, ask):
    with pytest.raises(UsageError, match=r"no network to fine-tune.*--strategy linear-probe"):
        ask(backbone)


def test_the_family_keeps_the_contract_as_far_as_it_goes():
    assert family_of(CLASSICAL) is HANDCRAFTED
    assert HANDCRAFTED.names() == [CLASSICAL] == backbone_names()["handcrafted"]
    assert set(HANDCRAFTED.default_preprocessing(CLASSICAL)) == {"size", "mean", "std", "interpolation"}
    assert set(HANDCRAFTED.origin(CLASSICAL)) == {"url", "licence", "trained_on"}
    assert HANDCRAFTED.head_prefixes(CLASSICAL, None) == ()


def test_a_wrong_spelling_names_it_and_nobody_else_may_be_called_so():
    with pytest.raises(UsageError, match="did you mean 'classical'"):
        family_of("clasical")
    with pytest.raises(UsageError, match="has a meaning already"):
        register_backbone(CLASSICAL, lambda: None, size=8, mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0))


def test_resolving_imports_neither_torch_nor_scikit_image(tmp_path):
    code = (
        "import sys\nfrom pathlib import Path\nfrom medgraft.home import Home\n"
        "from medgraft.source.backbones.resolve import resolve_backbone\n"
        "resolve_backbone('classical', home=Home(Path(sys.argv[1])))\n"
        "assert not {'torch', 'timm', 'skimage'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True)
