"""What the trust and explanation of a run cost: `medgraft fit` with them and without, in turn, in new processes.

    python bench/trust_speed.py [--data ../shared/data] [--repetitions 5] [--work DIR]

BUSI, all defaults, 24 heat maps. *Without*: the stages that mend probabilities, make sets, cuts and gate, and explain
are replaced by writing the bundle as the transfer left it; all else is the same. Features are kept from a first fit
that is not counted, so that what is measured is not the embedding. Wall time and process time (user and system, all
threads) of the whole process; medians. The claim: at most 10 s of either; wall time means little on a machine that does
other things beside. Writes its part of ``docs/benchmarks.md``.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

from page import replace_section

MOST = 10.0


def fitted(data, out, home, *, bare):
    """One fit in this process."""
    from medgraft.experiment import fitting
    from medgraft.home import Home
    from medgraft.transfer.models.bundle import write_bundle

    def written(work):
        work.trust = {}
        write_bundle(work.run.bundle, work.bundle)

    if bare:
        fitting.trust_stage, fitting.explanation_stage = written, lambda work: None
    result = fitting.fit_run(data, out, home=Home(home), overwrite=True)
    maps = 0 if bare else len(json.loads((out / "explanations.json").read_text())["cases"])
    return {"maps": maps, "stages": result.timings}


def measured(options, *, bare):
    """Seconds of a process that does that."""
    command = [sys.executable, __file__, "--data", str(options.data), "--work", str(options.work), "--child"]
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run([*command, "bare" if bare else "whole"], check=True, capture_output=True, text=True)
    wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"wall": wall, "process": used, **json.loads(done.stdout.splitlines()[-1])}


def section(rows):
    """The table."""
    lines = ["| fit | repetitions | heat maps | wall, s | process, s |", "|---|---:|---:|---:|---:|"]
    for name, some in rows.items():
        each = [f"{median(row[kind] for row in some):.1f}" for kind in ("wall", "process")]
        lines.append(f"| {name} | {len(some)} | {some[0]['maps']} | {' | '.join(each)} |")
    pairs = list(zip(rows["whole"], rows["bare"], strict=True))
    more = {kind: [whole[kind] - bare[kind] for whole, bare in pairs] for kind in ("wall", "process")}
    told = [f"{median(some):.1f} ({min(some):.1f} to {max(some):.1f})" for some in more.values()]
    verdicts = [
        f"{kind} time: {'holds' if median(some) <= MOST else '**does not hold**'}" for kind, some in more.items()
    ]
    lines.append(f"| difference, pair by pair: median (range) | {len(pairs)} | | {told[0]} | {told[1]} |")
    return "\n".join([*lines, "", f"At most {MOST:.0f} s more. {'; '.join(verdicts).capitalize()}."])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--work", type=Path, default=Path("bench-work/trust-speed"))
    parser.add_argument("--child", choices=["whole", "bare"], help="one fit in this process (used by the command)")
    options = parser.parse_args()
    if options.child:
        bare = options.child == "bare"
        print(json.dumps(fitted(options.data / "busi", options.work / options.child, options.work / "home", bare=bare)))
        return
    options.work.mkdir(parents=True, exist_ok=True)
    measured(options, bare=False)  # embeds, and draws the files of the libraries into memory
    rows = {"whole": [], "bare": []}
    for _ in range(options.repetitions):
        for name in rows:
            rows[name].append(measured(options, bare=name == "bare"))
    text = section(rows)
    print(text)
    replace_section("trust-speed", text)


if __name__ == "__main__":
    main()
