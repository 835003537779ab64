"""fastai on the same cases, pixels and weights: a yardstick of ``linear_probe.py`` and of ``budget.py``.

``Learner.freeze`` trains the head (and fastai's BatchNorm layers, as it does by default) with fastai's own
optimiser and one-cycle schedule, for as many epochs as the usual recipe. ``--fine-tune`` is ``Learner.fine_tune``:
one epoch of the head, then that many of everything, with its own rates.

    python bench/fastai_learner.py --table split.csv --root DATA --out row.json     (needs: pip install fastai)
"""

import time

STARTED = time.perf_counter()

import torch  # noqa: E402
from fastai.callback import progress, schedule  # noqa: E402, F401  (they give Learner no_bar and fit_one_cycle)
from fastai.callback.core import Callback, CancelValidException  # noqa: E402
from fastai.data.core import DataLoaders  # noqa: E402
from fastai.data.load import DataLoader  # noqa: E402
from fastai.learner import Learner  # noqa: E402
from torch import nn  # noqa: E402
from usual_recipe import answer, arguments, lesson  # noqa: E402


def halves(model):
    """fastai freezes by parameter groups: body first, head last."""
    head = list(model.get_classifier().parameters())
    known = {id(parameter) for parameter in head}
    return [[p for p in model.parameters() if id(p) not in known], head]


class NoValidation(Callback):
    """Skips the validation pass after each epoch: the usual recipe has none either."""

    def before_validate(self):
        raise CancelValidException


def main():
    parser = arguments(__doc__)
    parser.add_argument("--fine-tune", action="store_true", help="Learner.fine_tune in place of a frozen body")
    options = parser.parse_args()
    train, test, model = lesson(options)
    loaders = DataLoaders(
        DataLoader(train, bs=32, shuffle=True, num_workers=2),
        DataLoader(test, bs=32, num_workers=2),
        device=torch.device("cpu"),
    )
    learner = Learner(loaders, model, loss_func=nn.CrossEntropyLoss(), splitter=halves, cbs=[NoValidation()])
    count = options.epochs + (1 if options.fine_tune else 0)
    began = time.perf_counter()
    with learner.no_logging(), learner.no_bar():
        if options.fine_tune:
            learner.fine_tune(options.epochs)
        else:
            learner.freeze()
            learner.fit_one_cycle(options.epochs)
    each = (time.perf_counter() - began) / count
    answer(options, test, model, loaders[1], [each] * count, STARTED)


if __name__ == "__main__":
    main()
