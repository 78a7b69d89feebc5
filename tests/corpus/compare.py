#!/usr/bin/env python3
"""Compares `permscope facts APK` with what Android's tools said (`oracle.py`).

    tests/corpus/compare.py [--binary FILE] [--apks DIR] [--oracle DIR] [--facts DIR] [--only TEXT]

For every APK that has an oracle file it runs the binary (or reads
`DIR/<name>.json` with --facts), compares field by field, prints a table of
equal, explained and different per field, and lists every difference with both
values. `explained.tsv` beside this script holds the differences that are
understood: the first 16 digits of the APK's SHA-256, the field, and why.

A field is `no oracle` where the tools gave nothing to compare with.
Exit status: 0, 1 if an unexplained difference is left, 2 on wrong use.
"""

import argparse
import concurrent.futures
import json
import pathlib
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
FIELDS = ["runs", "package", "version_code", "version_name", "min_sdk", "target_sdk", "permissions",
          "permission_names", "components", "exported", "features", "labels", "labels_by_locale",
          "dex_classes", "certificates"]
NO_ORACLE = object()
# Codes that java.util.Locale, and with it aapt, writes in another way.
LANGUAGES = {"fil": "tl", "he": "iw", "id": "in", "yi": "ji"}


def number(value):
    if isinstance(value, bool) or value is None:
        return None
    try:
        return int(str(value), 0)
    except ValueError:
        return None


def language(locale):
    code = locale.split("-")[0]
    return LANGUAGES.get(code, code)


def canonical(locale):
    head, _, tail = locale.partition("-")
    return LANGUAGES.get(head, head) + ("-" + tail if tail else "")


def expected(oracle):
    """The oracle's answer per field; NO_ORACLE where it has none."""
    m, badging = oracle.get("manifest"), oracle["badging"]
    want = {field: NO_ORACLE for field in FIELDS}
    if m is not None:
        # Package and versions from badging, which resolves references; its own reading of the tree else.
        want["package"] = badging.get("package") if badging.get("package") is not None else m["package"]
        want["version_code"] = m["version_code"]
        want["version_name"] = badging.get("version_name") or m["version_name"] or None
        want["min_sdk"] = badging.get("min_sdk") if badging.get("min_sdk") is not None else m["uses_sdk"].get("min")
        want["target_sdk"] = badging.get("target_sdk") if badging.get("target_sdk") is not None else m["uses_sdk"].get("target")
        requests = [p for p in m["permissions"] if p["name"]]
        want["permissions"] = sorted([p["element"], p["name"], number(p["max_sdk"])] for p in requests)
        if badging["status"] == 0:
            want["permission_names"] = sorted({p["name"] for p in badging["permissions"] if p["name"]}
                                              - set(badging["permissions_implied"]))
        want["components"] = sorted([c["kind"], c["name"] or ""] for c in m["components"])
        want["exported"] = sorted([c["kind"], c["name"] or "", c["exported"]] for c in m["components"])
        want["features"] = sorted([f["name"] or "", number(f["gl_es_version"]), f["required"]] for f in m["features"])
        if badging["status"] == 0 and badging["labels"]:
            want["labels"] = badging["labels"]
        if oracle["resources"]["status"] == 0 and oracle.get("labels_by_locale") is not None:
            want["labels_by_locale"] = oracle["labels_by_locale"]
    dexes = {}
    for row in oracle["dex"]:
        classes = row.get("classes")
        dexes[row["entry"]] = classes if classes is not None else row.get("classes_unverified")
    if None not in dexes and None not in dexes.values():
        want["dex_classes"] = dexes
    # Only what apksigner accepted: it names no certificates of a signature that fails.
    want["certificates"] = {scheme: sorted(found["certificates"])
                            for scheme, found in oracle["signatures"]["by_scheme"].items() if found["verifies"]}
    return want


