#!/usr/bin/env python3
"""Checks what `permscope audit` says about the use of permissions in real APKs against a reviewed truth.

    tests/corpus/usage.py [--binary FILE] [--apks DIR] [--truth DIR] [--signatures DIR] [--only TEXT]
    tests/corpus/usage.py --androguard [--apks DIR] [--truth DIR] [--only TEXT]

`samples/real/truth/usage/<short name>.toml` says, for one APK of `apks.tsv`
whose source is public, what a person who read that source decided:

    apk = "4c5d60ab5ae56502-settings_apk-debug.apk"  # the name that fetch.py gives it
    sha256 = "…"
    source = "owner/repo@commit"            # what was read
    reviewed = "2026-11-28"
    target_sdk = 33
    [[permission]]
    name = "android.permission.READ_SMS"
    use = "used"
    by = ["app"]                            # whose code does it: "app", ids of SDKs, or "unlisted"
    asked_by = ["app"]                      # optional: who has it done by that code, and may be named as well
    why = "…"                               # where in the source, or where was searched

| use | |
|---|---|
| used | some code does what the permission is for, can be reached, and some device level from the app's minimum on demands it there |
| unreached | such code is in the package, but nothing calls it |
| asked | only requested or checked at run time, or a manager is fetched |
| unused | declared; nothing in code, manifest, native libraries or scripts uses it |
| unknown | it cannot be decided; why says what stands against it; not compared |

Not every permission is listed: all dangerous ones and all special accesses
are, of the rest (also of those that the platform adds) those that were
decided. A dangerous one that an APK requests and the truth does not list is
printed as well.

| truth | right | less than the truth | more than the truth | an error |
|---|---|---|---|---|
| used | used_by_… | unreached, indicated, not_assessable | | no_use_found |
| unreached | unreached | indicated, no_use_found, not_assessable | used_by_… | |
| asked, unused | no_use_found, indicated | not_assessable | used_by_…, unreached | |

Owners are compared where the truth is `used`, as sets: right are all of `by`,
or all of `asked_by` (who has it done by that code), and nobody else. That every owner of `by` is named, whoever else
is, is counted apart. An owner that is neither the app nor an id counts as
"unlisted".

Precision and recall are those of "no use found"; `unused` and `asked` are its
positives, `used` its negatives, and `unreached` is counted apart. `--androguard` does
the same with androguard's own map from methods to permissions (pip install
"androguard>=4"): a permission is used if some code refers to a method of it.

Exit status: 0; 1 if there is a false "no use found", one of ALWAYS_USED is not
used, or an APK could not be judged; 2 on wrong use (also: no APK at all, no androguard).
"""

import argparse
import concurrent.futures
import pathlib
import subprocess
import sys
import tomllib

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import fetch
import truth as sdks

HERE = sdks.HERE
ROOT = sdks.ROOT
USED = {"used_by_app", "used_by_sdk", "used_by_unknown"}
USES = USED | {"unreached", "indicated", "no_use_found", "not_assessable"}
NO_USE = "no_use_found"
RIGHT = {"used": USED, "unreached": {"unreached"}, "asked": {NO_USE, "indicated"}, "unused": {NO_USE, "indicated"}}
LESS = {
    "used": {"unreached", "indicated", "not_assessable"},
    "unreached": {"indicated", NO_USE, "not_assessable"},
    "asked": {"not_assessable"},
    "unused": {"not_assessable"},
}
NEGATIVE, POSITIVE, APART = {"used"}, {"unused", "asked"}, {"unreached"}
OWNER_BAR = 95
KEYS = {"apk", "sha256", "source", "reviewed", "target_sdk", "permission"}
PERMISSION_KEYS = {"name", "use", "by", "why"}
OPTIONAL_KEYS = {"asked_by"}

# What an app provably uses, and what an earlier program took for unused.
ALWAYS_USED = {
    "a2dp-volume.toml": [
        "android.permission.READ_CONTACTS",
        "android.permission.RECEIVE_BOOT_COMPLETED",
        "android.permission.RECEIVE_SMS",
        "android.permission.WRITE_EXTERNAL_STORAGE",
    ],
}


def problems_of(truth, signatures):
    """What is wrong in a truth."""
    found = [f"unknown key {key}" for key in sorted(set(truth) - KEYS)]
    found += [f"no {key}" for key in sorted(KEYS - set(truth))]
    names = [p.get("name") for p in truth.get("permission", [])]
    found += [f"{name} twice" for name in sorted({n for n in names if n and names.count(n) > 1})]
    for entry in truth.get("permission", []):
        name, by = entry.get("name"), entry.get("by", [])
        asked = entry.get("asked_by", [])
        if set(entry) - OPTIONAL_KEYS != PERMISSION_KEYS or not name or not entry["why"]:
            found.append(f"{name}: needs name, use, by and why")
        elif entry["use"] not in RIGHT and entry["use"] != "unknown":
            found.append(f"{name}: unknown use {entry['use']}")
        elif bool(by) != (entry["use"] in ("used", "unreached")) or by != sorted(set(by)):
            found.append(f"{name}: by belongs to used and unreached, sorted")
        elif "asked_by" in entry and (not asked or entry["use"] != "used" or asked != sorted(set(asked)) or set(asked) & set(by)):
            found.append(f"{name}: asked_by belongs to used, sorted, beside by")
        for owner in by + asked:
            if owner not in ("app", "unlisted") and not (signatures / "sdks" / f"{owner}.toml").exists():
                found.append(f"{name}: no SDK file {owner}")
    return found


