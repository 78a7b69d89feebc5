#!/usr/bin/env python3
"""Asks Android's own tools about every APK of a folder, one JSON file per APK.

What is asked: `aapt dump badging`, `aapt dump xmltree`, `aapt2 dump resources`,
`dexdump -f` on every classes*.dex, and `apksigner verify --print-certs` once as
it comes and once per signature scheme. The files hold what those tools said,
not what this project thinks; `compare.py` sets the two side by side.

    tests/corpus/oracle.py [--apks DIR] [--out DIR] [--only TEXT] [--again]

The tools come from the environment (AAPT, AAPT2, DEXDUMP, APKSIGNER: a command,
words split as a shell does) or from PATH. apksigner 33 or later is needed to
see v3.1 signers. An APK whose JSON is newer than itself is skipped.

Exit status: 0 if every APK has its file, 2 if a tool is missing.
"""

import argparse
import hashlib
import json
import os
import pathlib
import re
import shlex
import shutil
import struct
import subprocess
import sys
import tempfile
import zipfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
TOOL_SECONDS = 60
TOOLS = {name: shlex.split(os.environ.get(name.upper(), name)) for name in ("aapt", "aapt2", "dexdump", "apksigner")}

# Resource ids of the manifest attributes (AOSP frameworks/base core/res/res/values/public.xml):
# the platform goes by these, not by the attribute's name.
ATTRIBUTES = {
    0x01010001: "label",
    0x01010003: "name",
    0x0101000E: "enabled",
    0x01010010: "exported",
    0x01010202: "targetActivity",
    0x0101020C: "minSdkVersion",
    0x0101021B: "versionCode",
    0x0101021C: "versionName",
    0x01010270: "targetSdkVersion",
    0x01010271: "maxSdkVersion",
    0x01010281: "glEsVersion",
    0x0101028E: "required",
    0x01010576: "versionCodeMajor",
}
COMPONENTS = ["activity", "activity-alias", "service", "receiver", "provider"]
PERMISSIONS = ["uses-permission", "uses-permission-sdk-23", "uses-permission-sdk-m"]
SIGNING_BLOCKS = {0x7109871A: "v2", 0xF05368C0: "v3", 0x1B93AD61: "v3.1"}
# API levels at which each scheme is the one the platform looks at.
SCHEME_LEVELS = {"v1": (21, 23), "v2": (24, 27), "v3": (28, 32)}


def ask(tool, *arguments):
    """Runs a tool within its time limit. Returns (status, stdout, stderr); status -1: no end."""
    command = TOOLS[tool] + [str(a) for a in arguments]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=TOOL_SECONDS)
    except subprocess.TimeoutExpired:
        return -1, "", f"no end after {TOOL_SECONDS} s"
    return done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")


def version_of(tool):
    arguments = {"aapt": ["version"], "aapt2": ["version"], "apksigner": ["--version"]}.get(tool)
    if arguments is None:
        return None
    _, out, err = ask(tool, *arguments)
    return (out.strip() or err.strip()).splitlines()[0] if (out or err).strip() else None


def unescape(text):
    """Undoes aapt's normalizeForOutput."""
    return re.sub(r"\\(.)", lambda m: {"n": "\n"}.get(m.group(1), m.group(1)), text)


def quoted(line, key):
    found = re.search(r"\b" + re.escape(key) + r"='((?:[^'\\]|\\.)*)'", line, re.S)
    return unescape(found.group(1)) if found else None


def number(text):
    if text is None:
        return None
    try:
        return int(text, 0)
    except ValueError:
        return None