def given(facts):
    """The same fields out of permscope's facts."""
    m = facts.get("manifest") or {}
    have = {field: None for field in FIELDS}
    have["package"] = m.get("package")
    have["version_code"] = m.get("version_code")
    have["version_name"] = m.get("version_name")
    sdk = m.get("uses_sdk") or {}
    have["min_sdk"] = sdk.get("min_codename") or sdk.get("min")
    have["target_sdk"] = sdk.get("target_codename") or sdk.get("target")
    requests = m.get("uses_permissions") or []
    have["permissions"] = sorted([p.get("element", "uses-permission"), p["name"], p.get("max_sdk")] for p in requests)
    have["permission_names"] = sorted({p["name"] for p in requests})
    components = m.get("components") or []
    have["components"] = sorted([c["kind"], c["name"]] for c in components)
    have["exported"] = sorted([c["kind"], c["name"], c.get("exported_declared")] for c in components)
    have["features"] = sorted([f.get("name", ""), f.get("gl_es_version"), f.get("required", True)]
                              for f in m.get("uses_features") or [])
    have["labels"] = have["labels_by_locale"] = (m.get("application") or {}).get("labels") or {}
    have["dex_classes"] = {d["entry"]: d.get("classes") for d in facts.get("dex") or []}
    certificates = {}
    for signer in facts.get("signers") or []:
        scheme = {"v31": "v3.1", "v3_1": "v3.1"}.get(str(signer.get("scheme")).lower(), str(signer.get("scheme")).lower())
        chain = signer.get("certificates") or []
        if chain:
            certificates.setdefault(scheme, []).append(chain[0]["sha256"])
    have["certificates"] = {scheme: sorted(found) for scheme, found in certificates.items()}
    return have


def text_rank(value):
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def same(field, want, have):
    """True if equal; the few places where the tools say less than the facts are named here."""
    if field in ("min_sdk", "target_sdk"):
        if want is None:
            return True if have is None else number(have) is not None
        return str(want) == str(have)
    if field == "version_name":
        return (want or None) == (have or None)
    if field == "labels":
        # aapt resolves the label for every locale of the table; we name the
        # locales in which the label itself is written.
        have = {canonical(k): v for k, v in have.items()}
        for locale, text in want.items():
            locale = canonical(locale)
            if locale in have:
                if have[locale] != text:
                    return False
            elif text not in {v for k, v in have.items() if k == "" or language(k) == language(locale)} and (text or have):
                return False
        return True
    if field == "labels_by_locale":
        return {canonical(k): v for k, v in want.items()} == {canonical(k): v for k, v in have.items()}
    if field == "dex_classes":
        return all(have.get(entry) == classes for entry, classes in want.items())
    if field == "certificates":
        return all(have.get(scheme) == found for scheme, found in want.items())
    if isinstance(want, list):
        return sorted(want, key=text_rank) == sorted(have or [], key=text_rank)
    return want == have


def differences(field, want, have):
    """The part that differs, for the listing."""
    if isinstance(want, list) and isinstance(have, list):
        left, right = [text_rank(v) for v in want], [text_rank(v) for v in have]
        for value in list(left):
            if value in right:
                left.remove(value)
                right.remove(value)
        return "only the tools: " + (", ".join(left) or "-"), "only permscope: " + (", ".join(right) or "-")
    if isinstance(want, dict) and isinstance(have, dict):
        keys = sorted(k for k in set(want) | set(have) if want.get(k) != have.get(k))
        return ("tools: " + text_rank({k: want.get(k) for k in keys}), "permscope: " + text_rank({k: have.get(k) for k in keys}))
    return "tools: " + text_rank(want), "permscope: " + text_rank(have)


def read_explained(path):
    explained = {}
    if path.exists():
        for number_, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if not line or line.startswith("#"):
                continue
            parts = line.split("\t")
            if len(parts) != 3 or parts[1] not in FIELDS or not parts[2].strip():
                sys.exit(f"{path}:{number_}: expected sha256 (16 digits), field, reason")
            explained[(parts[0], parts[1])] = parts[2]
    return explained


