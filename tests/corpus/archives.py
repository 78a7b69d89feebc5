#!/usr/bin/env python3
"""Compares how permscope reads the archives of real APKs with how other readers do.

    tests/corpus/archives.py [--binary FILE] [--verbose] [DIR ...]

The binary is the example `archive` (`cargo build --example archive`), which prints the
entries as Android reads them and every incident of the two readings that permscope
makes (Android's rules and the `zip` crate). Each APK below the folders (as fetched by
`fetch.py` from `apks.tsv` and `more.tsv`) is also read by Python's `zipfile`, by
`unzip` and by `aapt`; those that are not installed are left out.

For each reader an APK is
    equal      same entries, sizes, checksums, methods, offsets, as far as the reader tells them
    named      different or refused, and permscope names an anomaly
    refused    permscope finds no archive either
    UNNAMED    different, and permscope says nothing

Exit status: 0, 1 if anything is unnamed, 2 on wrong use.
"""

import argparse
import collections
import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys
import zipfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
NAMING = {"archive-unreadable", "archive-anomaly", "not-installable", "readers-disagree", "duplicate-entry"}
METHODS = {"Stored": 0, "Deflate": 8}


class Refused(Exception):
    """The reader takes it for no archive; the text is its reason."""


def run(*command):
    env = dict(os.environ, LC_ALL="C.UTF-8")
    done = subprocess.run(command, capture_output=True, env=env, timeout=120, check=False)
    return done.returncode, done.stdout, done.stderr.decode(errors="replace")


def permscope(binary, paths):
    """{path: (entries or None, [(code, detail)])}"""
    code, out, err = run(str(binary), *map(str, paths))
    if code != 0:
        raise SystemExit(f"{binary}: exit {code}: {err[-500:]}")
    result, entries, incidents = {}, None, None
    for line in out.decode().splitlines():
        kind, _, rest = line.partition("\t")
        fields = rest.split("\t")
        if kind == "file":
            entries, incidents = [], []
            result[rest] = [entries, incidents]
            path = rest
        elif kind == "refused":
            result[path][0] = None
        elif kind == "entry":
            entries.append((bytes.fromhex(fields[0]), *map(int, fields[1:])))
        elif kind == "incident":
            incidents.append((fields[0], fields[2]))
    return result


def by_zipfile(path):
    """Name, method, sizes, CRC-32, offset."""
    try:
        with zipfile.ZipFile(path) as archive:
            return sorted(
                (info.orig_filename.encode("utf-8" if info.flag_bits & 0x800 else "cp437"), info.compress_type,
                 info.compress_size, info.file_size, info.CRC, info.header_offset)
                for info in archive.infolist())
    except (zipfile.BadZipFile, NotImplementedError, ValueError, UnicodeError, OSError) as error:
        raise Refused(str(error)) from None


def by_unzip(path):
    """Name and size."""
    code, out, err = run("unzip", "-lqq", str(path))
    if code > 1 or (code == 1 and not out):
        raise Refused((err or out.decode(errors="replace")).strip().splitlines()[-1:] or code)
    rows = []
    for line in out.splitlines():
        found = re.match(rb"\s*(\d+)\s+\S+ \S+\s{3}(.*)$", line)
        if not found:
            raise Refused(f"a line of unzip: {line[:80]!r}")
        rows.append((found[2], int(found[1])))
    return sorted(rows)


def by_aapt(path):
    """Name, method, sizes, CRC-32."""
    code, out, err = run("aapt", "list", "-v", str(path))
    if code != 0:
        raise Refused(err.strip()[-120:])
    rows = []
    for line in out.splitlines():
        found = re.match(rb"\s*(\d+)\s+(\S+)\s+(\d+)\s+-?\d+%\s+\d+\s+\S+ \S+\s+(?:f{8})?([0-9a-f]{8})\s{2}(.*)$", line)
        # It prints the CRC-32 as a signed number.
        if found:
            method = METHODS.get(found[2].decode(), -1)
            rows.append((found[5], method, int(found[3]), int(found[1]), int(found[4], 16)))
    return sorted(rows)


