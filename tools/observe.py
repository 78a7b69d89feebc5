#!/usr/bin/env python3
"""Reads what an SDK's own archive shows, and writes it into the SDK's file.

    observe.py show FILE...                    what AAR, JAR, AAB or ZIP files (or folders of them) show
    observe.py owners FILE...                  which SDKs of the database own the classes, and what nobody owns
    observe.py merge ID COORDINATES=FILE...    writes it into signatures/sdks/ID.toml
    observe.py auto COORDINATES=FILE...        merges each file into the SDKs that own its classes
    observe.py format [--check]                every array in the one style of this tree, and no key that the schema lacks

Standard library only. Nothing is downloaded and nothing is executed. COORDINATES say where
the file can be had again: `group:artifact:version`, `npm NAME@VERSION PATH`, `github OWNER/NAME@COMMIT PATH`.

What becomes identity is the SDK's own and nobody else's: a name that another file claims is left to it,
a prefix that is a vendor's whole estate or a short obfuscated name is left weak, and classes of
libraries that everybody carries are dropped.
"""

import argparse
import datetime
import hashlib
import io
import json
import os
import re
import sys
import tomllib
import zipfile
import xml.etree.ElementTree as ET
from collections import Counter, defaultdict

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SIGNATURES = os.path.join(ROOT, "signatures")
ANDROID = "{http://schemas.android.com/apk/res/android}"
MAX_ENTRY = 256 << 20
MAX_DEPTH = 3

# Code that everybody carries; never an SDK's identity.
COMMON = (
    "android.", "androidx.", "kotlin.", "kotlinx.", "java.", "javax.", "org.jetbrains.",
    "org.intellij.", "dalvik.", "org.json.", "org.xmlpull.", "org.w3c.", "org.xml.",
)
# Native libraries that many vendors build from the same open sources.
COMMON_NATIVE = re.compile(
    r"^lib(c\+\+_shared|gnustl_shared|stlport_shared|ffmpeg\w*|ijk\w+|avcodec\S*|avformat\S*|avutil\S*|avfilter\S*|"
    r"swresample\S*|swscale\S*|ssl\S*|crypto\S*|curl\S*|yuv\S*|x264\S*|x265\S*|fdk-?aac\S*|mp3lame|lame\S*|opus\S*|"
    r"speex\S*|webp\S*|jpeg\S*|png\S*|z|uv|event\S*|sqlite\S*|sqlcipher|mmkv|marsxlog|webrtc\S*|jingle\S*|"
    r"opencv\S*|omp|openh264|rtmp\S*|srt\S*|soundtouch\S*|xhook|xcrash\S*|bytehook|shadowhook\S*|breakpad\S*|"
    r"gif|imagepipeline|native-imagetranscoder|static-webp|hermes|jsc|v8|quickjs|node|lua\S*|json|log|core|main|jni|"
    r"native|utils?|common|base|test|demo|security|player|sdk|app|engine|audio|video|media)\.so$"
)
GENERIC_META = re.compile(
    r"^(android\.|androidx\.|com\.google\.android\.gms\.version|preloaded_fonts|design_width|design_height|"
    r"com\.android\.|fontProvider|unityplayer\.|com\.google\.firebase\.components:)"
)
DOC_HOST = re.compile(
    r"(^|\.)((h5\.)?m\.taobao|alipaydev|www|docs?|help|support|developers?|blog|github|wiki|bbs|forum|example|schemas|raw|gitlab|maven|"
    r"stackoverflow|issuetracker|console|dev|demo|test|aaa|stable|dctest)\."
)
VENDOR_ROOTS = set(
    "android.app cn.com com.alibaba com.aliyun com.amazon com.android com.baidu com.bytedance com.facebook com.google "
    "com.google.android com.google.android.gms com.huawei com.jd com.meituan com.microsoft com.netease com.qq "
    "com.samsung com.tencent com.xiaomi io.github net.sf org.apache com.alipay com.amap com.qihoo com.umeng "
    "cn.jpush cn.jiguang com.sina com.taobao com.ali com.mob com.hihonor com.oppo com.vivo com.meizu com.adobe com.ibm "
    "com.oracle com.sun com.github com.kwai com.kuaishou com.ss com.iflytek com.qiniu com.huawei.hms com.tencent.qcloud "
    "com.alibaba.android com.google.firebase com.bytedance.sdk org.eclipse com.unity3d com.cmic com.chinamobile com.unionpay com.netease.nis com.netease.nis.basesdk com.qiniu.droid com.sogou com.kwai com.leto com.donews com.alibaba.idst anet.channel anetwork.channel com.weibo com.sina.weibo com.taobao com.bytedance.sdk.a".split()
)


