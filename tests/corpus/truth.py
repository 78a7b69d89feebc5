#!/usr/bin/env python3
"""Checks which SDKs `permscope audit` names in real APKs against a reviewed truth.

    tests/corpus/truth.py [--binary FILE] [--apks DIR] [--facts DIR] [--truth DIR] [--signatures DIR] [--only TEXT]
    tests/corpus/truth.py --propose APK [--binary FILE] [--signatures DIR]

`samples/real/truth/<short name>.toml` says, for one APK of `apks.tsv`, which
SDKs a person found in it:

    apk = "331f66038aaec893-load.apk"   # the name that fetch.py gives it
    sha256 = "…"
    reviewed = "2026-11-22"
    bundled = ["ant/alipay"]            # its own classes or libraries are there
    referenced = ["openmobileapi/seek"] # the code names it, it is not there
    packages = ["io.card.payment"]      # further third-party packages (or lib….so): no SDK file, or a coarse one, had them
    complete = true                     # optional: then an unlisted reference fails as well
    [[wrong]]                           # answers that are known to be wrong and not mended yet
    id = "google/play-core"
    found = "bundled"
    zh = "…"
    en = "…"
    [[note]]                            # optional: about, zh, en

A difference is: a listed id with another grade or none; a bundled id that is
not listed. The one unlisted id that passes is a new SDK file that names a
package of `packages`: that it is there was reviewed, only its owner is new.
Every difference is printed as `file: id expected …, found …` with what shows
it. `--propose` prints a truth to be reviewed by hand: it is what the program
says, not what is true.

Exit status: 0, 1 if there is a difference, 2 on wrong use (also: no APK at all).
"""

import argparse
import concurrent.futures
import hashlib
import json
import pathlib
import subprocess
import sys
import tomllib

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import fetch

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
GRADES = {"strong": "bundled", "weak": "bundled", "referenced": "referenced"}
KEYS = {"apk", "sha256", "reviewed", "bundled", "referenced", "packages", "complete", "wrong", "note"}
PLAIN = ("com", "org", "net", "io", "cn", "fr", "de", "co", "me")  # a vendor's name follows
DEEPER = {"com.google.android.gms": 5, "com.google.android": 4, "com.google.firebase": 4, "org.apache.commons": 4}


def run(options, *arguments):
    """What the program prints as JSON; an error of the program is ours."""
    command = [str(options.binary), *map(str, arguments)]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=options.seconds)
    try:
        return json.loads(done.stdout)
    except ValueError:
        last = (done.stderr.decode("utf-8", "replace").strip().splitlines() or [""])[-1]
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}: {last}") from None


def hits_of(apk, options):
    """{id: (bundled or referenced, evidence)}"""
    facts = options.facts / (apk.stem + ".json") if options.facts else None
    overlay = ["--signatures", options.signatures] if options.signatures else []
    head = ["judge", facts] if facts else ["audit", apk]
    report = run(options, *head, "--format", "json", "--lang", "en", "--fail-on", "never", *overlay)
    return {sdk["id"]: (GRADES[sdk["grade"]], sdk["evidence"]) for sdk in report["sdks"]}


def facts_of(apk, options):
    if options.facts:
        return json.loads((options.facts / (apk.stem + ".json")).read_text(encoding="utf-8"))
    return run(options, "facts", apk)


def owners(signatures):
    """{package prefix: {SDK ids}} of the data."""
    found = {}
    for path in sorted((signatures / "sdks").glob("*/*.toml")):
        sdk = tomllib.loads(path.read_text(encoding="utf-8"))
        for key in ("packages", "weak_packages"):
            for prefix in sdk.get("identity", {}).get(key, []):
                found.setdefault(prefix, set()).add(sdk["id"])
    return found


def owner(prefixes, name):
    """(prefix, SDK ids) of the longest prefix that covers a class, or None."""
    while name:
        if name in prefixes:
            return name, prefixes[name]
        name = name.rpartition(".")[0]
    return None


