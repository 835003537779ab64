"""Methods that change the network itself, from their options to what they give back (no torch until one is asked for).

The head is the source's, on the features of the changed network; labelled target cases move it afterwards.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from medgraft.source.embedding.bags import Bags
from medgraft.transfer.adaptation.adaptation import AdaptationConfig, Adapted, Pair
from medgraft.transfer.adaptation.collapse import collapse_reason
from medgraft.transfer.adaptation.few_labels import moved_to_labels
from medgraft.transfer.adaptation.moved import Moved
from medgraft.transfer.models.heads.linear import LinearHead
from medgraft.transfer.models.root import signed_root

if TYPE_CHECKING:
    from medgraft.transfer.adaptation.batch_statistics import Changed

__all__ = ["adapt_network"]


def adapt_network(name: str, config: AdaptationConfig, pair: Pair) -> Adapted:
    """By ``adabn`` or ``tent``."""
    changed, features = _changed(name, config, pair)
    head = pair.head
    if isinstance(head, LinearHead) and head.kind == "linear":
        target = replace(pair.target, features=features)
        head = moved_to_labels(head, target, config.target_weight)
    probability = head.answers(Bags.single(features))
    facts: dict[str, Any] = {"target_labels": len(pair.target.known), **changed.facts}
    reason = collapse_reason(pair.before, probability, pair.source_prior)
    return Adapted(
        head,
        probability,
        changed.state,
        changed.history,
        facts,
        reason,
        moved=lambda: Moved("target", None, signed_root(features)),
    )


def _changed(name: str, config: AdaptationConfig, pair: Pair) -> tuple[Changed, NDArray[np.float32]]:
    """What was done, and the features (m, d) of the target afterwards. torch is imported here, to change a network and
    not to offer the methods."""
    from medgraft.transfer.adaptation import batch_statistics

    given, options = batch_statistics.Given.of(pair), config.model_dump(exclude={"kind", "target_weight"})
    if name == "adabn":
        changed = batch_statistics.target_statistics(given, **options)
    else:
        read = partial(batch_statistics.read_logits, head=pair.linear_head)
        changed = batch_statistics.least_entropy(given, read, **options)
    return changed, given.features(options["batch_size"])