# ---------------------------------------------------------------- reading


class Seen:
    """What one archive shows."""

    def __init__(self, name):
        self.name = name
        self.sha256 = ""
        self.classes = set()
        self.hosts = defaultdict(set)  # host -> classes that name it
        self.permissions = {}  # name -> maxSdkVersion or None
        self.components = []  # (kind, name, {"authorities", "initializers", "actions", "exported"})
        self.meta_data = set()
        self.queries = set()
        self.package = ""
        self.native = set()
        self.assets = set()
        self.keep = set()
        self.problems = []

    def packages(self):
        return Counter(c.rsplit(".", 1)[0] if "." in c else "" for c in self.classes)


def read(path):
    """Reads one archive; trouble is noted in `problems`."""
    seen = Seen(os.path.basename(path))
    with open(path, "rb") as f:
        data = f.read()
    seen.sha256 = hashlib.sha256(data).hexdigest()
    read_zip(seen, data, seen.name, 0)
    return seen


def read_zip(seen, data, where, depth):
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, OSError, ValueError) as e:
        seen.problems.append(f"{where}: {e}")
        return
    for info in archive.infolist():
        name = info.filename
        if info.is_dir() or info.file_size > MAX_ENTRY:
            continue
        wanted = name.endswith((".class", ".jar", "AndroidManifest.xml", "proguard.txt", "proguard.pro"))
        wanted = wanted or (name.startswith("META-INF/") and name.endswith(".pro"))
        body = b""
        if wanted:
            try:
                body = archive.read(info)
            except Exception as e:  # a damaged entry hides itself only
                seen.problems.append(f"{where}!{name}: {e}")
                continue
        if name.endswith(".class"):
            read_class(seen, name, body)
        elif name.endswith(".jar") and depth < MAX_DEPTH and not name.startswith("assets/"):
            if not name.endswith(("-sources.jar", "lint.jar", "api.jar")):
                read_zip(seen, body, f"{where}!{name}", depth + 1)
        elif name == "AndroidManifest.xml":
            read_manifest(seen, body)
        elif name.endswith((".txt", ".pro")):
            text = body.decode("utf-8", "replace")
            seen.keep.update(
                " ".join(line.split()).rstrip(" {")
                for line in text.splitlines()
                if line.strip().startswith("-keep") and "class" in line
            )
        elif name.endswith(".so"):
            seen.native.add(name.rsplit("/", 1)[-1])
        elif name.startswith("assets/"):
            seen.assets.add(name)


def read_class(seen, name, body):
    if body[:4] != b"\xca\xfe\xba\xbe" or name.startswith("META-INF/"):
        return
    dotted = name[: -len(".class")].replace("/", ".")
    if dotted.endswith(("package-info", "module-info")) or re.search(r"\.(R|BuildConfig)(\$\w+)?$", dotted):
        return
    seen.classes.add(dotted)
    for host in re.findall(rb"https?://([A-Za-z0-9][A-Za-z0-9.-]{3,60}\.[A-Za-z]{2,8})(?![A-Za-z0-9.-])", body):
        seen.hosts[host.decode().lower()].add(dotted)


