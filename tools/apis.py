#!/usr/bin/env python3
"""The map of the platform: which permission is covered through which channels.

    tools/apis.py table [--write]     the table of docs/apis.md, printed or put into the file

Python 3.11 without further packages. It downloads nothing and runs nothing.
"""

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CHANNELS = [
    "method", "delegate", "field", "override", "type", "uri", "sends", "receives", "guard", "service-type",
    "service", "setting", "property", "path", "command", "string", "reflection", "native", "script",
]
WORDS = {"all", "any", "if", "target", "annotation", "enforcement", "documented", "mentioned", "axplorer", "curated"}
BEGIN, END = "<!-- table -->", "<!-- end of table -->"


def load(path):
    with open(path, "rb") as file:
        return tomllib.load(file)


def full(name):
    return name if "." in name or "-" in name else f"android.permission.{name}"


def permissions(requirement):
    words = [w for w in requirement.split(" ") if w not in WORDS and not re.fullmatch(r"\d+(-\d+)?", w)]
    return {full(w) for w in words}


def wanted(catalogue):
    """Public permissions of the platform that a user grants: dangerous, or with a switch of their own."""
    names = set()
    for p in catalogue["permission"]:
        last = p["protection"][-1].split(" ")[1].split("|") if p.get("protection") else [""]
        granted = last[0] == "dangerous" or "appop" in last[1:]
        if p.get("public") and p["kind"] == "platform" and granted and "removed_after" not in p:
            names.add(p["name"])
    return {n for n in names if not n.startswith("android.permission.health.")}


def table():
    rows = {}
    special = set()
    for path in sorted((ROOT / "signatures/apis").glob("*.toml")):
        for access in load(path)["access"]:
            of = set().union(*(permissions(r) for r in access.get("requires", [])), access["by"].get("guard", []))
            special |= set(access["by"].get("guard", []))
            for name in of:
                row = rows.setdefault(name, {})
                for channel, names in access["by"].items():
                    row[channel] = row.get(channel, 0) + len(names)
    names = wanted(load(ROOT / "signatures/imported/permissions.toml"))
    names |= {n for n in special if ".BIND_" in n}
    names |= {
        "android.permission.ACCESS_NOTIFICATION_POLICY", "android.permission.QUERY_ALL_PACKAGES",
        "android.permission.REQUEST_DELETE_PACKAGES", "android.permission.REQUEST_IGNORE_BATTERY_OPTIMIZATIONS",
        "android.permission.USE_EXACT_ALARM", "android.permission.health.*",
        "com.android.permission.GET_INSTALLED_APPS", "com.google.android.gms.permission.AD_ID",
    }
    used = [c for c in CHANNELS if any(c in rows.get(n, {}) for n in names)]
    out = ["| permission | " + " | ".join(used) + " |", "|---|" + "--:|" * len(used)]
    for name in sorted(names):
        cells = [str(rows.get(name, {}).get(c, "")) for c in used]
        out.append(f"| {name.removeprefix('android.permission.')} | " + " | ".join(cells) + " |")
    return "\n".join(out)


def main(args):
    if args[:1] != ["table"]:
        print(__doc__)
        return 2
    if args[1:] == ["--write"]:
        path = ROOT / "docs/apis.md"
        text = path.read_text(encoding="utf-8")
        head, rest = text.split(BEGIN)
        tail = rest.split(END)[1]
        path.write_text(f"{head}{BEGIN}\n{table()}\n{END}{tail}", encoding="utf-8")
    else:
        print(table())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