def covers(prefixes, name):
    return any(name == p or name.startswith(p + ".") for p in prefixes)


def new_owner_of(evidence, packages):
    """Whether all that shows a new SDK lies in packages and libraries that the review listed."""
    shown = [e["value"] for e in evidence if e["kind"] in ("class", "native")]
    return bool(shown) and all(covers(packages, value) for value in shown)


def shows(evidence):
    first = [f"{e['kind']} {e['value']}" for e in evidence if e["kind"] != "string"] or [f"host {e['value']}" for e in evidence]
    return ", ".join(first[:3]) + (", …" if len(first) > 3 else "")


def compare(truth, hits):
    """(differences, notes) of one APK; `hits` as from hits_of."""
    differences, notes = [], []
    wrong = {w["id"]: w["found"] for w in truth.get("wrong", [])}
    expected = {i: grade for grade in ("bundled", "referenced") for i in truth.get(grade, [])}
    for sdk, grade in sorted(expected.items()):
        found, evidence = hits.get(sdk, ("nothing", []))
        if found != grade:
            differences.append(f"{sdk} expected {grade}, found {found}" + (f" ({shows(evidence)})" if evidence else ""))
    for sdk, grade in sorted(wrong.items()):
        found = hits.get(sdk, ("nothing",))[0]
        if found != grade:
            notes.append(f"{sdk} is no longer found as {grade} but as {found}: take it out of [[wrong]]")
        else:
            notes.append(f"{sdk} is known to be wrong as {grade}")
    for sdk, (found, evidence) in sorted(hits.items()):
        if sdk in expected or sdk in wrong:
            continue
        if found == "bundled" and new_owner_of(evidence, truth.get("packages", [])):
            notes.append(f"{sdk} now owns a reviewed package: add it to bundled ({shows(evidence)})")
        elif found == "bundled" or truth.get("complete"):
            differences.append(f'{sdk} expected nothing, found {found}: review, then add "{sdk}", ({shows(evidence)})')
    return differences, notes


def read_truth(path):
    """A truth, checked; what is wrong in it stops the run."""
    truth = tomllib.loads(path.read_text(encoding="utf-8"))
    problems = [f"unknown key {key}" for key in sorted(set(truth) - KEYS)]
    problems += [f"no {key}" for key in ("apk", "sha256", "reviewed", "bundled", "referenced") if key not in truth]
    ids = truth.get("bundled", []) + truth.get("referenced", []) + [w.get("id", "") for w in truth.get("wrong", [])]
    problems += [f"{sdk} twice" for sdk in sorted({i for i in ids if ids.count(i) > 1})]
    for entry in truth.get("wrong", []):
        if entry.get("found") not in ("bundled", "referenced") or not entry.get("zh") or not entry.get("en"):
            problems.append(f"[[wrong]] {entry.get('id')}: needs found, zh and en")
    for entry in truth.get("note", []):
        if not all(entry.get(key) for key in ("about", "zh", "en")):
            problems.append(f"[[note]] {entry.get('about')}: needs about, zh and en")
    if problems:
        sys.exit(f"{path}: {'; '.join(problems)}")
    return truth


def third_party(classes, own, prefixes):
    """Packages of defined classes that are not the app's and that no SDK owns, each with its number of classes."""
    counts = {}
    for name in classes:
        if covers([own], name) or "." not in name or owner(prefixes, name):
            continue
        parts = name.split(".")[:-1]
        words = next((n for root, n in DEEPER.items() if covers([root], name)), 3 if parts[0] in PLAIN else 2)
        package = ".".join(parts[:words])
        counts[package] = counts.get(package, 0) + 1
    return counts


def strings(values, per_line=100):
    """A TOML list, wrapped."""
    one = "[" + ", ".join(f'"{v}"' for v in values) + "]"
    if len(one) <= per_line - 12:
        return one
    lines, line = [], "   "
    for value in values:
        if len(line) + len(value) + 4 > per_line:
            lines.append(line)
            line = "   "
        line += f' "{value}",'
    return "[\n" + "\n".join([*lines, line]) + "\n]"


