#!/usr/bin/env python3
"""Measures which trackers of Exodus's list are found on classes that an APK defines, and whose SDK permscope says they are.

    tests/corpus/exodus.py --trackers FILE [--binary FILE] [--apks DIR] [--facts DIR] [--signatures DIR] [--only TEXT]

FILE is the list as JSON: `{"trackers": {"1": {"name": …, "code_signature": …}}}`.
It is not part of this repository and must not become one: its licence is
share-alike (ODbL). It is used to measure with, and nothing of it is taken over:
where it shows a gap, names come from the SDK's own documents and archives.

For each APK and each tracker whose pattern matches the name of a *defined*
class, the table says which SDKs own those classes in the data (the longest
package prefix) and whether the audit names these SDKs as bundled. A difference
is a matched class that no SDK owns, or whose owner the audit does not name.
Whether the owner is the tracker itself is for a person to read in the last
table. `exodus-explained.tsv` holds what is understood: the first 16 digits of
the APK's SHA-256 or `*`, the tracker's name, and why.

Exit status: 0, 1 if an unexplained difference is left, 2 on wrong use.
"""

import argparse
import concurrent.futures
import json
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import truth

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent


def read_trackers(path):
    """[(name, pattern)]; several entries may have one name."""
    rows = json.loads(path.read_text(encoding="utf-8"))["trackers"].values()
    found = []
    for row in rows:
        if row.get("code_signature"):
            try:
                found.append((row["name"], re.compile(row["code_signature"])))
            except re.error as error:
                print(f"note: the pattern of {row['name']} is none: {error}", file=sys.stderr)
    return sorted(found, key=lambda pair: pair[0])


def read_explained(path):
    explained = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines() if path.exists() else [], 1):
        if not line or line.startswith("#"):
            continue
        parts = line.split("\t")
        if len(parts) != 3 or not re.fullmatch(r"\*|[0-9a-f]{16}", parts[0]) or not parts[2].strip():
            sys.exit(f"{path}:{number}: expected sha256 (16 digits) or *, tracker, reason")
        explained[(parts[0], parts[1])] = parts[2]
    return explained


def measure(trackers, prefixes, classes, bundled):
    """{tracker: ({owning SDK: classes}, [classes that are not covered])} for one APK."""
    found = {}
    everything = "\n".join(classes)
    for name, pattern in trackers:
        if not pattern.search(everything):
            continue
        for known in classes:
            if not pattern.search(known):
                continue
            owned, open_ = found.setdefault(name, ({}, []))
            of = truth.owner(prefixes, known)
            named = sorted(of[1] & bundled) if of else []
            for sdk in named:
                owned[sdk] = owned.get(sdk, 0) + 1
            if not named:
                open_.append(known + (f" (of {', '.join(sorted(of[1]))}, not named)" if of else ""))
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trackers", type=pathlib.Path, required=True)
    parser.add_argument("--binary", type=pathlib.Path, default=ROOT / "target" / "release" / "permscope")
    parser.add_argument("--apks", type=pathlib.Path, default=ROOT / "corpus" / "apks")
    parser.add_argument("--facts", type=pathlib.Path, help="judge the facts in DIR/<name>.json instead of reading the APKs")
    parser.add_argument("--signatures", type=pathlib.Path, help="lay this folder over the built-in data")
    parser.add_argument("--explained", type=pathlib.Path, default=HERE / "exodus-explained.tsv")
    parser.add_argument("--only", default="", help="only files whose name contains this")
    parser.add_argument("--seconds", type=int, default=300, help="time limit per APK")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    apks = [apk for apk in sorted(options.apks.glob("*.apk")) if options.only in apk.name]
    if not apks or not options.binary.exists():
        print(f"nothing to measure: {len(apks)} APKs in {options.apks}, binary {options.binary}", file=sys.stderr)
        return 2
    trackers, explained = read_trackers(options.trackers), read_explained(options.explained)
    prefixes = truth.owners(options.signatures or ROOT / "signatures")

    def one(apk):
        try:
            facts = truth.facts_of(apk, options)
            classes = sorted({name for dex in facts["dex"] for name in dex.get("defines") or []})
            hits = truth.hits_of(apk, options)
        except (RuntimeError, OSError, ValueError) as error:
            return {}, 0, str(error)
        bundled = {sdk for sdk, (grade, _) in hits.items() if grade == "bundled"}
        return measure(trackers, prefixes, classes, bundled), len(classes), ""

    total, same, left, used, unread, table = 0, 0, 0, set(), 0, {}
    with concurrent.futures.ThreadPoolExecutor(max(1, options.jobs)) as pool:
        for apk, (found, _, problem) in zip(apks, pool.map(one, apks)):
            if problem:
                unread += 1
                print(f"  unread: {apk.name}: {problem}")
            for name, (owned, open_) in found.items():
                total += 1
                for sdk, number in owned.items():
                    row = table.setdefault(name, {}).setdefault(sdk, [0, 0])
                    row[0], row[1] = row[0] + 1, row[1] + number
                if not open_:
                    same += 1
                    continue
                key = next((k for k in ((apk.name[:16], name), ("*", name)) if k in explained), None)
                left += key is None
                print(f"{'DIFFERENT' if key is None else 'EXPLAINED'} {apk.name} {name}: {len(open_)} classes, e.g. "
                      f"{', '.join(open_[:3])}; owned: {owned or 'nothing'}" + (f"\n    because {explained[key]}" if key else ""))
                if key:
                    used.add(key)
    print(f"\n{'tracker':42} {'owner in the data':32} {'APKs':>5} {'classes':>8}")
    for name, sdks in sorted(table.items()):
        for sdk, (number, classes) in sorted(sdks.items()):
            print(f"{name[:42]:42} {sdk:32} {number:5} {classes:8}")
    print(f"\n{len(apks)} APKs ({unread} unread), {len(trackers)} patterns: {total} trackers found on defined classes, "
          f"{same} with an owner that the audit names, {total - same - left} explained, {left} different")
    if not options.only:
        for key in sorted(set(explained) - used):
            print(f"note: {options.explained.name} names {key[0]} {key[1]}, which is no difference now")
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
