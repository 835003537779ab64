"""Several sites with labels: one probe a site, mixed by likeness, or one for all of them, whichever is better for sure.

A site's own probe knows how its pictures are taken; the pooled one has more cases. Here a case gets the answers of the
sites' probes, weighted by how much it looks like a case of each site: a classifier of the site of origin on the same
features, its strength chosen on patient-grouped folds. A site where a class has one patient, or none, answers with the
pooled probe; cases of unknown site train that one only.

The mixture is kept only where its AUROC in cross-validation is above that of the pooled probe on the same folds, the
paired interval over patients above 0; else the pooled probe is given back. The facts say which, and by how much. The
answers of cross-validation are those of the kept one: picking one of two flatters them by a hair.

Sources: Mansour, Mohri & Rostamizadeh 2009, Domain Adaptation with Multiple Sources (weights by the source's
distribution); Hoffman, Mohri & Zhang 2018 (the same for conditional probabilities).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field
from threadpoolctl import threadpool_limits

from medgraft.errors import UsageError
from medgraft.measure.ties import find_ties
from medgraft.transfer.models.heads.per_site import PerSiteHead
from medgraft.transfer.strategies.crossvalidation import CV_LIMIT, cross_validate
from medgraft.transfer.strategies.linear_probe import FittedProbe, LinearProbe, LinearProbeConfig
from medgraft.transfer.strategies.scored import Cases
from medgraft.transfer.strategies.strategy import STRATEGIES, Material, OutOfFold, Transferred

__all__ = ["PerSite", "PerSiteConfig"]

Array = NDArray[np.float64]
_FEWEST = 2
"""Patients of each class that a site needs for a probe of its own."""


class PerSiteConfig(BaseModel):
    """Options of the mixture over sites."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["per-site"] = "per-site"
    keep: Annotated[
        Literal["if-better", "always"],
        Field(description="give back the mixture if it is better than the pooled probe for sure, or always"),
    ] = "if-better"
    class_weights: Annotated[
        Literal["none", "balanced"],
        Field(description="weight of a case in the loss: none, or inverse class frequency"),
    ] = "none"
    root: Annotated[bool, Field(description="read the signed square root of the features, not the features")] = True
    folds: Annotated[int, Field(ge=2, le=20, description="outer folds of cross-validation")] = 5
    repeats: Annotated[int, Field(ge=0, le=20, description="repeats of cross-validation; 0 leaves it out")] = 3


@dataclass(frozen=True)
class _Mixture:
    """``origin``: which site; ``members``: a probe a site, the pooled one among them where a site has none."""

    origin: FittedProbe
    members: list[FittedProbe]

    def chances(self, features: NDArray[np.float32]) -> Array:
        answers = np.stack([member.chances(features) for member in self.members])
        return np.asarray(np.einsum("ns,snc->nc", self.origin.chances(features), answers))

    def head(self, *, rooted: bool) -> PerSiteHead:
        members = tuple(member.head(rooted=rooted) for member in self.members)
        return PerSiteHead(self.origin.head(rooted=rooted), members)


@dataclass(frozen=True)
class _Gain:
    """AUROC of the mixture minus that of the pooled probe, paired."""

    pooled: float
    mixed: float
    low: float
    high: float

    @property
    def real(self) -> bool:
        return self.low > 0


