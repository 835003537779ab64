"""The silent progress: passes everything on, keeps each notice once."""

from __future__ import annotations

from medgraft.progress import Progress


def test_items_pass_unchanged():
    assert list(Progress().track(iter("abc"), total=3, label="letters")) == ["a", "b", "c"]


def test_a_notice_is_kept_once_and_in_order():
    progress = Progress()
    for text in ("first", "second", "first"):
        progress.notice(text)
    assert progress.notices == ["first", "second"]


def test_two_do_not_share_their_notices():
    Progress().notice("mine")
    assert Progress().notices == []