def facts_of(apk, options):
    """(facts or None, what went wrong, seconds)"""
    if options.facts:
        path = options.facts / (apk.stem + ".json")
        if not path.exists():
            return None, "no facts file", 0.0
        return json.loads(path.read_text(encoding="utf-8")), "", 0.0
    started = time.monotonic()
    try:
        done = subprocess.run([str(options.binary), "facts", str(apk)], stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=options.seconds)
    except subprocess.TimeoutExpired:
        return None, f"no end after {options.seconds} s", float(options.seconds)
    seconds = time.monotonic() - started
    last = (done.stderr.decode("utf-8", "replace").strip().splitlines() or [""])[-1]
    if done.returncode < 0 or done.returncode == 101 or "panicked at" in last:
        return None, f"ended with {done.returncode}: {last}", seconds
    try:
        return json.loads(done.stdout), f"status {done.returncode} {last}".strip(), seconds
    except ValueError as error:
        return None, f"status {done.returncode}, no JSON ({error}): {last}", seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", type=pathlib.Path, default=ROOT / "target" / "debug" / "permscope")
    parser.add_argument("--apks", type=pathlib.Path, default=ROOT / "corpus" / "apks")
    parser.add_argument("--oracle", type=pathlib.Path, help="default: `oracle` beside the folder of the APKs")
    parser.add_argument("--facts", type=pathlib.Path, help="read facts from here instead of running the binary")
    parser.add_argument("--explained", type=pathlib.Path, default=HERE / "explained.tsv")
    parser.add_argument("--only", default="", help="only files whose name contains this")
    parser.add_argument("--seconds", type=int, default=120, help="time limit per APK")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--width", type=int, default=600, help="longest value that is printed")
    options = parser.parse_args()
    oracle_dir = options.oracle or options.apks.parent / "oracle"
    if not options.facts and not options.binary.exists():
        print(f"no binary at {options.binary}: build it first (cargo build)", file=sys.stderr)
        return 2
    explained = read_explained(options.explained)
    pairs = [(apk, oracle_dir / (apk.stem + ".json")) for apk in sorted(options.apks.glob("*.apk")) if options.only in apk.name]
    without = [apk.name for apk, path in pairs if not path.exists()]
    pairs = [(apk, path) for apk, path in pairs if path.exists()]
    if not pairs:
        print(f"nothing to compare in {options.apks} and {oracle_dir}", file=sys.stderr)
        return 2

    counts = {field: {"equal": 0, "explained": 0, "different": 0, "no oracle": 0} for field in FIELDS}
    listing, used, times = [], set(), []
    with concurrent.futures.ThreadPoolExecutor(max(1, options.jobs)) as pool:
        answers = pool.map(lambda pair: facts_of(pair[0], options), pairs)
        for (apk, path), (facts, state, seconds) in zip(pairs, answers):
            times.append((seconds, apk.name))
            oracle = json.loads(path.read_text(encoding="utf-8"))
            key = oracle["sha256"][:16]

            def note(field, kind, left="", right=""):
                if kind == "different" and (key, field) in explained:
                    kind = "explained"
                    used.add((key, field))
                counts[field][kind] += 1
                if kind in ("different", "explained"):
                    why = f"\n    because {explained[(key, field)]}" if kind == "explained" else ""
                    listing.append(f"{kind.upper()} {apk.name} {field}\n    {left[:options.width]}\n    {right[:options.width]}{why}")

            if facts is None:
                note("runs", "different", "tools: read it" if oracle.get("manifest") else "tools: no manifest either", "permscope: " + state)
                continue
            note("runs", "equal")
            want, have = expected(oracle), given(facts)
            for field in FIELDS[1:]:
                if want[field] is NO_ORACLE:
                    note(field, "no oracle")
                elif same(field, want[field], have[field]):
                    note(field, "equal")
                else:
                    note(field, "different", *differences(field, want[field], have[field]))

    for entry in listing:
        print(entry)
    print(f"\n{'field':18} {'equal':>7} {'explained':>10} {'different':>10} {'no oracle':>10}")
    for field in FIELDS:
        row = counts[field]
        print(f"{field:18} {row['equal']:7} {row['explained']:10} {row['different']:10} {row['no oracle']:10}")
    left = sum(row["different"] for row in counts.values())
    print(f"\n{len(pairs)} APKs compared, {len(without)} without an oracle file, {left} unexplained differences")
    if not options.facts:
        slowest = ", ".join(f"{name} {seconds:.1f} s" for seconds, name in sorted(times, reverse=True)[:3])
        print(f"slowest: {slowest}")
    for key in sorted(set(explained) - used):
        if not options.only:
            print(f"note: explained.tsv names {key[0]} {key[1]}, which is no difference now")
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