def read_manifest(seen, body):
    try:
        root = ET.fromstring(body)
    except ET.ParseError as e:
        seen.problems.append(f"AndroidManifest.xml: {e}")
        return
    seen.package = root.get("package", "")

    def full(name):
        if name.startswith("."):
            return seen.package + name
        return name if "." in name else f"{seen.package}.{name}"

    for tag in ("uses-permission", "uses-permission-sdk-23"):
        for e in root.iter(tag):
            name = e.get(ANDROID + "name", "")
            if name and "${" not in name:
                seen.permissions[name] = e.get(ANDROID + "maxSdkVersion")
    for kind in ("activity", "activity-alias", "service", "receiver", "provider"):
        for e in root.iter(kind):
            # `queries` has a `provider` of its own, which is no component.
            if not e.get(ANDROID + "name") or e in list(root.iterfind("queries/provider")):
                continue
            meta = [m.get(ANDROID + "name", "") for m in e.iter("meta-data")]
            values = {m.get(ANDROID + "name", ""): m.get(ANDROID + "value", "") for m in e.iter("meta-data")}
            name = full(e.get(ANDROID + "name"))
            starters = sorted(k for k, v in values.items() if v == "androidx.startup")
            seen.components.append(
                (
                    kind,
                    name,
                    {
                        "actions": sorted({a.get(ANDROID + "name", "") for a in e.iter("action")}),
                        "authorities": e.get(ANDROID + "authorities", ""),
                        "initializers": starters,
                        "exported": e.get(ANDROID + "exported", ""),
                    },
                )
            )
            seen.meta_data.update(m for m in meta if m and m not in starters)
    for e in root.iterfind("application/meta-data"):
        seen.meta_data.add(e.get(ANDROID + "name", ""))
    for e in root.iterfind("queries/package"):
        seen.queries.add(e.get(ANDROID + "name", ""))
    for e in root.iterfind("queries/intent/action"):
        seen.queries.add("action " + e.get(ANDROID + "name", ""))
    seen.meta_data.discard("")


def starts_itself(kind, details):
    """A provider that is declared runs before the app's own code, whether or not anyone asks it."""
    return kind == "provider" and bool(details["authorities"] or details["initializers"])


def show(seen, out=sys.stdout):
    p = lambda *a: print(*a, file=out)
    p(f"{seen.name}  sha256:{seen.sha256}")
    for name, n in sorted(seen.packages().items(), key=lambda x: (-x[1], x[0])):
        p(f"  package {name} {n}")
    for name, top in sorted(seen.permissions.items()):
        p(f"  permission {name}" + (f" maxSdkVersion={top}" if top else ""))
    for kind, name, d in seen.components:
        more = [f"authorities={d['authorities']}"] if d["authorities"] else []
        more += ["starts by itself"] if starts_itself(kind, d) else []
        more += [f"initializer={i}" for i in d["initializers"]]
        more += [f"action={a}" for a in d["actions"]]
        p(" ".join([f"  {kind} {name}"] + more))
    for what, items in [
        ("meta-data", seen.meta_data), ("queries", seen.queries), ("native", seen.native),
        ("asset", seen.assets), ("rule", seen.keep), ("host", seen.hosts), ("PROBLEM", seen.problems),
    ]:
        for item in sorted(items):
            p(f"  {what} {item}")


# ---------------------------------------------------------------- TOML in the style of this tree
#
# A file is never written anew: only the statements that change are replaced in its text, so that what
# this tool does not know (further keys, comments, order, blank lines) stays as it is.

WIDTH = 112
SECTIONS = ["identity", "collects", "observed", "start", "control", "examples", "source"]
IDENTITY = [
    "packages", "weak_packages", "components", "actions", "meta_data", "weak_meta_data", "native",
    "weak_native", "assets", "hosts",
]
OBSERVED = ["files", "permissions", "components", "meta_data"]
SOURCE = ["of", "from", "date", "confidence", "note"]
# Every key of src/signatures/schema/sdk.rs, by table.
KEYS = {
    "": [
        "id", "name", "vendor", "country", "market", "category", "website", "most_used", "not_found",
        "disclosed_permissions", "purpose", "privacy_policy", "leaves", "bridge", *SECTIONS,
    ],
    "identity": IDENTITY,
    "collects": ["information", "basis"],
    "observed": OBSERVED,
    "start": ["automatic", "init", "providers", "initializers"],
    "control": ["does", "method", "meta_data"],
    "examples": ["match", "no_match", "also"],
    "source": SOURCE,
}


