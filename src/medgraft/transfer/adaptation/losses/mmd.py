"""Maximum mean discrepancy: the distance of two distributions by the means of their kernel features.

``mean k(s, s') + mean k(t, t') − 2 mean k(s, t)`` over all pairs, a case with itself among them, so that it is never
negative. The kernel is the mean of Gaussians of several widths around the mean distance of what is seen, which has no
gradient. Joint: the product of the kernels of features and of answers.

Sources: Gretton et al. 2012, A Kernel Two-Sample Test; Long et al. 2015 (several widths, DAN), 2017 (joint, JAN).
"""

from __future__ import annotations

import torch
from torch import Tensor

from medgraft.transfer.adaptation.losses.loss import LOSSES, DomainLoss, Seen

__all__ = ["WIDTHS", "Joint", "Marginal", "discrepancy", "gaussian_kernel"]

WIDTHS = (0.125, 0.25, 0.5, 1.0, 2.0)
"""Variances of the Gaussians, in mean squared distances."""

_TINY = 1e-12


def gaussian_kernel(rows: Tensor) -> Tensor:
    """(n, n) of ``rows`` (n, h), both sides below each other: ``mean over w of exp(−d² / (2 w m))``, m the mean d² of
    different rows."""
    # Not torch.cdist: the gradient of a root at distance zero is not a number.
    lengths = rows.square().sum(dim=1)
    squared = (lengths[:, None] + lengths - 2 * rows @ rows.T).clamp_min(0)
    number = len(rows)
    middle = (squared.detach().sum() / max(number * (number - 1), 1)).clamp_min(_TINY)
    return torch.stack([torch.exp(-squared / (2 * width * middle)) for width in WIDTHS]).mean(dim=0)


def discrepancy(kernel: Tensor, first: int) -> Tensor:
    """Squared MMD from the kernel (n, n), whose first ``first`` rows are of one side."""
    one, other, between = kernel[:first, :first], kernel[first:, first:], kernel[:first, first:]
    return one.mean() + other.mean() - 2 * between.mean()


@LOSSES.register("dan")
class Marginal(DomainLoss):
    """Of the features."""

    def forward(self, seen: Seen) -> Tensor:
        """See the contract."""
        return discrepancy(gaussian_kernel(torch.cat([seen.source, seen.target])), len(seen.source))


@LOSSES.register("jan")
class Joint(DomainLoss):
    """Of the features together with the answers."""

    def forward(self, seen: Seen) -> Tensor:
        """See the contract."""
        answers = torch.softmax(torch.cat([seen.source_logits, seen.target_logits]), dim=1)
        kernel = gaussian_kernel(torch.cat([seen.source, seen.target])) * gaussian_kernel(answers)
        return discrepancy(kernel, len(seen.source))
