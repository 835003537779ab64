"""The command ``medgraft``: parse, call, print; turn errors into one clear message and an exit code.

0 done, 2 usage, 3 data refused, 4 damaged artefact or weights, 130 interrupted and resumable, 1 our bug.
"""

from __future__ import annotations

import gc
import os
import sys
import traceback
from collections.abc import Callable
from typing import Any

import typer
from typer.main import get_command

from medgraft.cli import clock  # first: it starts the clock
from medgraft.cli.adapt import adapt
from medgraft.cli.audit import audit
from medgraft.cli.cache import app as cache_app
from medgraft.cli.compare import compare
from medgraft.cli.contour import contour
from medgraft.cli.demo import demo
from medgraft.cli.embed import embed
from medgraft.cli.evaluate import evaluate
from medgraft.cli.fit import fit
from medgraft.cli.listing import list_members
from medgraft.cli.predict import predict
from medgraft.cli.pretrain import pretrain
from medgraft.cli.rank import rank
from medgraft.cli.report import report
from medgraft.cli.shift import shift
from medgraft.cli.show import show
from medgraft.cli.terminal import plain
from medgraft.cli.track import track
from medgraft.cli.weights import app as weights_app
from medgraft.errors import MedgraftError
from medgraft.home import Home

__all__ = ["app", "main"]

app = typer.Typer(
    name="medgraft",
    help="From a folder of medical images to a tested, reported, usable model. Research use only.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
_VERBS = (
    *(fit, evaluate, predict, compare, report, audit, shift, adapt, show, rank, pretrain, embed, demo),
    *(track, contour),
)
for _verb in _VERBS:
    app.command()(_verb)
app.command("list")(list_members)
app.add_typer(weights_app, name="weights")
app.add_typer(cache_app, name="cache")

_BUG, _ARTEFACT, _INTERRUPTED = 1, 4, 130
_GOES_ON = "interrupted; the same command goes on where it stopped"


def main(argv: list[str] | None = None) -> int:
    """Run one command; the exit code."""
    # PyTorch makes a folder below the temporary one when it is imported; in the house, nothing is written elsewhere.
    os.environ.setdefault("TORCHINDUCTOR_CACHE_DIR", str(Home.find().cache / "torch"))
    # A verb imports a thousand modules; looking for garbage among them every 700 objects is a tenth of the start-up.
    gc.set_threshold(100_000, 20, 20)
    command = get_command(app)
    return _guarded(lambda: command.main(args=argv, prog_name="medgraft", standalone_mode=False))


def _guarded(call: Callable[[], Any]) -> int:
    """The result of ``call`` as an exit code; every expected error as one message."""
    try:
        result = call()
    except MedgraftError as error:
        return _say(str(error), error.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        return _say(_GOES_ON, _INTERRUPTED)
    except BrokenPipeError:
        return 0
    except OSError as error:
        place = f" {error.filename}" if error.filename else ""
        return _say(f"{error.strerror or error}{place}; check the disk and the permissions", _ARTEFACT)
    except Exception as error:
        if hasattr(error, "show") and hasattr(error, "exit_code"):  # the parser's own usage errors
            error.show()
            return int(error.exit_code)
        traceback.print_exc()
        return _say("this is a bug in medgraft; please report the lines above (they name no patient)", _BUG)
    code = result if isinstance(result, int) else 0
    return _say(_GOES_ON, code) if code == _INTERRUPTED else code  # the parser catches Ctrl-C by itself


def _say(message: str, code: int) -> int:
    lines = message.split("\n")
    sys.stderr.write("error: " + "\n".join(plain(line) for line in lines) + "\n")
    return code


STARTED = clock.STARTED
