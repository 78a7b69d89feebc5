#!/usr/bin/env python3
"""Compares permscope's verification of signatures with what apksig says of the same APKs.

    tests/corpus/fetch.py --list tests/corpus/apksig.tsv --into corpus/apksig
    cargo build --example signatures
    tests/corpus/signatures.py [--apks corpus/apksig] [--verifier PATH]

The APKs are the test APKs of apksig 35.0.2, pinned in `apksig.tsv`;
`apksig-expected.tsv` has what apksig says of each at several ranges of API
levels. `apksig-explained.tsv` says of every difference why it is right.

    tests/corpus/signatures.py --apksig apksig.jar --apks corpus/apks

asks apksig itself (`Verify.java`, run with `java` and `javac`) about any
folder of APKs, at the levels of their manifests.

Exit status: 0 if there is no difference that is not explained, else 1.
"""

import argparse
import collections
import json
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent


def table(path):
    """Rows of a file of tab-separated columns, whose first line that is no comment names them."""
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    names = lines[0].split("\t")
    return [dict(zip(names, line.split("\t"))) for line in lines[1:]]


def under_own_names(folder, into):
    """Links the fetched files, which `fetch.py` calls by their digests, under the names that apksig's tests have."""
    for row in table(HERE / "apksig.tsv"):
        name = row["path"].rsplit("/", 1)[-1]
        found = list(folder.glob(row["sha256"][:16] + "-*"))
        if not found:
            sys.exit(f"{folder}: {name} is not there; see fetch.py")
        (into / name).symlink_to(found[0].resolve())


def ask_permscope(verifier, rows):
    lines = "".join(f"{path}\t{low}\t{high}\n" for path, low, high in rows)
    answer = subprocess.run([verifier], input=lines, capture_output=True, text=True, check=True).stdout
    return [json.loads(line) for line in answer.splitlines()]


def ask_apksig(jar, rows):
    with tempfile.TemporaryDirectory() as scratch:
        subprocess.run(["javac", "-cp", jar, "-d", scratch, HERE / "Verify.java"], check=True)
        lines = "".join(f"{path}\t{low}\t{high}\n" for path, low, high in rows)
        command = ["java", "-Xmx1500m", "-cp", f"{jar}:{scratch}", "Verify"]
        answer = subprocess.run(command, input=lines, stdout=subprocess.PIPE, text=True, check=True).stdout
    found = []
    for line in answer.splitlines():
        verdict, _, issues, stamp = line.split("\t")
        found.append({"verdict": verdict, "issues": issues, "stamp": stamp})
    return found


def issues_of(ours):
    found = {issue["name"] for issue in ours.get("issues", [])}
    for scheme in ours.get("schemes", []):
        found |= {issue["name"] for issue in scheme.get("issues", [])}
    return found


def stamp_of(ours):
    stamp = ours.get("stamp")
    if stamp is None:
        return "-"
    if stamp["outcome"] == "verified":
        return "VERIFIED"
    return ",".join(sorted({issue["name"] for issue in stamp.get("issues", [])}))


def differences(expected, ours):
    """What apksig and permscope say differently: pairs of a field and a sentence."""
    verdict = expected["verdict"]
    outcome = ours.get("outcome", "error")
    fits = {"VERIFIED": outcome == "verified", "FAILED": outcome == "failed", "REFUSED": outcome != "verified"}
    if not fits[verdict]:
        yield "verdict", f"apksig {verdict} {expected['issues']}, permscope {outcome} {sorted(issues_of(ours))}"
        return
    missing = {issue for issue in expected["issues"].split(",") if issue} - issues_of(ours)
    if verdict == "FAILED" and missing:
        yield "issues", f"apksig {sorted(missing)}, permscope {sorted(issues_of(ours))}"
    # apksig looks at the stamp of an APK only once the rest is right.
    if verdict == "VERIFIED" and expected["stamp"] != stamp_of(ours):
        yield "stamp", f"apksig {expected['stamp']}, permscope {stamp_of(ours)}"


def compare(rows, expected, answers, explained):
    same = 0
    open_ones = 0
    reasons = collections.Counter()
    for (path, low, high), wanted, ours in zip(rows, expected, answers, strict=True):
        found = list(differences(wanted, ours))
        same += not found
        name = pathlib.Path(path).name
        for field, sentence in found:
            if (name, field) in explained:
                reasons[name, field] += 1
                continue
            open_ones += 1
            print(f"{name} [{low or 'manifest'}-{high or 'newest'}] {field}: {sentence}")
    print(f"{len(rows)} questions, {same} answered the same, {sum(reasons.values())} differences explained, {open_ones} open")
    for (name, field), count in sorted(reasons.items()):
        print(f"  {name} {field} x{count}: {explained[name, field]}")
    return open_ones


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--apks", type=pathlib.Path, default=ROOT / "corpus" / "apksig")
    parser.add_argument("--verifier", default=ROOT / "target" / "debug" / "examples" / "signatures")
    parser.add_argument("--apksig", help="apksig's jar: ask it instead of the table")
    options = parser.parse_args()
    explained = {(row["apk"], row["field"]): row["why"] for row in table(HERE / "apksig-explained.tsv")}
    with tempfile.TemporaryDirectory() as scratch:
        if options.apksig:
            rows = [(path.resolve(), "", "") for path in sorted(options.apks.glob("*.apk"))]
            expected = ask_apksig(options.apksig, rows)
        else:
            under_own_names(options.apks, pathlib.Path(scratch))
            expected = table(HERE / "apksig-expected.tsv")
            rows = [(pathlib.Path(scratch) / row["apk"], row["min"], row["max"]) for row in expected]
        answers = ask_permscope(options.verifier, rows)
    return 1 if compare(rows, expected, answers, explained) else 0


if __name__ == "__main__":
    sys.exit(main())