def string(s):
    return json.dumps(s, ensure_ascii=False)


def array(key, items):
    flat = [string(i) for i in items]
    line = f"{key} = [{', '.join(flat)}]"
    if len(line) <= WIDTH:
        return line
    rows, row = [], ""
    for item in flat:
        piece = item + ","
        if row and len(row) + 1 + len(piece) > WIDTH - 4:
            rows.append(row)
            row = piece
        else:
            row = f"{row} {piece}" if row else piece
    rows.append(row)
    return f"{key} = [\n" + "".join(f"    {r}\n" for r in rows) + "]"


def nested(key, lists):
    flat = ["[" + ", ".join(string(i) for i in one) + "]" for one in lists]
    line = f"{key} = [{', '.join(flat)}]"
    return line if len(line) <= WIDTH else f"{key} = [\n" + "".join(f"    {f},\n" for f in flat) + "]"


class Statement:
    """A table header (`key` is None) or a key with its value: `text[start:end]`, without the line's end."""

    def __init__(self, table, index, key, start, end):
        self.table, self.index, self.key, self.start, self.end = table, index, key, start, end


def statements(text):
    """The statements of a TOML file in order; `index` counts the tables of an array of tables."""
    out, table, count, at = [], "", Counter(), 0
    while at < len(text):
        line_end = text.find("\n", at)
        line_end = len(text) if line_end < 0 else line_end
        line = text[at:line_end].strip()
        if not line or line.startswith("#"):
            at = line_end + 1
            continue
        if line.startswith("["):
            table = line.split("#")[0].strip().strip("[]").strip()
            out.append(Statement(table, count[table], None, at, line_end))
            count[table] += 1
            at = line_end + 1
            continue
        equals = text.index("=", at)
        end = value_end(text, equals + 1)
        out.append(Statement(table, max(count[table] - 1, 0), text[at:equals].strip(), at, end))
        line_end = text.find("\n", end)
        at = len(text) if line_end < 0 else line_end + 1
    return out


TOKEN = re.compile(
    r'"""(?:[^\\]|\\.)*?"""|' r"'''.*?'''|" r'"(?:[^"\\]|\\.)*"|' r"'[^']*'|#[^\n]*|[\[\]{}\n]", re.S
)


def value_end(text, at):
    """Where the value that begins here ends: brackets are closed; strings and remarks are skipped."""
    depth = 0
    for token in TOKEN.finditer(text, at):
        c = token[0][0]
        if c in "#\n" and not depth:
            return len(text[: token.start()].rstrip())
        depth += (c in "[{") - (c in "]}")
    return len(text.rstrip())


def edit(text, old, new):
    """`text`, which says `old`, with the arrays of `identity` and `observed` and the sources of `new`."""
    for table, keys in (("identity", IDENTITY), ("observed", OBSERVED)):
        if table in old and table not in new:
            text = drop_table(text, table, lambda _: True)
            continue
        before, after = old.get(table, {}), new.get(table, {})
        for key in keys:
            if before.get(key) != after.get(key):
                text = set_array(text, table, keys, key, after.get(key))
    for s in [s for s in old["source"] if s not in new["source"]]:
        text = drop_table(text, "source", lambda said: said["source"] == [s])
    for s in reversed([s for s in new["source"] if s not in old["source"]]):
        block = "\n".join(["[[source]]"] + [f"{k} = {string(s[k])}" for k in SOURCE if k in s])
        text = add_table(text, "source", block)
    # The order of the sources says nothing, and those that stay keep their place.
    plain = lambda sdk: sdk | {"source": sorted(sdk["source"], key=str)}
    if plain(tomllib.loads(text)) != plain(new):
        raise ValueError(f"{new['id']}: the file cannot be edited without a loss; edit it by hand")
    return text