def badging(apk):
    status, out, err = ask("aapt", "dump", "badging", apk)
    result = {"status": status, "errors": [l for l in (out + "\n" + err).splitlines() if re.match(r"ERROR|W/|E/", l)][:10]}
    labels, features, implied, gl = {}, [], [], []
    for line in re.split(r"\n(?=[a-z][A-Za-z0-9-]*:|\S)", out):
        if line.startswith("package:"):
            for key, name in (("name", "package"), ("versionCode", "version_code"), ("versionName", "version_name"),
                              ("split", "split")):
                result[name] = quoted(line, key)
        elif m := re.match(r"(sdkVersion|targetSdkVersion|maxSdkVersion):'(.*)'", line):
            result[{"sdkVersion": "min_sdk", "targetSdkVersion": "target_sdk", "maxSdkVersion": "max_sdk"}[m.group(1)]] = m.group(2)
        elif m := re.match(r"application-label(?:-([A-Za-z0-9+-]+))?:'(.*)'\s*\Z", line, re.S):
            labels[m.group(1) or ""] = unescape(m.group(2))
        elif m := re.match(r"\s*uses-gl-es: '(.*)'", line):
            gl.append(m.group(1))
        elif m := re.match(r"launchable-activity: name='(.*?)'", line):
            result.setdefault("launchable", []).append(m.group(1))
    # aapt lists an implied feature twice: as a feature and as an implied one.
    for m in re.finditer(r"^\s*uses-(implied-)?feature(?:-not-required)?: name='([^']*)'", out, re.M):
        target = implied if m.group(1) else features
        if m.group(2) not in target:
            target.append(m.group(2))
    features = [name for name in features if name not in implied]
    result.update(labels=labels, features=features, features_implied=implied, gl_es=gl)
    result["permissions"] = []
    for m in re.finditer(r"^(uses-permission(?:-sdk-23)?): (name='.*)$", out, re.M):
        result["permissions"].append({"element": m.group(1), "name": quoted(m.group(2), "name"),
                                      "max_sdk": number(quoted(m.group(2), "maxSdkVersion"))})
    result["permissions_implied"] = re.findall(r"^uses-implied-permission: name='([^']*)'", out, re.M)
    return result


def xmltree(apk):
    """`aapt dump xmltree` as a tree of [name, {attribute: value}, children], or None.

    A value is a string, a number, a bool, or `("ref", id)`."""
    status, out, err = ask("aapt", "dump", "xmltree", apk, "AndroidManifest.xml")
    root, stack, texts = None, [], []
    for line in out.split("\n"):
        if re.match(r"\s*(?:N|E|A|C): ", line) or not texts:
            texts.append(line)
        else:
            texts[-1] += "\n" + line
    for text in texts:
        m = re.match(r"( *)([NEAC]): (.*)", text, re.S)
        if not m:
            continue
        depth, kind, rest = len(m.group(1)), m.group(2), m.group(3).rstrip("\n")
        if kind == "E":
            name = re.sub(r" \(line=\d+\)$", "", rest)
            element = [name.rsplit(":", 1)[-1], {}, []]
            while stack and stack[-1][0] >= depth:
                stack.pop()
            if stack:
                stack[-1][1][2].append(element)
            elif root is None:
                root = element
            stack.append((depth, element))
        elif kind == "A" and stack:
            m = re.match(r"(.*?)(?:\(0x([0-9a-f]{8})\))?=(.*)\Z", rest, re.S)
            if not m:
                continue
            name = m.group(1)
            if m.group(2):
                name = ATTRIBUTES.get(int(m.group(2), 16), name.rsplit(":", 1)[-1])
            elif ":" in name:
                name = "unbound:" + name
            stack[-1][1][1].setdefault(name, value_of(m.group(3)))
    return root, {"status": status, "errors": [l for l in err.splitlines() if l][:5]}


def value_of(text):
    if m := re.match(r'"(.*)" \(Raw: "(.*)"\)\Z', text, re.S):
        return m.group(1)
    if m := re.match(r"@0x([0-9a-f]+)\Z", text):
        return ("ref", int(m.group(1), 16))
    if m := re.match(r"\(type 0x([0-9a-f]+)\)0x([0-9a-f]+)", text):
        kind, data = int(m.group(1), 16), int(m.group(2), 16)
        if kind == 0x12:
            return data != 0
        if kind in (0x10, 0x11):
            return data
        if kind == 0x04:
            return ("float", struct.unpack("<f", struct.pack("<I", data))[0])
        return ("type", kind, data)
    if m := re.match(r'"(.*)"\Z', text, re.S):
        return m.group(1)
    return ("raw", text)


