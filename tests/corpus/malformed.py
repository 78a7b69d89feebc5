#!/usr/bin/env python3
"""Compares readers on APKs and manifests that were made to confuse readers.

    tests/corpus/malformed.py [--dir DIR] [--permscope PATH] [--apk-info PATH] [--python PATH]
                              [--markdown]

The files of `malformed.tsv` lie in DIR (`corpus/malformed` by default) as
`<first 16 hex digits>-<file name>`; each is checked against its SHA-256. Rows
of registry `git` are fetched with `fetch.py` from the commit they name, rows of
`crates` lie in the source package (`cargo download`, or cargo's own cache). A bare
manifest is put into an archive of its own before it is read.

Each reader is asked for the name of the package. `--apk-info` is a program that
prints `package<TAB>…` for a path, a few lines around the crate `apk-info`;
`--python` is an interpreter with androguard. A reader that is not there is left out.

The column `android` is our reading of AOSP (the notes say where from), not the
result of a device: `yes` if the package manager gets a manifest, `no` if it refuses
the file. Exit status: 1 if permscope gets no package name where Android does.
"""

import argparse
import hashlib
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
COLUMNS = ["registry", "name", "version", "path", "sha256", "size", "android", "package", "note"]
SECONDS = 60
ANDROGUARD = """
import sys
try:
    from loguru import logger
    logger.remove()
except ImportError:
    pass
from androguard.core.apk import APK
print("package=" + str(APK(sys.argv[1]).get_package() or ""))
"""


def rows():
    for line in (HERE / "malformed.tsv").read_text(encoding="utf-8").splitlines():
        fields = line.split("\t")
        if not line.startswith("#") and fields != COLUMNS:
            yield dict(zip(COLUMNS, fields, strict=True))


def run(command):
    """Standard output of a reader; nothing if it takes too long."""
    try:
        done = subprocess.run(command, capture_output=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return ""
    return done.stdout.decode("utf-8", "replace")


def permscope(program, path):
    try:
        facts = json.loads(run([program, "facts", path]))
    except ValueError:
        return ""
    return facts.get("manifest", {}).get("package", "")


def aapt(program, path):
    found = re.search(r"^package: name='([^']*)'", run([program, "dump", "badging", path]), re.M)
    return found.group(1) if found else ""


def androguard(python, path):
    found = re.search(r"^package=(.*)$", run([python, "-c", ANDROGUARD, path]), re.M)
    return found.group(1) if found else ""


def apk_info(program, path):
    name = run([program, path]).split("\t")[0].strip()
    return "" if name.startswith("error") else name


def readers(args):
    """The readers that are there, by name."""
    found = {"permscope": lambda path: permscope(args.permscope, path)}
    for name in ("aapt", "aapt2"):
        if program := shutil.which(name):
            found[name] = lambda path, program=program: aapt(program, path)
    if args.python:
        found["androguard"] = lambda path: androguard(args.python, path)
    if args.apk_info:
        found["apk-info"] = lambda path: apk_info(args.apk_info, path)
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--dir", type=pathlib.Path, default=ROOT / "corpus" / "malformed")
    parser.add_argument("--permscope", default=str(ROOT / "target" / "release" / "permscope"))
    parser.add_argument("--apk-info")
    parser.add_argument("--python")
    parser.add_argument("--markdown", action="store_true")
    args = parser.parse_args()
    all_readers = readers(args)
    edge, between = ("| ", " | ") if args.markdown else ("", "\t")
    print(edge + between.join(["file", "android", *all_readers]) + (" |" if args.markdown else ""))
    if args.markdown:
        print("|" + "---|" * (len(all_readers) + 2))
    read = dict.fromkeys(all_readers, 0)
    total = asked = 0
    is_bad = False
    with tempfile.TemporaryDirectory() as folder:
        for row in rows():
            base = row["path"].rsplit("/", 1)[-1]
            path = args.dir / f"{row['sha256'][:16]}-{base}"
            if not path.exists():
                print(f"{base}: not in {args.dir}", file=sys.stderr)
                continue
            data = path.read_bytes()
            if hashlib.sha256(data).hexdigest() != row["sha256"]:
                sys.exit(f"{path}: another file than the list has")
            if base.endswith(".xml"):
                path = pathlib.Path(folder) / f"{base}.apk"
                with zipfile.ZipFile(path, "w") as archive:
                    archive.writestr("AndroidManifest.xml", data)
            names = {reader: ask(str(path)) for reader, ask in all_readers.items()}
            total += 1
            if row["android"] == "yes":
                asked += 1
                for reader, name in names.items():
                    read[reader] += name == row["package"]
                is_bad |= names["permscope"] != row["package"]
            marks = ["yes" if name == row["package"] else (name or "–") for name in names.values()]
            print(edge + between.join([base, row["android"], *marks]) + (" |" if args.markdown else ""))
    print()
    print(f"{total} files; of {asked} that Android reads: ", end="")
    print(", ".join(f"{reader} {count}" for reader, count in read.items()))
    return 1 if is_bad else 0


if __name__ == "__main__":
    sys.exit(main())