def set_array(text, table, order, key, items):
    """One array of a table: replaced, removed (`items` is None), or put where the order of the keys has it."""
    parts = [s for s in statements(text) if s.table == table]
    here = next((s for s in parts if s.key == key), None)
    if here and items is None:
        return text[: here.start] + text[here.end :].removeprefix("\n")
    if here:
        return text[: here.start] + array(key, items) + text[here.end :]
    if not parts:
        return add_table(text, table, f"[{table}]\n{array(key, items)}")
    earlier = [s for s in parts if s.key is None or s.key in order[: order.index(key)]]
    end = text.find("\n", earlier[-1].end)
    end = len(text) if end < 0 else end
    return text[:end] + "\n" + array(key, items) + text[end:]


def add_table(text, table, block):
    """A new table, before the first one that comes later in the order of this tree."""
    later = SECTIONS[SECTIONS.index(table) :]
    heads = [s for s in statements(text) if s.key is None and s.table in later]
    if not heads:
        return text.rstrip("\n") + f"\n\n{block}\n"
    at = heads[0].start
    # A comment right above the table belongs to it.
    while (above := text[: max(at - 1, 0)].rfind("\n") + 1) < at and text[above:at].startswith("#"):
        at = above
    return text[:at] + f"{block}\n\n" + text[at:]


def drop_table(text, table, wanted):
    """Takes out the first table of this name of which `wanted` is true, with the blank line that ends it."""
    heads = [s for s in statements(text) if s.key is None]
    for i, s in enumerate(heads):
        end = heads[i + 1].start if i + 1 < len(heads) else len(text)
        if s.table == table and wanted(tomllib.loads(text[s.start : end])):
            return text[: s.start] + text[end:] if text[end:] else text[: s.start].rstrip("\n") + "\n"
    return text


def rewrap(text):
    """The arrays of a file in the one style of this tree; an array with a comment in it stays."""
    for s in reversed(statements(text)):
        raw = text[s.start : s.end]
        if s.key is None or not raw.split("=", 1)[1].lstrip().startswith("["):
            continue
        items = tomllib.loads(raw)[s.key]
        if all(isinstance(i, str) for i in items):
            wanted = array(s.key, items)
        elif all(isinstance(i, list) and all(isinstance(x, str) for x in i) for i in items):
            wanted = nested(s.key, items)
        else:
            continue
        if "#" in raw and "#" not in wanted:
            continue
        text = text[: s.start] + wanted + text[s.end :]
    return text


def unknown(sdk):
    """Keys that the schema does not have, `table.key`."""
    out = []
    for table, keys in KEYS.items():
        value = sdk.get(table, {}) if table else sdk
        for one in value if isinstance(value, list) else [value]:
            out += [f"{table}.{k}".lstrip(".") for k in one if k not in keys]
    return sorted(set(out))


# ---------------------------------------------------------------- the database


