"""Whether the weights that a model starts from have seen the cases it is judged on: told, never passed over.

Weights that were made here by ``pretrain`` record their cases as keyed hashes. Copies of a file are found wherever they
lie; the same picture in another file is not.
"""

from __future__ import annotations

import pandas as pd

from medgraft.data.cohort.identity import content_id
from medgraft.home import Home
from medgraft.progress import Progress
from medgraft.source.backbones.backbone import BackboneFacts
from medgraft.source.weights.provenance import Seen, house_of
from medgraft.source.weights.store import entry_names, get_entry, get_seen

__all__ = ["recorded", "tell_seen"]


def recorded(facts: BackboneFacts, home: Home) -> tuple[Seen, ...]:
    """What is known of the cases that weights saw: nothing where they are not (or no longer) the store's."""
    name = facts.weights
    if name not in entry_names(home) or get_entry(home, name).sha256 != facts.checksum:
        return ()
    return get_seen(home, name)


def tell_seen(facts: BackboneFacts, cases: pd.DataFrame, called: str, *, home: Home, progress: Progress) -> None:
    """Notices for rows of a cohort's table. ``called``: what they are, as ``test cases``."""
    records = recorded(facts, home)
    if not records:
        return
    name = facts.weights
    pairs = zip(cases["sha256"], cases["member"], strict=True)
    ids = [content_id(home, str(digest), str(member)) for digest, member in pairs]
    for record in records:
        if record.house != house_of(home):
            progress.notice(
                f"the weights {name!r} were made in another house: whether they saw any of the {called} cannot be told"
            )
            continue
        labelled, unlabelled = set(record.with_labels), set(record.without_labels)
        known = sum(case in labelled for case in ids)
        looked_at = sum(case in unlabelled for case in ids)
        if known:
            progress.notice(
                f"{known} of the {len(ids)} {called} were seen with labels when the weights {name!r} were made: "
                "numbers on them are too good; take weights that did not learn from them"
            )
        if looked_at:
            progress.notice(
                f"{looked_at} of the {len(ids)} {called} were seen when the weights {name!r} were made, without their "
                "labels: numbers on them may be a little too good"
            )
