#!/usr/bin/env python3
"""A store of 2,000 files, real and hostile: what a run over it has to hold.

    tests/batch/store.py --binary target/release/permscope --apks corpus/apks corpus/more --work /tmp/store [--files 2000]

Real APKs as they are, copies with bytes changed or cut off, archives that inflate without end, files that are none.
Checked: a row for each file; three parts merged, and a run that was killed ten times, equal one undisturbed run byte
for byte; the facts judged again too; the memory of all processes stays in the budget. Figures are printed.
"""
import argparse
import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
import zipfile
import zlib
from pathlib import Path


def make(folder, apks, count):
    """Fills a folder: links to the real files, then hostile ones until there are enough."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "real").mkdir(parents=True)
    (folder / "hostile").mkdir()
    chance = random.Random(20_261_128)
    files = sorted((p for a in apks for p in Path(a).iterdir() if p.is_file()), key=lambda p: p.name)
    names = set()
    for path in files[:count]:
        name = path.name if path.name not in names else "again-" + path.name
        names.add(name)
        os.link(path, folder / "real" / name)
    small = [p for p in files if 1000 < p.stat().st_size < 400_000]
    made = 0
    put = lambda name, data: (folder / "hostile" / name).write_bytes(data)
    put("empty.apk", b"")
    put("zeros.apk", bytes(100_000))
    put("text.apk", b"not an archive\n" * 100)
    for name, size in (("bomb-dex.apk", 3 << 30), ("bomb-arsc.apk", 1 << 30)):
        entry = "classes.dex" if "dex" in name else "resources.arsc"
        with zipfile.ZipFile(folder / "hostile" / name, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
            info = zipfile.ZipInfo(entry)
            info.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(info, "w", force_zip64=True) as out:
                for _ in range(size >> 24):
                    out.write(bytes(1 << 24))
    with zipfile.ZipFile(folder / "hostile" / "many.apk", "w") as archive:
        for number in range(70_000):
            archive.writestr(f"assets/{number}", b"")
    made = 6
    while len(names) + made < count:
        data = bytearray(small[made % len(small)].read_bytes())
        if made % 3 == 0:
            data = data[: chance.randrange(len(data))]
        else:
            for _ in range(chance.choice([1, 4, 32, 256])):
                data[chance.randrange(len(data))] = chance.randrange(256)
        put(f"{made:05}.apk", data)
        made += 1
    return len(names) + made


class Memory(threading.Thread):
    """Resident memory of a process and of all below it, each 50 ms; shared pages count once for each."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid, self.peak, self.over = pid, 0, False

    def run(self):
        while not self.over:
            parents, sizes = {}, {}
            for entry in os.listdir("/proc"):
                if entry.isdigit():
                    try:
                        stat = Path(f"/proc/{entry}/stat").read_text().rsplit(")", 1)[1].split()
                        parents[int(entry)] = int(stat[1])
                        sizes[int(entry)] = int(stat[21]) * 4096
                    except (OSError, IndexError):
                        pass
            total = 0
            for pid, size in sizes.items():
                above = pid
                while above and above != self.pid:
                    above = parents.get(above, 0)
                total += size if above == self.pid else 0
            self.peak = max(self.peak, total)
            time.sleep(0.05)