class Database:
    def __init__(self, root):
        self.root = root
        self.sdks, self.text = {}, {}
        for folder, _, files in sorted(os.walk(os.path.join(root, "sdks"))):
            for f in sorted(files):
                if f.endswith(".toml"):
                    with open(os.path.join(folder, f), encoding="utf-8", newline="") as h:
                        body = h.read()
                    sdk = tomllib.loads(body)
                    self.sdks[sdk["id"]], self.text[sdk["id"]] = sdk, body
        self.packers = {}
        folder = os.path.join(root, "packers")
        for f in sorted(os.listdir(folder)):
            with open(os.path.join(folder, f), "rb") as h:
                p = tomllib.load(h)
            self.packers["packer " + p["id"]] = p
        self.index()

    def index(self):
        self.prefixes = defaultdict(list)
        self.claims = defaultdict(set)
        for id_, sdk in list(self.sdks.items()) + list(self.packers.items()):
            i = sdk["identity"]
            for p in i.get("packages", []):
                self.prefixes[p].append((id_, True))
            for p in i.get("weak_packages", []):
                self.prefixes[p].append((id_, False))
            for kind, keys in [
                ("component", ["components"]), ("native", ["native", "weak_native"]),
                ("meta", ["meta_data", "weak_meta_data"]), ("action", ["actions"]), ("asset", ["assets"]),
                ("host", ["hosts"]), ("package", ["packages", "weak_packages"]),
            ]:
                for key in keys:
                    for name in i.get(key, []):
                        self.claims[kind, name].add(id_)

    def owner(self, name):
        """The longest prefix of a class, and who has it."""
        while name:
            if name in self.prefixes:
                return name, self.prefixes[name]
            cut = max(name.rfind("."), name.rfind("$"))
            name = name[:cut] if cut > 0 else ""
        return None, []

    def claimed_by_other(self, kind, name, id_):
        if self.claims.get((kind, name), set()) - {id_}:
            return True
        return any(
            k == kind and pattern.replace("*.so", "*").endswith("*")
            and name.startswith(pattern.replace("*.so", "*")[:-1]) and owners - {id_}
            for (k, pattern), owners in self.claims.items()
            if "*" in pattern
        )

    def path(self, id_):
        return os.path.join(self.root, "sdks", id_ + ".toml")

    def save(self, id_):
        """Writes what changed of one SDK, and nothing else of its file."""
        text = self.text[id_]
        return self.write(id_, edit(text, tomllib.loads(text), self.sdks[id_]))

    def write(self, id_, text):
        if self.text[id_] == text:
            return False
        with open(self.path(id_), "w", encoding="utf-8", newline="") as f:
            f.write(text)
        self.text[id_] = text
        return True


def own_classes(db, id_, seen, extra=()):
    """Classes whose most specific owner is this SDK, by the prefix that says so."""
    by = defaultdict(set)
    for c in seen.classes:
        if c.startswith(COMMON):
            continue
        hit = next((e for e in extra if c == e or c.startswith(e + ".")), None)
        prefix, owners = db.owner(c)
        if hit and len(hit) >= len(prefix or ""):
            by[hit].add(c)
        elif (id_, True) in owners or ((id_, False) in owners and not any(strong for _, strong in owners)):
            by[prefix].add(c)
    return by


def good_prefix(prefix):
    """Not a vendor's whole estate, not a short obfuscated name."""
    parts = prefix.split(".")
    if len(parts) < 2 or prefix in VENDOR_ROOTS:
        return False
    return len(parts[-1]) >= 3 and sum(len(p) for p in parts[1:]) >= 4 and not parts[0] in ("a", "b", "c")


def tokens(sdk, prefixes):
    """Words that mark what is this vendor's: of the id and of the packages."""
    words = set(re.split(r"[/-]", sdk["id"]))
    for p in prefixes:
        words.update(p.split(".")[1:3])
    stop = {"android", "mobile", "push", "analytics", "core", "common", "google", "github", "share", "login", "maps",
            "location", "data", "cloud", "media", "player", "video", "audio", "speech", "open", "base", "util", "auth"}
    return {w.lower() for w in words if len(w) >= 4 and w.lower() not in stop}


def extend(target, key, items):
    have = target.setdefault(key, [])
    new = [i for i in items if i not in have]
    have += new
    if not have:
        del target[key]
    return new


