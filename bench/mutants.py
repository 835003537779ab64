"""Mutated DICOM files: none may raise anything but ``ReaderError``, take over 5 s, or take memory beyond the cap.

    python bench/mutants.py [--count 20000] [--seed 0] [--jobs 2]

Seeds are the phantom's twins in every transfer syntax and the files that pydicom brings. A mutant is a seed with bytes
flipped, cut off, taken out, put in twice, or with a header field set to an extreme; which one follows from the seed and
its number, so that any of them can be made again. Writes its part of ``docs/pixels.md``.
"""

import argparse
import collections
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from page import replace_section

SLOW_SECONDS = 5.0
LARGEST_SEED = 600_000
CAP_MIB = 1024
FIELDS = [b"\x28\x00\x10\x00US\x02\x00", b"\x28\x00\x11\x00US\x02\x00", b"\x28\x00\x00\x01US\x02\x00"]
FIELDS += [b"\x28\x00\x01\x01US\x02\x00", b"\x28\x00\x02\x01US\x02\x00", b"\x28\x00\x02\x00US\x02\x00"]


def seeds():
    """(name, bytes), in a fixed order."""
    import pydicom

    from medgraft.data.phantom.twins.colour import colour_twins
    from medgraft.data.phantom.twins.grey import grey_twins
    from medgraft.data.phantom.twins.volumes import volume_twins

    found = [(twin.name, twin.data) for twin in (*grey_twins(), *colour_twins())]
    found += [(twin.name, twin.data) for twin in volume_twins() if "enhanced" in twin.traits]
    folder = Path(pydicom.__file__).parent / "data" / "test_files"
    for path in sorted(folder.rglob("*.dcm")):
        if path.stat().st_size <= LARGEST_SEED:
            found.append((path.name, path.read_bytes()))
    return found


def mutated(data, rng):
    """One mutant."""
    data = bytearray(data)
    for _ in range(rng.choice([1, 1, 1, 2, 4, 8])):
        kind = rng.randrange(7)
        place = rng.randrange(len(data)) if rng.random() < 0.5 else rng.randrange(min(len(data), 2048))
        if kind == 0:
            data[place] ^= 1 << rng.randrange(8)
        elif kind == 1:
            data[place] = rng.choice([0, 1, 0x7F, 0x80, 0xFE, 0xFF])
        elif kind == 2 and len(data) > 200:
            del data[max(140, place) :]
        elif kind == 3:
            del data[place : place + rng.randrange(1, 64)]
        elif kind == 4:
            piece = data[place : place + rng.randrange(1, 64)]
            data[place:place] = piece
        elif kind == 5:
            data[place : place + 4] = rng.choice([b"\xff\xff\xff\xff", b"\xfe\xff\xff\x7f", b"\x00\x00\x00\x00"])
        else:
            field = data.find(rng.choice(FIELDS))
            if field >= 0:
                data[field + 8 : field + 10] = rng.choice([b"\x00\x00", b"\xff\xff", b"\x01\x00", b"\x10\x27"])
        if not data:
            data = bytearray(b"\x00")
    return bytes(data)


def child(first, count, step, seed):
    """Read mutants ``first``, ``first + step`` …; print one JSON object."""
    import warnings

    from medgraft.data.imaging.reader import ImageReader
    from medgraft.errors import ReaderError

    warnings.simplefilter("ignore")
    basis, reader = seeds(), ImageReader(max_pixels=20_000_000)
    found = collections.Counter()
    slow, uncaught = [], []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mutant.dcm"
        for number in range(first, count, step):
            rng = random.Random(seed * 1_000_003 + number)
            _, data = rng.choice(basis)
            path.write_bytes(mutated(data, rng))
            began = time.perf_counter()
            try:
                members = reader.members(path)
                reader.read(path, members[-1]).shown()
                found["read"] += 1
            except ReaderError as error:
                found["refused"] += 1
                if "Traceback" in str(error):
                    uncaught.append(number)
            except BaseException as error:
                uncaught.append((number, repr(error)))
            seconds = time.perf_counter() - began
            found["longest_ms"] = max(found["longest_ms"], round(1000 * seconds))
            if seconds > SLOW_SECONDS:
                slow.append((number, seconds))
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) // 1024
    sys.stdout.write(json.dumps({**found, "slow": slow, "uncaught": uncaught, "peak_mib": peak}))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--child", type=int, default=None, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child is not None:
        child(options.child, options.count, options.jobs, options.seed)
        return
    words = [sys.executable, __file__, "--count", str(options.count), "--seed", str(options.seed)]
    words += ["--jobs", str(options.jobs), "--child"]
    running = [subprocess.Popen([*words, str(n)], stdout=subprocess.PIPE, text=True) for n in range(options.jobs)]
    parts = [json.loads(process.communicate()[0]) for process in running]
    total = {key: sum(part.get(key, 0) for part in parts) for key in ("read", "refused")}
    slow, uncaught = ([item for part in parts for item in part[key]] for key in ("slow", "uncaught"))
    peak, longest = (max(part[key] for part in parts) for key in ("peak_mib", "longest_ms"))
    print(total, "slow", slow, "uncaught", uncaught, "peak MiB", peak, "longest ms", longest)
    text = (
        f"{sum(total.values()):,} mutants of {len(seeds())} seeds: {total['read']:,} read, {total['refused']:,} "
        f"refused, **{len(uncaught)} uncaught exceptions, {len(slow)} over {SLOW_SECONDS:g} s** "
        f"(longest {longest / 1000:.1f} s);"
        f" peak memory of a process {peak} MiB (cap {CAP_MIB} MiB; a decoding child may take 2 GiB of address space)."
    )
    replace_section("mutants", text, page="pixels.md")
    if slow or uncaught or peak > CAP_MIB:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