def read_truth(path, signatures):
    truth = tomllib.loads(path.read_text(encoding="utf-8"))
    problems = problems_of(truth, signatures)
    if problems:
        sys.exit(f"{path}: {'; '.join(problems)}")
    return truth


def owners_of(found):
    """The owners of a permission of the report, in the words of the truth."""
    named = {o if o == "app" or "/" in o else "unlisted" for o in found["owners"]}
    return named or ({"unlisted"} if found["use"] == "used_by_unknown" else set())


class Tally:
    """Counts over all APKs. `said_no_use` is the answer under test, `use` the truth."""

    def __init__(self):
        self.positives = self.true_positives = self.false_positives = 0
        self.apart = self.apart_said = 0
        self.used = self.owners_right = self.owners_named = 0

    def count(self, use, said_no_use):
        if use in POSITIVE:
            self.positives += 1
            self.true_positives += said_no_use
        elif use in NEGATIVE:
            self.false_positives += said_no_use
        elif use in APART:
            self.apart += 1
            self.apart_said += said_no_use

    def lines(self, must=""):
        said = self.true_positives + self.false_positives
        yield f'"no use found": precision {share(self.true_positives, said)}, recall {share(self.true_positives, self.positives)}'
        yield f'false "no use found": {self.false_positives}{must}'
        if self.apart:
            yield f'said of code that nothing calls: {self.apart_said} of {self.apart} (counted in neither)'

    def count_owners(self, entry, owners):
        """Whether the owners of a permission that is used are right. Counts."""
        by, asked = set(entry["by"]), set(entry.get("asked_by", []))
        right = owners <= by | asked and (by <= owners or bool(asked) and asked <= owners)
        self.owners_right += right
        self.owners_named += by <= owners
        return right

    def owner_line(self):
        verdict = "met" if self.owners_right * 100 >= OWNER_BAR * self.used else "missed"
        return (
            f"owners exactly right: {share(self.owners_right, self.used)} (bar {OWNER_BAR} %: {verdict})\n"
            f"every true owner is named: {share(self.owners_named, self.used)}"
        )


def share(part, whole):
    return f"{part}/{whole}" + (f" = {100 * part / whole:.1f} %" if whole else "")


def compare(truth, permissions, tally):
    """Differences of one APK as lines; `permissions` as in the report. Counts into the tally."""
    lines, found = [], {p["name"]: p for p in permissions}
    listed = set()
    for entry in truth["permission"]:
        name, use = entry["name"], entry["use"]
        listed.add(name)
        if use == "unknown":
            continue
        answer = found.get(name)
        if answer is None or answer["use"] not in USES:
            lines.append(f"{name} is {use}, found {'nothing' if answer is None else answer['use']}: not judged")
            tally.count(use, False)
            tally.used += use == "used"
            continue
        said, owners = answer["use"], owners_of(answer)
        tally.count(use, said == NO_USE)
        what = f"{name} is {use}" + (f" by {', '.join(entry['by'])}" if entry["by"] else "")
        shown = f"found {said}" + (f" by {', '.join(sorted(owners))}" if owners else "")
        right = True
        if use == "used":
            tally.used += 1
            right = said in USED and tally.count_owners(entry, owners)
        if use == "used" and said == NO_USE:
            lines.append(f'{what}, {shown}: FALSE "no use found"; {entry["why"]}')
        elif said in RIGHT[use]:
            if not right:
                lines.append(f"{what}, {shown}: other owners")
        else:
            lines.append(f"{what}, {shown}: {'less' if said in LESS[use] else 'more'} than the truth")
    for name in sorted(set(found) - listed):
        if found[name].get("origin") != "implied" and "dangerous" in (found[name].get("protection") or ""):
            lines.append(f"{name} is dangerous and not in the truth: review it")
    return lines


def not_used(name, permissions):
    """Those of ALWAYS_USED that a report does not call used, as lines."""
    uses = {p["name"]: p["use"] for p in permissions}
    always = ALWAYS_USED.get(name, [])
    return [f"{p} must be used, found {uses.get(p, 'nothing')}" for p in always if uses.get(p) not in USED]


def permissions_of(apk, options):
    overlay = ["--signatures", options.signatures] if options.signatures else []
    report = sdks.run(options, "audit", apk, "--format", "json", "--lang", "en", "--fail-on", "never", *overlay)
    return report["permissions"]


