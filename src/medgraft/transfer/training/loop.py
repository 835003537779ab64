"""The one training loop: AdamW, warm-up and cosine, early stop on validation, resumable bit for bit.

Epoch 0 is the network as it was given, evaluated before the first step: whatever training brings is told
against it. The order of cases, augmentation and dropout are drawn from (seed, epoch, case or step), so a run
that was killed and started again ends with the weights of an unbroken one. It stops on a loss or gradient
that is not finite, and at the end the network holds the weights of the epoch with the lowest validation loss, or of
the last one where the recipe keeps that.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from medgraft.errors import UsageError
from medgraft.progress import Progress
from medgraft.transfer.models.freezing import trainable
from medgraft.transfer.training.average import MovingAverage, recompute_batchnorm
from medgraft.transfer.training.checkpoint import Checkpoint, Checkpoints
from medgraft.transfer.training.exposure import Learner
from medgraft.transfer.training.judging import judge
from medgraft.transfer.training.placement import Placement
from medgraft.transfer.training.recipe import Cases, Recipe
from medgraft.transfer.training.schedule import SCHEDULES
from medgraft.transfer.training.seeding import batches, epoch_order, seeded

__all__ = ["Trained", "train"]


@dataclass(frozen=True)
class Trained:
    """``best_epoch`` is 0 where no epoch was better, by what the recipe keeps, than the network at the start.

    ``history``: ``epoch, lr`` (of the head, last step), ``train_loss`` (None at epoch 0), ``val_loss``, the
    score's columns, ``seconds``; only ``seconds`` differs between two runs.
    """

    best_epoch: int
    best_loss: float
    stopped_early: bool
    history: list[dict[str, Any]]


@dataclass
class _State:
    """What training knows besides the network and the optimiser."""

    epoch: int
    best_epoch: int
    best_loss: float
    history: list[dict[str, Any]]
    best: dict[str, Tensor] = field(repr=False)

    def stale(self, recipe: Recipe) -> bool:
        """Whether the epoch of the lowest loss is so long ago that training stops early."""
        return recipe.keep == "best" and self.epoch - self.best_epoch >= recipe.patience


def train(
    network: nn.Module,
    groups: list[dict[str, Any]],
    cases: Cases,
    recipe: Recipe,
    checkpoints: Checkpoints,
    progress: Progress,
) -> Trained:
    """Train ``network`` (inputs, as pixels (N, C, S, S) → what the objective takes, as logits (N, classes)) in place;
    it ends in eval mode.

    ``groups`` are AdamW's, each with ``peak_lr``; together they hold exactly the trainable parameters.
    Raises ``UsageError`` where training diverges, ``DataError`` for pixels that are not finite.
    """
    loop = _Loop(network, groups, cases, recipe, progress)
    with loop.placement.deterministic():
        state = loop.resume(checkpoints) or loop.start()
        while state.epoch < recipe.epochs and not state.stale(recipe) and loop.epoch(state):
            checkpoints.save(loop.checkpoint(state))
    network.load_state_dict(state.best)
    network.eval()
    return Trained(state.best_epoch, state.best_loss, state.epoch < recipe.epochs, state.history)


class _Loop:
    """One network and its optimiser."""

    def __init__(
        self,
        network: nn.Module,
        groups: list[dict[str, Any]],
        cases: Cases,
        recipe: Recipe,
        progress: Progress,
    ) -> None:
        self.placement = Placement(recipe.device, half=recipe.half)
        self.network = self.placement.network(network)
        self.learner = Learner(self.network, self.placement)
        self.cases, self.recipe, self.progress = cases, recipe, progress
        self.parameters = trainable(network)
        held = [id(item) for group in groups for item in group["params"]]
        if sorted(held) != sorted(id(item) for item in self.parameters.values()):
            raise UsageError(
                f"training: the optimiser's groups hold {len(held)} parameters, the network has "
                f"{len(self.parameters)} that are not frozen; each of these must be held once"
            )
        self.optimiser = torch.optim.AdamW(groups)
        self.average = MovingAverage(self.parameters, recipe.ema) if recipe.ema else None
        self.anchors = [
            (group, [item.detach().clone() for item in group["params"]])
            for group in self.optimiser.param_groups
            if recipe.anchor and group.get("anchored")
        ]
        self.per_epoch = len(batches(np.arange(len(cases.train)), recipe.batch_size)) * recipe.exposure.replays
        self._given = _snapshot(network)

    def start(self) -> _State:
        """Epoch 0: the network as it was given."""
        began = time.perf_counter()
        loss, scores = self._validate(epoch=0)
        seconds = time.perf_counter() - began
        row = {"epoch": 0, "lr": 0.0, "train_loss": None, "val_loss": loss, **scores, "seconds": seconds}
        return _State(0, 0, loss, [row], self._given)

    def _has_time(self, seconds: float) -> bool:
        """Whether what will take ``seconds`` is done by the recipe's hour."""
        return self.recipe.until is None or time.monotonic() + seconds <= self.recipe.until

    def epoch(self, state: _State) -> bool:
        """Train one epoch, evaluate it, and keep its weights where they are the best so far. ``False``: there was no
        time for it, and the state is what it was."""
        epoch, began = state.epoch + 1, time.perf_counter()
        if epoch > 1 and not self._has_time(float(state.history[-1]["seconds"])):
            return False
        if self.recipe.thaw is not None:
            self.recipe.thaw(epoch)
        balance = self.cases.train.labels if self.recipe.sampling == "balanced" else None
        order = epoch_order(self.recipe.seed, epoch, len(self.cases.train), balance)
        replays = self.recipe.exposure.replays
        parts = [part for part in batches(order, self.recipe.batch_size) for _ in range(replays)]
        self.recipe.exposure.begin()
        label = f"training, epoch {epoch} of at most {self.recipe.epochs}"
        self.network.train()
        total = 0.0
        for number, part in enumerate(self.progress.track(parts, total=len(parts), label=label)):
            spent = time.perf_counter() - began
            if epoch == 1 and number in (2, 8) and not self._has_time(spent / number * (len(parts) - number)):
                return False
            total += self._step(part, epoch, (epoch - 1) * self.per_epoch + number) * len(part)
        with self._averaged():
            loss, scores = self._validate(epoch)
            state.epoch = epoch
            if self._is_best(state, loss, scores):
                state.best_epoch, state.best_loss, state.best = epoch, loss, _snapshot(self.network)
        state.history.append(
            {
                "epoch": epoch,
                "lr": float(self.optimiser.param_groups[-1]["lr"]),
                "train_loss": total / (replays * len(order)),
                "val_loss": loss,
                **scores,
                "seconds": time.perf_counter() - began,
            }
        )
        return True

    def _is_best(self, state: _State, loss: float, scores: Mapping[str, float | None]) -> bool:
        """Whether the epoch's weights are kept in place of those so far."""
        if self.recipe.keep != "best-auroc":
            return self.recipe.keep == "last" or loss < state.best_loss
        now, before = scores.get("val_auroc"), state.history[state.best_epoch].get("val_auroc")
        return now is not None and (before is None or now > before)

    def _step(self, chosen: NDArray[np.int64], epoch: int, step: int) -> float:
        """One step on the cases at positions ``chosen``; the loss before it."""
        train, recipe = self.cases.train, self.recipe
        steps = recipe.epochs * self.per_epoch
        factor = SCHEDULES[recipe.schedule](step, steps=steps, warmup=round(recipe.warmup * steps))
        for group in self.optimiser.param_groups:
            group["lr"] = group["peak_lr"] * factor
        inputs = [self.placement.array(item) for item in train.batch(chosen, epoch=epoch)]
        labels = self.placement.vector(train.asked(chosen))
        weights = self.placement.vector(train.weights[chosen].astype(np.float32))
        self.optimiser.zero_grad(set_to_none=True)
        with seeded(self.placement.device, recipe.seed, epoch, step):
            each = recipe.exposure.loss(self.learner, inputs, labels, recipe.objective)
            loss = (each * weights).mean()
            value = float(loss.detach())
            self._require_finite(value, "loss", chosen, epoch, step)
            torch.autograd.backward(loss)
        norm = nn.utils.clip_grad_norm_(list(self.parameters.values()), recipe.clip_norm)
        self._require_finite(float(norm), "gradient", chosen, epoch, step)
        self.optimiser.step()
        self._pull()
        if self.average is not None:
            self.average.update(step)
        return value

    @torch.no_grad()
    def _pull(self) -> None:
        """A step towards the start, for what is anchored and learns."""
        for group, anchors in self.anchors:
            for item, anchor in zip(group["params"], anchors, strict=True):
                if item.requires_grad:
                    item.lerp_(anchor, min(1.0, group["lr"] * self.recipe.anchor))

    @contextmanager
    def _averaged(self) -> Iterator[None]:
        """Within it the network is what is judged and kept: the average, where one is made."""
        if self.average is None:
            yield
            return
        buffers = {name: item.detach().clone() for name, item in self.network.named_buffers()}
        with self.average.swapped():
            train = self.cases.train
            parts = batches(np.arange(len(train)), self.recipe.batch_size)
            recompute_batchnorm(
                self.network, (tuple(self.placement.array(item) for item in train.batch(part)) for part in parts)
            )
            yield
        for name, item in self.network.named_buffers():
            item.copy_(buffers[name])

    def _require_finite(self, value: float, what: str, chosen: NDArray[np.int64], epoch: int, step: int) -> None:
        if not np.isfinite(value):
            cases = ", ".join(str(i) for i in self.cases.train.index[chosen])
            raise UsageError(
                f"training stopped at step {step} (epoch {epoch}): the {what} is {value} on the cases "
                f"{cases} (position "
                "in the sorted cohort). Their pixels are finite, so training diverged: lower the learning "
                "rate"
            )

    def _validate(self, epoch: int) -> tuple[float, dict[str, float | None]]:
        """Weighted loss and scores on the validation cases."""
        loss, answers = judge(self.network, self.cases.val, self.recipe, self.placement)
        if not np.isfinite(loss):
            raise UsageError(
                f"the validation loss after epoch {epoch} is {loss}: training diverged; lower the learning rate"
            )
        return loss, self.cases.score(answers, self.cases.val.labels) if self.cases.score else {}

    def checkpoint(self, state: _State) -> Checkpoint:
        """Everything that the next epoch needs; the best weights only where they are not the newest or the
        first."""
        tensors = {f"network/{name}": item for name, item in self.network.state_dict().items()}
        for name, parameter in self.parameters.items():
            for key, item in self.optimiser.state[parameter].items():
                tensors[f"optimiser/{name}/{key}"] = item
        if self.average is not None:
            tensors |= {f"average/{name}": item for name, item in self.average.values.items()}
        if state.best_epoch > 0 and (state.best_epoch < state.epoch or self.average is not None):
            tensors |= {f"best/{name}": item for name, item in state.best.items()}
        facts = {"best_epoch": state.best_epoch, "best_loss": state.best_loss, "history": state.history}
        return Checkpoint(state.epoch, tensors, facts)

    def resume(self, checkpoints: Checkpoints) -> _State | None:
        """Go on from the newest good checkpoint, if there is one."""
        found = checkpoints.newest(self.progress.notice)
        if found is None:
            return None
        self.network.load_state_dict(_part(found.tensors, "network/"))
        for name, parameter in self.parameters.items():
            for key, item in _part(found.tensors, f"optimiser/{name}/").items():
                # AdamW counts its steps on the CPU; its moments lie beside the parameter, in its memory
                # format.
                self.optimiser.state[parameter][key] = (
                    item if item.ndim == 0 else torch.empty_like(parameter.detach()).copy_(item)
                )
        if self.average is not None:
            self.average.restore(_part(found.tensors, "average/"))
        best_epoch = int(found.facts["best_epoch"])
        best = self._given
        if best_epoch:
            best = _part(found.tensors, "best/") or _snapshot(self.network)
        return _State(found.epoch, best_epoch, float(found.facts["best_loss"]), list(found.facts["history"]), best)


def _snapshot(network: nn.Module) -> dict[str, Tensor]:
    """A copy of the state dict on the CPU."""
    return {name: item.detach().cpu().clone() for name, item in network.state_dict().items()}


def _part(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """Tensors whose name starts with ``prefix``, without it."""
    return {name.removeprefix(prefix): item for name, item in tensors.items() if name.startswith(prefix)}