class Resources:
    """What `aapt2 dump resources` prints, for looking up single values."""

    def __init__(self, apk):
        self.status, out, err = ask("aapt2", "dump", "resources", apk)
        self.errors = [l for l in err.splitlines() if l][:5]
        self.table = {}
        values, last = None, None
        for line in out.split("\n"):
            if m := re.match(r"    resource 0x([0-9a-f]{8}) (\S+)", line):
                values, last = self.table.setdefault(int(m.group(1), 16), []), None
            elif values is not None and (m := re.match(r"      \(([^)]*)\) (.*)", line)):
                values.append([m.group(1), m.group(2)])
                last = values[-1]
            elif re.match(r"(Package| *type) ", line):
                values, last = None, None
            elif last is not None and last[1].startswith('"') and not closed(last[1]):
                last[1] += "\n" + line

    def of(self, reference, depth=0):
        """[(configuration, text)] of a resource; references are followed."""
        result = []
        if depth > 8:
            return result
        for config, value in self.table.get(reference, []):
            value = value.strip("\n")
            if value.startswith('"') and closed(value):
                result.append((config, value[1:-1]))
            elif m := re.match(r"@(?:\S+\s+)?\(?0x([0-9a-f]{8})\)?", value):
                for inner, text in self.of(int(m.group(1), 16), depth + 1):
                    result.append((config or inner, text))
            elif m := re.match(r"@(\S+)$", value):
                result.append((config, "@" + m.group(1)))
            else:
                result.append((config, value))
        return result

    def default(self, reference):
        values = dict(reversed(self.of(reference)))
        return values.get("", next(iter(values.values()), None))


def closed(text):
    return len(text) > 1 and text.endswith('"')


LOCALE = re.compile(r"^((?:mcc\d+)?-?(?:mnc\d+)?-?)((?:b\+[A-Za-z0-9+]+)|(?:(?!car\b)[a-z]{2,3}(?:-r[A-Z0-9]{2,3})?))(?=-|$)")


def locale_of(config):
    """The locale of a configuration, and whether it has no other qualifier.

    `zh-rCN` -> ("zh-CN", True); `mdpi-v4` -> ("", False)."""
    m = LOCALE.match(config)
    if not m:
        return "", config == ""
    text = m.group(2)
    text = text[2:].replace("+", "-") if text.startswith("b+") else text.replace("-r", "-")
    return text, not m.group(1) and config[m.end():].strip("-") == ""


def resolved(value, resources):
    """A manifest value with a reference looked up in the default configuration."""
    if isinstance(value, tuple) and value[0] == "ref":
        text = resources.default(value[1])
        if text is None:
            return f"@0x{value[1]:08x}"
        return {"true": True, "false": False}.get(text, text)
    return value


def text_of(value):
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return " ".join(str(part) for part in value)
    return str(value)


def class_name(name, package):
    """PackageParser.buildClassName."""
    if not isinstance(name, str) or name == "":
        return text_of(name)
    if name.startswith("."):
        return package + name
    return name if "." in name else package + "." + name


def manifest(root, resources):
    tag, attributes, children = root
    package = text_of(attributes.get("package")) or ""
    get = lambda a, key: resolved(a.get(key), resources)
    result = {"root": tag, "package": package, "permissions": [], "components": [], "features": [], "uses_sdk": {}}
    code = get(attributes, "versionCode")
    major = get(attributes, "versionCodeMajor")
    result["version_code"] = code if isinstance(code, int) else number(text_of(code))
    if isinstance(major, int):
        result["version_code"] = (major << 32) | (result["version_code"] or 0)
    result["version_name"] = text_of(get(attributes, "versionName"))
    result["split"] = text_of(attributes.get("split"))
    applications = 0
    for name, a, inner in children:
        if name in PERMISSIONS:
            # aapt prints an empty name for a request without one; the platform drops it.
            result["permissions"].append({"element": name, "name": text_of(get(a, "name")), "max_sdk": get(a, "maxSdkVersion")})
        elif name == "uses-sdk":
            for key, field in (("minSdkVersion", "min"), ("targetSdkVersion", "target"), ("maxSdkVersion", "max")):
                if key in a:
                    result["uses_sdk"][field] = get(a, key)
        elif name == "uses-feature":
            required = get(a, "required")
            result["features"].append({"name": text_of(get(a, "name")), "gl_es_version": get(a, "glEsVersion"),
                                       "required": True if required is None else required})
        elif name == "application":
            applications += 1
            if applications > 1:
                continue
            result["label"] = a.get("label")
            for kind, b, _ in inner:
                if kind not in COMPONENTS:
                    continue
                exported = get(b, "exported")
                result["components"].append({"kind": kind, "name": class_name(get(b, "name"), package), "exported": exported})
    result["applications"] = applications
    return result