def run(binary, *args, timed=None):
    start, before = time.time(), os.times()
    process = subprocess.Popen([binary, *map(str, args)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    memory = Memory(process.pid)
    memory.start()
    out, err = process.communicate()
    memory.over = True
    after = os.times()
    if process.returncode not in (0, 3):
        sys.exit(f"{args}: {process.returncode} {err}")
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return {"wall": time.time() - start, "cpu": cpu, "peak": memory.peak, "out": out}


def tree(folder):
    """SHA-256 of every file of a run but its journal."""
    digests = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.is_file() and name != "journal.ndjson":
            digests[name] = hashlib.sha256(path.read_bytes()).hexdigest()
    return digests


def same(a, b, what):
    a, b = tree(a), tree(b)
    wrong = [name for name in sorted(set(a) | set(b)) if a.get(name) != b.get(name)]
    if wrong:
        sys.exit(f"{what}: {len(wrong)} files differ: {wrong[:5]}")
    print(f"{what}: {len(a)} files equal")


def floor(folder):
    """CPU seconds of reading, hashing and inflating every entry of every file, with zlib."""
    start = os.times()
    for path in sorted(folder.rglob("*.apk")):
        data = path.read_bytes()
        hashlib.sha256(data)
        try:
            with zipfile.ZipFile(path) as archive:
                for info in archive.infolist():
                    if info.compress_type == zipfile.ZIP_DEFLATED and info.file_size < 1 << 28:
                        at = info.header_offset
                        at += 30 + int.from_bytes(data[at + 26 : at + 28], "little")
                        at += int.from_bytes(data[info.header_offset + 28 : info.header_offset + 30], "little")
                        zlib.decompressobj(-15).decompress(data[at : at + info.compress_size])
        except Exception:  # hostile files
            pass
    end = os.times()
    return end.user + end.system - start.user - start.system


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default="target/release/permscope")
    parser.add_argument("--apks", nargs="+", required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--files", type=int, default=2000)
    parser.add_argument("--memory", type=int, default=1536, help="MiB")
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    store, out = args.work / "store", args.work / "runs"
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    count = make(store, args.apks, args.files)
    size = sum(p.stat().st_size for p in store.rglob("*.apk"))
    print(f"{count} files, {size / 1e6:.0f} MB")
    binary = os.path.abspath(args.binary)
    common = ["--memory", f"{args.memory}MiB", "--app-memory", "1GiB", "--app-timeout", "120s", "--function", "网上购物"]
    batch = lambda name, *more: run(binary, "batch", store, "--out", out / name, *common, *more)

    whole = batch("whole", "--jobs", "2")
    print(whole["out"].strip())
    rows = (out / "whole" / "outcomes.ndjson").read_text().splitlines()
    assert len(rows) == count, (len(rows), count)
    listed = "\n".join(str(p) for p in sorted(store.rglob("*")) if p.is_file())
    (args.work / "list").write_text(listed)
    run(binary, "verify-batch", args.work / "list", out / "whole")
    print(f"{len(rows)} rows, each input once")
    print(f"peak memory of all processes: {whole['peak'] / 2**20:.0f} MiB of {args.memory} MiB")
    assert whole["peak"] < args.memory * 2**20

    for part in (1, 2, 3):
        batch(f"part{part}", "--shard", f"{part}/3", "--jobs", "2")
    run(binary, "merge", *(out / f"part{part}" for part in (1, 2, 3)), "--out", out / "merged")
    same(out / "whole", out / "merged", "three parts, merged")

    chance = random.Random(7)
    killed = 0
    while killed < 10:
        process = subprocess.Popen(
            [binary, "batch", store, "--out", out / "killed", "--resume", "--jobs", "2", *common],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        try:
            process.wait(chance.uniform(0.1, whole["wall"] / 6))
            break
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            killed += 1
    batch("killed", "--resume", "--jobs", "2")
    same(out / "whole", out / "killed", f"killed {killed} times, resumed")
    assert killed >= 5, "the run is too short for this"

    judged = run(binary, "judge", out / "whole" / "facts", "--out", out / "judged")
    same(out / "whole", out / "judged", "judged again")
    print(f"judging: {judged['cpu']:.1f} s of CPU, {judged['cpu'] / whole['cpu']:.2f} of the run's {whole['cpu']:.1f} s")

    one = batch("one", "--jobs", "1")
    print(f"wall: 1 process {one['wall']:.1f} s, 2 processes {whole['wall']:.1f} s: {one['wall'] / whole['wall']:.2f} times")
    print(f"{count / (whole['cpu'] / 60):.0f} files per minute of CPU")
    least = floor(store)
    print(f"CPU of the run / of reading, hashing, inflating all entries: {whole['cpu']:.1f} / {least:.1f} = {whole['cpu'] / least:.2f}")


main()