def merge(db, id_, seen, coordinates, extra=(), whole=True, date=None):
    """Writes what `seen` shows into the SDK; `whole` = the archive is this SDK's and not a bundle of several."""
    sdk = db.sdks[id_]
    identity = sdk["identity"]
    own = own_classes(db, id_, seen, extra)
    mine = set().union(*own.values()) if own else set()
    news = []
    strong = identity.get("packages", [])
    for prefix in sorted(own):
        # Two words are a vendor, not one SDK: such a prefix is strong only by hand.
        if prefix in strong or prefix.count(".") < 2 or not good_prefix(prefix) or db.claimed_by_other("package", prefix, id_):
            continue
        if prefix in identity.get("weak_packages", []):
            identity["weak_packages"].remove(prefix)
            if not identity["weak_packages"]:
                del identity["weak_packages"]
        news += extend(identity, "packages", [prefix])
    words = tokens(sdk, identity.get("packages", []))
    related = lambda s: any(w in s.lower() for w in words)
    prefixes = tuple(p + "." for p in identity.get("packages", []))
    observed = sdk.setdefault("observed", {"files": []})
    observed.setdefault("files", [])
    label = f"{coordinates} sha256:{seen.sha256}"
    base = os.path.basename(coordinates.replace(" ", "/"))
    observed["files"] = [f for f in observed["files"] if "sha256:" in f or base not in f]
    extend(observed, "files", [label])

    ours = [(k, n, d) for k, n, d in seen.components if (n in mine or n.startswith(prefixes)) and "${" not in n]
    names = sorted({n for k, n, _ in ours if k != "activity-alias" and not db.claimed_by_other("component", n, id_)})
    news += extend(identity, "components", names)
    extend(observed, "components", sorted({f"{k}:{n}" for k, n, _ in ours}))
    actions = sorted(
        {a for _, _, d in ours for a in d["actions"]
         if a.startswith(prefixes) or (not a.startswith(("android.", "com.android.", "androidx.")) and related(a))}
    )
    news += extend(identity, "actions", [a for a in actions if "${" not in a and not db.claimed_by_other("action", a, id_)])
    if whole:
        extend(observed, "permissions", sorted(p for p in seen.permissions if "${" not in p))
        keys = sorted(k for k in seen.meta_data if not GENERIC_META.match(k) and "${" not in k)
        extend(observed, "meta_data", keys)
        distinct = [k for k in keys if len(k) >= 8 and (related(k) or k.startswith(prefixes))]
        distinct = [k for k in distinct if not db.claimed_by_other("meta", k, id_) and k not in identity.get("weak_meta_data", [])]
        news += extend(identity, "meta_data", distinct)
        for lib in sorted(seen.native):
            if COMMON_NATIVE.match(lib) or len(lib) < 9 or db.claimed_by_other("native", lib, id_) or not lib.startswith("lib"):
                continue
            if lib in identity.get("weak_native", []):
                if not related(lib):
                    continue
                identity["weak_native"].remove(lib)
                if not identity["weak_native"]:
                    del identity["weak_native"]
            elif not related(lib) and lib not in identity.get("native", []):
                # The vendor ships it; the name alone does not say whose it is.
                extend(identity, "weak_native", [lib])
                continue
            news += extend(identity, "native", [lib])
        folders = sorted({a for a in seen.assets if related(a.split("/", 1)[1]) and not re.search(r"\.(js|html|css|txt)$", a)})
        folders = [a for a in folders if not db.claimed_by_other("asset", a, id_)]
        # A strong mark: the first few are enough, and a file with a version in its name is none.
        news += extend(identity, "assets", [a for a in folders if not re.search(r"\d+\.\d+", a)][:6])
    hosts = sorted(
        h for h, by in seen.hosts.items()
        if by & mine and related(h.rsplit(".", 2)[-2]) and not DOC_HOST.search(h + ".") and not db.claimed_by_other("host", h, id_)
    )
    news += extend(identity, "hosts", hosts[:20])

    for key in ("files", "permissions", "components", "meta_data"):
        if key in observed and key != "files":
            observed[key] = sorted(observed[key])
    date = date or datetime.date.today().isoformat()
    line = {"of": "observed, identity", "from": "the archives named in observed.files (the vendor's own, or as others carry them), read with tools/observe.py",
            "date": date, "confidence": "verified"}
    sources = [s for s in sdk["source"] if s["from"] != line["from"] and not s["from"].startswith("AAR of the vendor as npm packages carry it")]
    sdk["source"] = [line] + sources
    db.index()
    return news


