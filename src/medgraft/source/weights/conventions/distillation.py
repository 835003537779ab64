"""DINO and mean teachers: a student and a teacher in one file, both of which fit; the user says which.

Source: Caron et al. 2021, Emerging Properties in Self-Supervised Vision Transformers; Tarvainen & Valpola 2017.
"""

from __future__ import annotations

from medgraft.source.weights.conventions.convention import CONVENTIONS, Convention

__all__: list[str] = []

CONVENTIONS.register("distillation")(
    Convention(
        about="DINO and mean teachers: a student and a teacher; say which with --part",
        containers=("student", "teacher", "ema"),
        prefixes=("student.", "teacher.", "ema."),
        beside=(
            ("head.", "the projection of self-distillation"),
            ("dino_head.", "the projection of self-distillation"),
        ),
    )
)