READERS = {
    "zipfile": (by_zipfile, lambda e: e),
    "unzip": (by_unzip, lambda e: (e[0], e[3])),
    "aapt": (by_aapt, lambda e: e[:5]),
}


def shown(name):
    """A name as unzip prints control characters; others are not compared in what tools print."""
    return b"".join(b"^" + bytes([byte + 64]) if byte < 0x20 else bytes([byte]) for byte in name)


def first_line(name):
    """What is read here of a name that aapt prints with its line breaks."""
    return re.split(rb"[\r\n]", name)[0]


def printable(name):
    return all(0x20 <= byte < 0x7f for byte in name)


def compare(reader, path, ours, named):
    """(state, reason)"""
    read, project = READERS[reader]
    try:
        theirs = read(path)
    except Refused as refused:
        if ours is None:
            return "refused", ""
        return ("named" if named else "UNNAMED"), f"refuses it: {refused}"
    except subprocess.TimeoutExpired:
        return "UNNAMED", "no end after two minutes"
    if ours is None:
        return "named", "opens it"
    wanted = sorted(project(entry) for entry in ours)
    if reader != "zipfile":
        told = shown if reader == "unzip" else first_line
        wanted = sorted(row for row in ((told(name), *rest) for name, *rest in wanted) if printable(row[0]))
        theirs = [row for row in theirs if printable(row[0])]
    if wanted == theirs:
        return "equal", ""
    extra, lost = [r for r in theirs if r not in wanted], [r for r in wanted if r not in theirs]
    reason = f"{len(lost)} of ours and {len(extra)} of theirs differ: {(lost or ['-'])[0]} / {(extra or ['-'])[0]}"
    return ("named" if named else "UNNAMED"), reason


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", type=pathlib.Path, default=ROOT / "target" / "debug" / "examples" / "archive")
    parser.add_argument("--verbose", action="store_true", help="list the named differences too")
    parser.add_argument("folders", nargs="*", type=pathlib.Path, default=[ROOT / "corpus" / "apks", ROOT / "corpus" / "more"])
    options = parser.parse_args()
    if not options.binary.is_file():
        parser.error(f"{options.binary} is not there: cargo build --example archive")
    paths = sorted(p for folder in options.folders for p in folder.iterdir() if p.is_file() and not p.name.startswith("."))
    ours = permscope(options.binary, paths)
    readers = [name for name in READERS if name == "zipfile" or shutil.which(name)]
    states = collections.Counter()
    lines, codes, entries = [], collections.Counter(), 0
    crate = collections.Counter()
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        tasks = []
        for path in paths:
            own, incidents = ours[str(path)]
            entries += len(own or [])
            found = {code for code, _ in incidents}
            codes.update(found)
            named = bool(found & NAMING)
            other = [detail for _, detail in incidents if "zip library" in detail]
            cut = bool(found & {"archive-unreadable", "limit-reached"})
            crate["refused" if own is None else "named" if other or cut else "equal"] += 1
            lines += [(path.name, "zip crate", "named", detail) for detail in other[:3]]
            for reader in readers:
                tasks.append((path, reader, pool.submit(compare, reader, path, own, named)))
        for path, reader, task in tasks:
            state, reason = task.result()
            states[reader, state] += 1
            if reason:
                lines.append((path.name, reader, state, reason))
    print(f"{len(paths)} APKs, {entries} entries")
    print(f"{'':12}{'equal':>8}{'named':>8}{'refused':>8}{'UNNAMED':>8}")
    for reader, row in [("zip crate", crate), *((r, {s: states[r, s] for s in ("equal", "named", "refused", "UNNAMED")}) for r in readers)]:
        print(f"{reader:12}" + "".join(f"{row.get(s, 0):>8}" for s in ("equal", "named", "refused", "UNNAMED")))
    for code, count in sorted(codes.items()):
        print(f"{count:6} APKs with {code}")
    for name, reader, state, reason in lines:
        if state == "UNNAMED" or options.verbose:
            print(f"{state} {reader} {name}: {str(reason)[:240]}")
    return 1 if any(state == "UNNAMED" and count for (_, state), count in states.items()) else 0


if __name__ == "__main__":
    sys.exit(main())