def permission_level(target, levels):
    """The level of androguard's map for a target: that one, else the next lower one, else the lowest."""
    return max((level for level in levels if level <= target), default=min(levels))


def androguard_used(apk, target):
    """The permissions that androguard's map finds used in an APK."""
    from androguard.core import api_specific_resources
    from androguard.misc import AnalyzeAPK
    from loguru import logger

    logger.remove()
    folder = pathlib.Path(api_specific_resources.__file__).parent / "api_permission_mappings"
    levels = [int(path.stem.removeprefix("permissions_")) for path in folder.glob("permissions_*.json")]
    mapping = api_specific_resources.load_permission_mappings(permission_level(target, levels))
    _, _, analysis = AnalyzeAPK(str(apk))
    used = set()
    for method in analysis.get_methods():
        if method.is_external() and method.get_xref_from():
            used.update(mapping.get(f"{method.class_name}-{method.name}-{method.descriptor}", []))
    return used


def check_androguard(todo):
    try:
        import androguard.core.api_specific_resources  # noqa: F401
        from androguard.misc import AnalyzeAPK  # noqa: F401
    except ImportError as error:
        print(f'no androguard here ({error}): pip install "androguard>=4"', file=sys.stderr)
        return 2
    tally, compared = Tally(), 0
    for name, truth, apk in todo:
        used = androguard_used(apk, truth["target_sdk"])
        for entry in truth["permission"]:
            if entry["use"] == "unknown":
                continue
            compared += 1
            said_no_use = entry["name"] not in used
            tally.count(entry["use"], said_no_use)
            if said_no_use != (entry["use"] in POSITIVE):
                print(f"{name}: {entry['name']} is {entry['use']}, androguard says {'unused' if said_no_use else 'used'}", flush=True)
    print(f"\nandroguard: {len(todo)} APKs, {compared} permissions compared")
    for line in tally.lines():
        print(line)
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", type=pathlib.Path, default=ROOT / "target" / "release" / "permscope")
    parser.add_argument("--apks", type=pathlib.Path, default=ROOT / "corpus" / "apks")
    parser.add_argument("--truth", type=pathlib.Path, default=ROOT / "samples" / "real" / "truth" / "usage")
    parser.add_argument("--signatures", type=pathlib.Path, help="lay this folder over the built-in data")
    parser.add_argument("--only", default="", help="only truths whose file name contains this")
    parser.add_argument("--androguard", action="store_true", help="judge androguard's map instead of permscope")
    parser.add_argument("--seconds", type=int, default=300, help="time limit per APK")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    if not options.androguard and not options.binary.exists():
        print(f"no binary at {options.binary}: build it first (cargo build --release)", file=sys.stderr)
        return 2

    pinned = {fetch.target_name(row): row["sha256"] for row in fetch.read_list(HERE / "apks.tsv")}
    todo, absent, failed = [], [], 0
    for path in sorted(options.truth.glob("*.toml")):
        if options.only not in path.name:
            continue
        truth = read_truth(path, ROOT / "signatures")
        apk = options.apks / truth["apk"]
        if pinned.get(truth["apk"]) != truth["sha256"]:
            print(f"{path.name}: {truth['apk']} with this SHA-256 is not in apks.tsv")
            failed += 1
        elif not apk.exists():
            absent.append(path.name)
        elif fetch.sha256_of(apk) != truth["sha256"]:
            print(f"{path.name}: its SHA-256 is not the one that was reviewed")
            failed += 1
        else:
            todo.append((path.name, truth, apk))
    if not todo:
        print(f"nothing to check: no APK of {options.truth} in {options.apks}", file=sys.stderr)
        return 2
    if options.androguard:
        return check_androguard(todo)

    def answer(item):
        try:
            return permissions_of(item[2], options), None
        except (RuntimeError, KeyError, subprocess.TimeoutExpired) as error:
            return None, f"{type(error).__name__}: {error}"

    tally, differences = Tally(), 0
    with concurrent.futures.ThreadPoolExecutor(max(1, options.jobs)) as pool:
        for (name, truth, _), (permissions, error) in zip(todo, pool.map(answer, todo)):
            lines = [error] if error else compare(truth, permissions, tally)
            broken = [] if error else not_used(name, permissions)
            lines += broken
            failed += bool(error or broken)
            differences += len(lines)
            for line in lines:
                print(f"{name}: {line}")
    for name in absent:
        print(f"  skipped: {name}: its APK is not there (tests/corpus/fetch.py)")
    compared = sum(entry["use"] != "unknown" for _, truth, _ in todo for entry in truth["permission"])
    print(f"\n{len(todo)} APKs, {compared} permissions compared, {differences} differences, {len(absent)} skipped")
    for line in tally.lines(" (must be 0)"):
        print(line)
    print(tally.owner_line())
    return 1 if failed or tally.false_positives else 0


if __name__ == "__main__":
    sys.exit(main())
