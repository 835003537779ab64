"""What training scripts, Lightning, DataParallel and torch.compile put around a state dict."""

from __future__ import annotations

from medgraft.source.weights.conventions.convention import CONVENTIONS, Convention

__all__: list[str] = []

CONVENTIONS.register("training-script")(
    Convention(
        about="containers of training scripts and Lightning; names under DataParallel and torch.compile",
        containers=(
            "state_dict",
            "model_state_dict",
            "model_state",
            "model",
            "net",
            "network",
            "weights",
            "params",
            "state_dict_ema",
            "model_ema",
        ),
        prefixes=("module.", "_orig_mod.", "model.", "net.", "network."),
    )
)
