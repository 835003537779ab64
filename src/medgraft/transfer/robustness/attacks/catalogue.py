"""All built-in attacks, as one type for configurations: importing this registers them."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from medgraft.transfer.robustness.attacks.apgd import Apgd
from medgraft.transfer.robustness.attacks.attack import ATTACKS
from medgraft.transfer.robustness.attacks.fgsm import Fgsm
from medgraft.transfer.robustness.attacks.pgd import Pgd
from medgraft.transfer.robustness.attacks.square import Square

__all__ = ["ATTACKS", "AnyAttack"]

AnyAttack = Annotated[Fgsm | Pgd | Apgd | Square, Field(discriminator="kind")]
"""The options of one attack."""