@STRATEGIES.register("per-site")
class PerSite:
    """Frozen backbone, a probe a site, mixed by likeness to the site."""

    name: ClassVar[str] = "per-site"
    needs_validation: ClassVar[bool] = False
    needs_network: ClassVar[bool] = False
    keeps_gallery: ClassVar[bool] = False
    Config: ClassVar[type[BaseModel]] = PerSiteConfig

    def __init__(self, config: PerSiteConfig) -> None:
        self.config = config
        self._probe = LinearProbe(LinearProbeConfig(class_weights=config.class_weights, root=config.root))
        self._origin = LinearProbe(LinearProbeConfig(root=config.root))

    def fit(self, material: Material) -> Transferred:
        """Both on the training cases, compared in cross-validation. Raises ``UsageError`` for fewer than two sites."""
        names, codes = _sites(material)
        cases, training, config = self._probe.cases(material), ~material.is_val, self.config

        def pooled(held: NDArray[np.bool_]) -> Array:
            return self._pooled(cases.take(~held), material.seed, final=False).chances(cases.features[held])

        def mixed(held: NDArray[np.bool_]) -> Array:
            found = self._mixture(cases.take(~held), codes[~held], material.seed, final=False)
            return pooled(held) if found is None else found.chances(cases.features[held])

        with threadpool_limits(1, user_api="blas"):
            one = self._pooled(cases.take(training), material.seed, final=True)
            found = self._mixture(cases.take(training), codes[training], material.seed, final=True)
            answers = [self._cross_validate(material, how) for how in (pooled, mixed)]
        gain = _gain(material, answers)
        kept = found is not None and (config.keep == "always" or (gain is not None and gain.real))
        told = config.repeats > 0 and len(material.labels) < CV_LIMIT
        head = found.head(rooted=config.root) if kept and found is not None else one.head(rooted=config.root)
        facts: dict[str, Any] = {
            "kept": "per-site" if kept else "pooled",
            "sites": {str(name): int(np.sum(codes[training] == code)) for code, name in enumerate(names)},
            "unknown_site": int(np.sum(codes[training] < 0)),
            "C": one.sweeps[0].strength,
            "training_cases": int(np.sum(training)),
        }
        if gain is not None:
            facts["auroc"] = {"pooled": gain.pooled, "per_site": gain.mixed}
            facts["gain"] = {"value": gain.mixed - gain.pooled, "low": gain.low, "high": gain.high}
        return Transferred(
            head, history=one.sweeps[0].rows, out_of_fold=answers[int(kept)] if told else None, facts=facts
        )

    def _pooled(self, cases: Cases, seed: int, *, final: bool) -> FittedProbe:
        return self._probe.fitted(cases, inner_folds=5 if final else 3, seed=seed, exact=final)

    def _mixture(self, cases: Cases, codes: NDArray[np.int64], seed: int, *, final: bool) -> _Mixture | None:
        """``None`` where only one site is left, or none has enough cases for a probe of its own."""
        known = np.unique(codes[codes >= 0])
        own = [code for code in known if _enough(cases.take(codes == code))]
        if len(known) < 2 or not own:
            return None
        seen = codes >= 0
        places = np.searchsorted(known, codes[seen])
        of_origin = Cases(cases.features[seen], places.astype(np.int64), cases.groups[seen], len(known))
        pooled = None if len(own) == len(known) else self._pooled(cases, seed, final=final)
        members = [
            pooled
            if pooled is not None and code not in own
            else self._pooled(cases.take(codes == code), seed, final=final)
            for code in known
        ]
        return _Mixture(self._origin.fitted(of_origin, inner_folds=5 if final else 3, seed=seed, exact=final), members)

    def _cross_validate(self, material: Material, answer: Callable[[NDArray[np.bool_]], Array]) -> OutOfFold | None:
        """To decide, once is done also where none was asked for, and where there are many cases."""
        repeats = self.config.repeats if len(material.labels) < CV_LIMIT else 1
        return cross_validate(material, folds=self.config.folds, repeats=max(1, repeats), answer=answer, always=True)


def _sites(material: Material) -> tuple[NDArray[np.str_], NDArray[np.int64]]:
    """Names of the sites of the training cases, and the site (n,) of each case, −1 where it is none of them."""
    given = np.full(len(material.labels), "") if material.sites is None else material.sites
    names = np.unique(given[~material.is_val & (given != "")])
    if len(names) < 2:
        raise UsageError(
            f"strategy per-site: the training cases come from {len(names)} known site{'s' * (len(names) != 1)}, two or "
            "more are needed; name the column that says where each case comes from with --site-col, or use linear-probe"
        )
    codes = np.full(len(given), -1, dtype=np.int64)
    for code, name in enumerate(names):
        codes[given == name] = code
    return names, codes


def _enough(cases: Cases) -> bool:
    """Whether every class has patients enough."""
    patients = [len(np.unique(cases.groups[cases.labels == label])) for label in range(cases.n_classes)]
    return min(patients) >= _FEWEST


def _gain(material: Material, answers: list[OutOfFold | None]) -> _Gain | None:
    """``None`` where nothing could be held out."""
    pooled, mixed = answers
    if pooled is None or mixed is None:
        return None
    ties = find_ties(
        material.labels,
        {"pooled": pooled.probability, "mixed": mixed.probability},
        positive=material.positive if material.n_classes == 2 else None,
        groups=material.groups,
        seed=material.seed,
    )
    one, other = ties.candidates
    if ties.best == "mixed":
        return _Gain(one.value, other.value, -one.difference_high, -one.difference_low)
    return _Gain(one.value, other.value, other.difference_low, other.difference_high)