def label_locales(label, resources):
    """The label by locale, as the resource table holds it (not resolved by fallback)."""
    if label is None:
        return None
    if not (isinstance(label, tuple) and label[0] == "ref"):
        return {"": text_of(label)}
    exact, others = {}, {}
    for config, text in resources.of(label[1]):
        locale, only = locale_of(config)
        if only:
            exact.setdefault(locale, text)
        else:
            others.setdefault(locale, set()).add(text)
    for locale, texts in others.items():
        if locale not in exact:
            if len(texts) > 1:
                return None
            exact[locale] = texts.pop()
    return exact


def dex_headers(apk):
    """Class counts of every classes*.dex of the archive root, by dexdump."""
    result = []
    try:
        archive = zipfile.ZipFile(apk)
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        return [{"entry": None, "error": f"zipfile: {error}"}]
    with archive, tempfile.TemporaryDirectory(prefix="permscope-oracle-") as temp:
        for name in sorted(set(archive.namelist())):
            if not re.fullmatch(r"classes\d*\.dex", name):
                continue
            row = {"entry": name, "classes": None}
            path = pathlib.Path(temp) / "one.dex"
            try:
                with archive.open(name) as stream, open(path, "wb") as out:
                    shutil.copyfileobj(stream, out)
            except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError, EOFError) as error:
                row["error"] = f"zipfile: {error}"
                result.append(row)
                continue
            row["classes"], row["version"], row["error"] = dexdump(path)
            if row["classes"] is None:
                row["classes_unverified"], row["version"], second = dexdump(path, "-i", "-j")
                row["error"] = row["error"] or second
            if row["error"] is None:
                del row["error"]
            result.append(row)
    return result