def propose(apk, options):
    hits, facts = hits_of(apk, options), facts_of(apk, options)
    classes = {name for dex in facts["dex"] for name in dex.get("defines") or []}
    own = (facts.get("manifest") or {}).get("package") or "-"
    counts = third_party(classes, own, owners(options.signatures or ROOT / "signatures"))
    print(f'apk = "{apk.name}"\nsha256 = "{fetch.sha256_of(apk)}"\nreviewed = "YYYY-MM-DD"')
    for grade in ("bundled", "referenced"):
        print(f"{grade} = {strings(sorted(i for i, (found, _) in hits.items() if found == grade))}")
    print(f"packages = {strings(sorted(counts))}\n")
    for sdk, (found, evidence) in sorted(hits.items()):
        print(f"# {found:10} {sdk}: {shows(evidence)}")
    for package, number in sorted(counts.items(), key=lambda kv: -kv[1]):
        print(f"# {number:6} classes in {package}")
    for library in sorted({lib["entry"].rsplit("/", 1)[-1] for lib in facts["native"]}):
        print(f"# library {library}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", type=pathlib.Path, default=ROOT / "target" / "release" / "permscope")
    parser.add_argument("--apks", type=pathlib.Path, default=ROOT / "corpus" / "apks")
    parser.add_argument("--facts", type=pathlib.Path, help="judge the facts in DIR/<name>.json instead of reading the APKs")
    parser.add_argument("--truth", type=pathlib.Path, default=ROOT / "samples" / "real" / "truth")
    parser.add_argument("--signatures", type=pathlib.Path, help="lay this folder over the built-in data")
    parser.add_argument("--propose", type=pathlib.Path, metavar="APK", help="print the truth of an APK, to be reviewed")
    parser.add_argument("--only", default="", help="only truths whose file name contains this")
    parser.add_argument("--seconds", type=int, default=300, help="time limit per APK")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    if not options.binary.exists():
        print(f"no binary at {options.binary}: build it first (cargo build --release)", file=sys.stderr)
        return 2
    if options.propose:
        propose(options.propose, options)
        return 0

    pinned = {fetch.target_name(row): row["sha256"] for row in fetch.read_list(HERE / "apks.tsv")}
    todo, absent, failed, known = [], [], 0, 0
    for path in sorted(options.truth.glob("*.toml")):
        if options.only not in path.name:
            continue
        truth, apk = read_truth(path), None
        apk = options.apks / truth["apk"]
        if pinned.get(truth["apk"]) != truth["sha256"]:
            print(f"{path.name}: {truth['apk']} with this SHA-256 is not in apks.tsv")
            failed += 1
        elif not apk.exists():
            absent.append(path.name)
        else:
            todo.append((path.name, truth, apk))
    if not todo:
        print(f"nothing to check: no APK of {options.truth} in {options.apks}", file=sys.stderr)
        return 2

    def check(item):
        _, truth, apk = item
        if not options.facts and fetch.sha256_of(apk) != truth["sha256"]:
            return ["its SHA-256 is not the one that was reviewed"], []
        try:
            return compare(truth, hits_of(apk, options))
        except (RuntimeError, subprocess.TimeoutExpired) as error:
            return [str(error)], []

    reviewed = 0
    with concurrent.futures.ThreadPoolExecutor(max(1, options.jobs)) as pool:
        for (name, truth, _), (differences, notes) in zip(todo, pool.map(check, todo)):
            reviewed += len(truth["bundled"]) + len(truth["referenced"]) + len(truth.get("wrong", []))
            known += sum("is known to be wrong" in note for note in notes)
            failed += len(differences)
            for line in differences:
                print(f"{name}: {line}")
            for line in notes:
                print(f"  note: {name}: {line}")
    for name in absent:
        print(f"  skipped: {name}: its APK is not there (tests/corpus/fetch.py)")
    print(f"\n{len(todo)} APKs, {reviewed} reviewed hits, {failed} differences, {known} known to be wrong, {len(absent)} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
