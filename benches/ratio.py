#!/usr/bin/env python3
"""Processor time and wall time of whole processes, as a ratio to the floor.

    cargo build --release && cargo build --release --example floor
    python3 benches/ratio.py FOLDER [--rounds 5] [--per-class 6] [--program PATH ...]

The candidates run in turn on each APK, round after round, so that other load on
the machine hits all of them alike. Printed per size class: the median over the APKs of
(median over the rounds of the candidate) / (median over the rounds of the floor).
`one` is RAYON_NUM_THREADS=1, `all` every core. Several `--program` compare builds with each other.
Times count in milliseconds of the middle APK; memory is the peak resident size, where it can be told.
"""

import argparse
import os
import pathlib
import resource
import statistics
import sys
import time

CLASSES = [("< 1 MB", 0), ("1–5 MB", 1_000_000), ("5–20 MB", 5_000_000), ("> 20 MB", 20_000_000)]


def run(command, threads):
    """(processor seconds, wall seconds, peak resident bytes) of one process."""
    environment = dict(os.environ, LC_ALL="C")
    if threads:
        environment["RAYON_NUM_THREADS"] = str(threads)
    null = os.open(os.devnull, os.O_WRONLY)
    begin = time.perf_counter()
    actions = [(os.POSIX_SPAWN_DUP2, null, 1), (os.POSIX_SPAWN_DUP2, null, 2)]
    pid = os.posix_spawn(command[0], command, environment, file_actions=actions)
    _, status, usage = os.wait4(pid, 0)
    wall = time.perf_counter() - begin
    os.close(null)
    if os.waitstatus_to_exitcode(status) not in (0, 1, 3):
        sys.exit(f"{' '.join(command)}: status {status}")
    return usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss * 1024


def choose(folder, per_class):
    """For each class: APKs spread evenly over its sizes."""
    files = sorted((p.stat().st_size, str(p)) for p in pathlib.Path(folder).glob("*.apk"))
    ends = [low for _, low in CLASSES[1:]] + [1 << 60]
    for (name, low), high in zip(CLASSES, ends):
        inside = [f for f in files if low <= f[0] < high]
        count = min(per_class, len(inside))
        step = (len(inside) - 1) / max(count - 1, 1)
        yield name, [inside[round(i * step)] for i in range(count)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--per-class", type=int, default=6)
    parser.add_argument("--floor", default="target/release/examples/floor")
    parser.add_argument("--program", action="append", help="default: target/release/permscope")
    parser.add_argument("--function", default="online-shopping")
    options = parser.parse_args()
    judged = ["--function", options.function, "--format", "json", "--lang", "zh,en"]
    candidates = {"floor": lambda apk: [options.floor, apk], "floor, no hash": lambda apk: [options.floor, "--no-hash", apk]}
    for program in options.program or ["target/release/permscope"]:
        candidates[program] = lambda apk, program=program: [program, "audit", apk, *judged]

    # A new process begins with the peak of the one that started it: nothing below that is known.
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 * 1.1
    print("| APKs | threads | what | CPU ms | CPU / floor | CPU / floor without hashing | wall ms | wall / floor | peak MB per input MB |")
    print("|---|---|---|--:|--:|--:|--:|--:|--:|")
    for size, files in choose(options.folder, options.per_class):
        for label, threads in [("one", 1), ("all", None)]:
            figures = {name: [] for name in candidates}
            for length, apk in files:
                rounds = {name: [] for name in candidates}
                for _ in range(options.rounds):
                    for name, command in candidates.items():
                        rounds[name].append(run(command(apk), threads))
                for name, runs in rounds.items():
                    cpu, wall, peak = (statistics.median(column) for column in zip(*runs))
                    figures[name].append((cpu, wall, peak / length if peak > own else None))
            for name, per_file in figures.items():
                middle = lambda values: statistics.median(list(values))
                peaks = [f[2] for f in per_file if f[2] is not None]
                against = lambda floor, at: middle(mine[at] / its[at] for mine, its in zip(per_file, figures[floor]))
                print(
                    f"| {size} ({len(files)}) | {label} | {name}"
                    f" | {middle(f[0] for f in per_file) * 1000:.1f} | {against('floor', 0):.2f} | {against('floor, no hash', 0):.2f}"
                    f" | {middle(f[1] for f in per_file) * 1000:.1f} | {against('floor', 1):.2f} | {f'{middle(peaks):.1f}' if peaks else '–'} |",
                    flush=True,
                )


if __name__ == "__main__":
    main()