def dexdump(path, *more):
    """Reads `dexdump -f` up to `class_defs_size`; the classes behind it are not waited for."""
    process = subprocess.Popen(TOOLS["dexdump"] + ["-f", *more, str(path)], stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    timer = subprocess.Popen(["sleep", str(TOOL_SECONDS)])
    version, classes = None, None
    try:
        for line in process.stdout:
            line = line.decode("utf-8", "replace")
            if m := re.search(r"DEX version '(\d+)'", line):
                version = m.group(1)
            if m := re.match(r"class_defs_size\s*: (\d+)", line):
                classes = int(m.group(1))
                break
            if timer.poll() is not None:
                break
        process.kill()
        error = process.stderr.read().decode("utf-8", "replace").strip()
    finally:
        process.wait()
        timer.kill()
        timer.wait()
    if classes is not None:
        return classes, version, None
    return None, version, (error.splitlines() or ["no class_defs_size"])[0][-200:]


def signing_blocks(apk):
    """Ids of the pairs in the APK signing block (Android source docs, "APK Signature Scheme v2")."""
    size = apk.stat().st_size
    with open(apk, "rb") as stream:
        tail = min(size, 65557)
        stream.seek(size - tail)
        data = stream.read(tail)
        at = data.rfind(b"PK\x05\x06")
        if at < 0 or at + 22 > len(data):
            return []
        start = struct.unpack_from("<I", data, at + 16)[0]
        if start < 32 or start > size:
            return []
        stream.seek(start - 24)
        length, magic = struct.unpack("<Q16s", stream.read(24))
        if magic != b"APK Sig Block 42" or length < 24 or length + 8 > start:
            return []
        stream.seek(start - length)
        block = stream.read(length - 24)
    ids, at = [], 0
    while at + 12 <= len(block):
        pair, kind = struct.unpack_from("<QI", block, at)
        ids.append(kind)
        at += 8 + pair
    return ids


def v1_files(apk):
    try:
        with zipfile.ZipFile(apk) as archive:
            return sorted(n for n in archive.namelist() if re.fullmatch(r"META-INF/[^/]+\.(RSA|DSA|EC)", n, re.I))
    except (zipfile.BadZipFile, OSError, ValueError):
        return []


def verify(apk, *more):
    status, out, err = ask("apksigner", "verify", "--print-certs", "-v", *more, apk)
    text = out + "\n" + err
    signers = re.findall(r"^(?:V3\.1 )?(?:V\d(?:\.\d)? )?Signer (#\d+|\(.*\)):? certificate SHA-256 digest: ([0-9a-f]{64})", text, re.M)
    return {
        "verifies": status == 0,
        "schemes": [m for m in re.findall(r"^Verified using (v[\d.]+) scheme .*: true$", text, re.M)],
        "signers": [{"signer": who, "sha256": digest} for who, digest in signers],
        "errors": [l for l in text.splitlines() if l.startswith("ERROR") or l.startswith("Exception") or "no end after" in l][:5],
    }


def signatures(apk):
    ids = signing_blocks(apk)
    present = [scheme for kind, scheme in SIGNING_BLOCKS.items() if kind in ids]
    if v1_files(apk):
        present.insert(0, "v1")
    whole = verify(apk)
    by_scheme = {}
    for scheme in present:
        if scheme == "v3.1":
            ranged = [s["sha256"] for s in whole["signers"] if s["signer"].startswith("(")]
            by_scheme[scheme] = {"verifies": "v3.1" in whole["schemes"], "certificates": ranged[:-1] if "v3.1" in whole["schemes"] else []}
            continue
        low, high = SCHEME_LEVELS[scheme]
        one = verify(apk, "--min-sdk-version", low, "--max-sdk-version", high)
        used = scheme in one["schemes"]
        by_scheme[scheme] = {"verifies": one["verifies"] and used,
                             "certificates": [s["sha256"] for s in one["signers"]] if used else []}
        if one["errors"]:
            by_scheme[scheme]["errors"] = one["errors"]
    return {"blocks": [f"0x{i:08x}" for i in ids], "v1_files": v1_files(apk), "whole": whole, "by_scheme": by_scheme}


def sha256_of(path):
    digest = hashlib.sha256()
    with open(path, "rb") as stream:
        for block in iter(lambda: stream.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()


def plain(value):
    """Tuples of `value_of` for JSON."""
    if isinstance(value, tuple):
        return f"@0x{value[1]:08x}" if value[0] == "ref" else text_of(value)
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, list):
        return [plain(v) for v in value]
    return value


def examine(apk, versions):
    root, tree_state = xmltree(apk)
    resources = Resources(apk)
    result = {"file": apk.name, "size": apk.stat().st_size, "sha256": sha256_of(apk), "tools": versions,
              "badging": badging(apk), "xmltree": tree_state,
              "resources": {"status": resources.status, "errors": resources.errors, "entries": len(resources.table)}}
    if root is not None:
        found = manifest(root, resources)
        result["labels_by_locale"] = label_locales(found.get("label"), resources)
        result["manifest"] = found
    result["dex"] = dex_headers(apk)
    result["signatures"] = signatures(apk)
    return plain(result)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--apks", type=pathlib.Path, default=ROOT / "corpus" / "apks")
    parser.add_argument("--out", type=pathlib.Path, help="default: `oracle` beside the folder of the APKs")
    parser.add_argument("--only", default="", help="only files whose name contains this")
    parser.add_argument("--again", action="store_true", help="also those that have their JSON")
    options = parser.parse_args()
    out = options.out or options.apks.parent / "oracle"
    missing = [name for name, command in TOOLS.items() if shutil.which(command[0]) is None]
    if missing:
        print(f"missing: {', '.join(missing)} (Debian packages aapt, dexdump, apksigner)", file=sys.stderr)
        return 2
    versions = {name: version_of(name) for name in TOOLS}
    out.mkdir(parents=True, exist_ok=True)
    apks = sorted(p for p in options.apks.glob("*.apk") if options.only in p.name)
    made, kept = 0, 0
    for index, apk in enumerate(apks, 1):
        target = out / (apk.stem + ".json")
        if not options.again and target.exists() and target.stat().st_mtime > apk.stat().st_mtime:
            kept += 1
            continue
        result = examine(apk, versions)
        part = target.with_suffix(".part")
        part.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        os.replace(part, target)
        made += 1
        m = result.get("manifest") or {}
        print(f"[{index}/{len(apks)}] {apk.name}: {m.get('package')} {len(m.get('permissions', []))} permissions, "
              f"{len(m.get('components', []))} components, {sum(d.get('classes') or 0 for d in result['dex'])} classes, "
              f"signed {','.join(result['signatures']['by_scheme']) or '-'}", flush=True)
    print(f"{len(apks)} APKs: {made} asked, {kept} kept")
    return 0


if __name__ == "__main__":
    sys.exit(main())
