"""MoCo and BYOL: the encoder that is trained, beside a momentum copy of it and a queue of negatives.

Source: He et al. 2020, Momentum Contrast; Chen et al. 2021 (MoCo v3); Grill et al. 2020 (BYOL).
"""

from __future__ import annotations

from medgraft.source.weights.conventions.convention import CONVENTIONS, Convention

__all__: list[str] = []

_COPY = "the momentum copy of the encoder"

CONVENTIONS.register("momentum")(
    Convention(
        about="MoCo (encoder_q), MoCo v3 (base_encoder), BYOL (online_encoder): the trained encoder is taken",
        prefixes=("encoder_q.", "base_encoder.", "online_encoder."),
        beside=(
            ("encoder_k.", _COPY),
            ("momentum_encoder.", _COPY),
            ("target_encoder.", _COPY),
            ("queue", "the queue of negatives"),
            ("fc.", "the projection of contrastive pretraining"),
            ("classifier.", "the projection of contrastive pretraining"),
            ("predictor.", "the predictor of contrastive pretraining"),
            ("online_predictor.", "the predictor of contrastive pretraining"),
        ),
    )
)
