"""A network inside a larger one (MONAI, segmentation, SimCLR and many scripts): ``encoder.…`` beside its own parts."""

from __future__ import annotations

from medgraft.source.weights.conventions.convention import CONVENTIONS, Convention

__all__: list[str] = []

_HEAD = "the source task's head"
_PROJECTION = "the projection of contrastive pretraining"
_DECODER = "the source task's decoder"

CONVENTIONS.register("encoder")(
    Convention(
        about="an encoder beside a head, a decoder or a projection (SimCLR, segmentation, MONAI)",
        prefixes=(
            "encoder.",
            "backbone.",
            "features.",
            "feature_extractor.",
            "trunk.",
            "body.",
            "convnet.",
            "image_encoder.",
        ),
        beside=(
            ("fc.", _HEAD),
            ("head.", _HEAD),
            ("classifier.", _HEAD),
            ("linear.", _HEAD),
            ("segmentation_head.", _HEAD),
            ("classification_head.", _HEAD),
            ("decoder.", _DECODER),
            ("projector.", _PROJECTION),
            ("projection.", _PROJECTION),
            ("projection_head.", _PROJECTION),
            ("predictor.", _PROJECTION),
        ),
    )
)
