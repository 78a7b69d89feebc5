#!/usr/bin/env python3
"""Checks `samples/apps/*/expect.toml` against what Android's tools say of the built APKs.

The expectations are written by hand from the source; this finds the slips, with
tools that share nothing with permscope. Needs Python 3.11 (tomllib) and the
tools of `oracle.py`.

    tests/corpus/check_samples.py [--rebuilt DIR]

--rebuilt checks the APKs that `samples/build.sh --out DIR` made; their keys are
new, so certificates are not compared. Exit status: 0 if everything agrees.
"""

import argparse
import pathlib
import re
import sys
import tempfile
import tomllib
import zipfile

import oracle

APPS = oracle.ROOT / "samples" / "apps"
SMALL = 60_000


class Calls:
    """Which method calls which, and the strings it loads, by `dexdump -d`."""

    def __init__(self):
        self.of = {}
        self.classes = set()
        self.strings = set()

    def add(self, apk, entry):
        with zipfile.ZipFile(apk) as archive, tempfile.TemporaryDirectory() as temp:
            path = pathlib.Path(temp) / "one.dex"
            path.write_bytes(archive.read(entry))
            _, out, _ = oracle.ask("dexdump", "-d", path)
        method = None
        for line in out.splitlines():
            if m := re.match(r"  Class descriptor  : 'L(.*);'", line):
                self.classes.add(m.group(1).replace("/", "."))
            elif m := re.search(r"\|\[[0-9a-f]+\] (\S+):\(", line):
                method = self.of.setdefault(m.group(1), set())
            elif m := re.search(r"invoke-\S+ \{.*\}, L([^;]*);\.([^:]*):", line):
                method.add(m.group(1).replace("/", ".") + "." + m.group(2))
            elif m := re.search(r'const-string(?:/jumbo)? v\d+, "(.*)" // ', line):
                self.strings.add(m.group(1))


def same(problems, where, what, expected, found):
    if expected != found:
        problems.append(f"{where}: {what} is {found!r}, expect.toml says {expected!r}")


def check_apk(folder, want, calls, shared, rebuilt, problems):
    path = folder / want["file"]
    where = f"{folder.name}/{want['file']}"
    if not path.is_file():
        problems.append(f"{where}: missing")
        return
    if path.stat().st_size >= SMALL:
        problems.append(f"{where}: {path.stat().st_size} bytes, the limit is {SMALL}")
    found = oracle.examine(path, {})
    m = found["manifest"]
    for key, value in (("package", m["package"]), ("version_code", m["version_code"]),
                       ("version_name", m["version_name"]), ("split", m["split"]),
                       ("min_sdk", m["uses_sdk"].get("min")), ("target_sdk", m["uses_sdk"].get("target"))):
        same(problems, where, key, want.get(key), value)
    same(problems, where, "labels", want.get("labels"), found.get("labels_by_locale"))
    same(problems, where, "dex", want["dex"], {d["entry"]: d["classes"] for d in found["dex"]})
    by_scheme = found["signatures"]["by_scheme"]
    same(problems, where, "schemes", want["schemes"], [s for s, v in by_scheme.items() if v["verifies"]])
    if not rebuilt:
        certificates = want.get("certificates") or {s: want["certificate"] for s in want["schemes"]}
        same(problems, where, "certificates", {s: [c] for s, c in certificates.items()},
             {s: v["certificates"] for s, v in by_scheme.items()})
    permissions, components = (want.get(k, shared.get(k)) for k in ("permission", "component"))
    same(problems, where, "permissions",
         [(p.get("element", "uses-permission"), p["name"], p.get("max_sdk")) for p in permissions],
         [(p["element"], p["name"], p["max_sdk"]) for p in m["permissions"]])
    same(problems, where, "components", sorted((c["kind"], c["name"], c.get("declared")) for c in components),
         sorted((c["kind"], c["name"], c["exported"]) for c in m["components"]))
    for entry in want["dex"]:
        calls.add(path, entry)


def check(folder, given, problems):
    want = tomllib.loads((APPS / folder / "expect.toml").read_text(encoding="utf-8"))
    shared = {}
    if "same_manifest_as" in want:
        shared = tomllib.loads((APPS / want["same_manifest_as"] / "expect.toml").read_text(encoding="utf-8"))["apk"][0]
    calls = Calls()
    base = given or APPS
    for apk in want["apk"]:
        check_apk(base / folder, apk, calls, shared, given is not None, problems)
    for access in want.get("access", []):
        if access["api"] not in calls.of.get(access["caller"], set()):
            problems.append(f"{folder}: {access['caller']} does not call {access['api']}")
        if access.get("value") == "android_id" and "android_id" not in calls.strings:
            problems.append(f"{folder}: no string android_id")
    for sdk in want.get("sdk", []):
        for name in sdk["classes"]:
            if name not in calls.classes:
                problems.append(f"{folder}: {sdk['id']}: no class {name}")
    whole = want.get("whole")
    if whole:
        same(problems, folder, "classes", whole["classes"], len(calls.classes) + 1)  # both modules have an R class
        for name in whole["sets"]:
            with zipfile.ZipFile(base / folder / name) as archive:
                splits = [n for n in archive.namelist() if n.endswith(".apk")]
            if len(splits) < 3:
                problems.append(f"{folder}/{name}: holds only {splits}")
    return len(want["apk"])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rebuilt", type=pathlib.Path)
    options = parser.parse_args()
    problems, apks = [], 0
    folders = sorted(p.parent.name for p in APPS.glob("*/expect.toml"))
    for folder in folders:
        apks += check(folder, options.rebuilt, problems)
    for problem in problems:
        print(problem)
    print(f"{len(folders)} samples, {apks} APKs, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