def split(db, seen, extra=()):
    """Classes by SDK, and those of nobody by package."""
    by, nobody = Counter(), Counter()
    for c in seen.classes:
        if c.startswith(COMMON):
            continue
        _, owners = db.owner(c)
        if owners:
            sure = {o for o, strong in owners if strong}
            for o in sure or {o for o, _ in owners}:
                by[o] += 1
        else:
            nobody[".".join(c.split(".")[:4][: max(1, c.count("."))])] += 1
    return by, nobody


def files_of(paths):
    for path in paths:
        if os.path.isdir(path):
            for folder, _, names in sorted(os.walk(path)):
                for n in sorted(names):
                    if n.endswith((".aar", ".jar")) and not n.endswith(("-sources.jar", "-javadoc.jar", "wrapper.jar")):
                        yield os.path.join(folder, n)
        else:
            yield path


def main():
    ap = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    ap.add_argument("mode", choices=["show", "owners", "merge", "auto", "format"])
    ap.add_argument("what", nargs="*")
    ap.add_argument("--signatures", default=SIGNATURES)
    ap.add_argument("--own", action="append", default=[], help="a further prefix of the SDK (merge)")
    ap.add_argument("--part", action="store_true", help="the archive carries others as well: take no manifest, no libraries")
    ap.add_argument("--list", help="a file with one COORDINATES=FILE a line (auto)")
    ap.add_argument("--share", type=float, default=0.9, help="share of the classes that makes an archive the SDK's own (auto)")
    ap.add_argument("--date", help="date of the source (default: today)")
    ap.add_argument("--check", action="store_true", help="format: only say what would change")
    a = ap.parse_intermixed_args()
    if a.mode == "show":
        for f in files_of(a.what):
            show(read(f))
        return 0
    db = Database(a.signatures)
    if a.mode == "format":
        bad = 0
        for id_, sdk in db.sdks.items():
            for key in unknown(sdk):
                print(f"{id_}: a key that the schema does not have: {key}")
                bad += 1
            text = rewrap(db.text[id_])
            if text != db.text[id_]:
                print(id_)
                bad += 1
                if not a.check:
                    db.write(id_, text)
        return 1 if bad and a.check else 0
    if a.mode == "owners":
        for f in files_of(a.what):
            seen = read(f)
            by, nobody = split(db, seen)
            print(f"{f}: {len(seen.classes)} classes")
            for name, n in by.most_common(12):
                print(f"  {name} {n}")
            for name, n in nobody.most_common(12):
                print(f"  ? {name} {n}")
        return 0
    if a.mode == "merge":
        id_, *items = a.what
        for item in items:
            coordinates, _, path = item.rpartition("=")
            for new in merge(db, id_, read(path), coordinates, a.own, not a.part, a.date):
                print(f"{id_} + {new}")
        db.save(id_)
        return 0
    items = list(a.what)
    if a.list:
        with open(a.list, encoding="utf-8") as f:
            items += [line.strip() for line in f if line.strip()]
    for item in items:
        coordinates, _, path = item.rpartition("=")
        seen = read(path)
        by, nobody = split(db, seen)
        total = sum(by.values()) + sum(nobody.values())
        done = []
        for id_, n in by.most_common(8):
            if id_.startswith("packer ") or not total:
                continue
            whole = n >= a.share * total
            if not whole and n < 15:
                continue
            new = merge(db, id_, seen, coordinates, (), whole, a.date)
            if db.save(id_):
                done.append(f"{id_}{'' if whole else ' (part)'} {n}/{total} +{len(new)}")
        rest = ", ".join(f"{n} {c}" for n, c in nobody.most_common(4))
        print(f"{coordinates}: {'; '.join(done) or 'nobody'}" + (f" | nobody's: {rest}" if rest else ""))
    return 0


if __name__ == "__main__":
    sys.exit(main())
