"""Subspace alignment by hand."""

from __future__ import annotations

import numpy as np

from medgraft.transfer.adaptation.subspace_alignment import aligned

ANGLE = np.pi / 6
TURN = np.array([[np.cos(ANGLE), np.sin(ANGLE), 0.0], [-np.sin(ANGLE), np.cos(ANGLE), 0.0], [0.0, 0.0, 1.0]])
ROWS = np.random.default_rng(0).normal(size=(50, 3)) * [5.0, 2.0, 0.5]


def centred_and_white():
    """Rows whose covariance is diagonal exactly, so that axes are known."""
    rows = ROWS - ROWS.mean(axis=0)
    vectors = np.linalg.eigh(rows.T @ rows)[1][:, ::-1]
    return rows @ vectors


def test_one_axis_by_hand():
    """The source's longest axis is (1, 0, 0), the target's is that turned by 30 degrees: aligned coordinates are the
    source's times cos 30°."""
    source = centred_and_white()
    target = source @ TURN + 4.0
    found, there, axes = aligned(source, target, 1)
    sign = np.sign(axes[0, 0])
    np.testing.assert_allclose(sign * axes[:, 0], [np.cos(ANGLE), np.sin(ANGLE), 0.0], atol=1e-10)
    np.testing.assert_allclose(sign * found[:, 0], np.cos(ANGLE) * source[:, 0], atol=1e-10)
    np.testing.assert_allclose(sign * there[:, 0], source[:, 0], atol=1e-10)


def test_all_axes_are_the_rows_themselves_on_the_targets_axes():
    source = centred_and_white()
    target = source @ TURN
    found, there, axes = aligned(source, target, 9)
    assert axes.shape == (3, 3)
    np.testing.assert_allclose(found, source @ axes, atol=1e-10)
    np.testing.assert_allclose(there @ axes.T, target, atol=1e-10)


def test_there_are_no_more_axes_than_cases_say():
    assert aligned(ROWS[:3], ROWS, 3)[2].shape == (3, 2)


def test_it_helps_where_the_target_is_moved(gains):
    before, after = gains("subspace-alignment", "moved").T
    assert (after > before).all()
