#!/usr/bin/env python3
"""Real reports in the forms for other tools, against validators that others made.

    tests/formats/validate.py --binary target/release/permscope [--multitool Sarif.Multitool] [--sarif-schema FILE]
                              [--junit-schema junit-10.xsd] [--work FOLDER] APK [APK ...]

SARIF: its JSON schema by check-jsonschema, and the rules `Sarif;Ghas` of sarif-multitool (npm
@microsoft/sarif-multitool-linux, which has the schema beside it). CycloneDX: JsonStrictValidator of
cyclonedx-python-lib[validation]. JUnit: junitparser, and junit-10.xsd of jenkinsci/xunit-plugin by lxml. Markdown:
markdown-it-py. GitHub's commands and CSV: readers below, by the documentation. A missing tool: exit code 77.
"""
import argparse
import csv
import io
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

SKIPPED = 77
LANGUAGES = ("zh", "en")

try:
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator
    from junitparser import JUnitXml
    from lxml import etree
    from markdown_it import MarkdownIt
except ImportError as error:
    print(f"skipped: {error}; pip install 'cyclonedx-python-lib[validation]' check-jsonschema junitparser lxml markdown-it-py")
    sys.exit(SKIPPED)

# Multitool asks for a web page about the tool; the project names no address.
KNOWN = {"SARIF2005"}


def sarif(path, record, schema, multitool):
    log = json.loads(path.read_text("utf-8"))
    run = log["runs"][0]
    yield len(run["results"]) == len(record["findings"]), "a result for each finding"
    ran = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--schemafile", str(schema), str(path)], capture_output=True, text=True
    )
    yield ran.returncode == 0, f"schema: {ran.stdout}{ran.stderr}"
    report = path.with_suffix(".validated.sarif")
    environment = dict(os.environ, DOTNET_SYSTEM_GLOBALIZATION_INVARIANT="1")
    ran = subprocess.run(
        [str(multitool), "validate", str(path), "--rule-kind", "Sarif;Ghas", "--output", str(report), "--log", "ForceOverwrite"],
        capture_output=True, text=True, env=environment,
    )
    yield report.is_file(), f"multitool: {ran.stdout[-500:]}{ran.stderr[-500:]}"
    said = json.loads(report.read_text("utf-8-sig"))["runs"][0].get("results", [])
    bad = sorted({r["ruleId"] for r in said if r.get("level", "warning") in ("error", "warning")} - KNOWN)
    yield not bad, f"multitool complains: {bad}"


def cyclonedx(path, record):
    text = path.read_text("utf-8")
    error = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    yield error is None, f"CycloneDX: {error}"
    bundled = [s for s in record["sdks"] if s["grade"] != "referenced"]
    yield len(json.loads(text)["components"]) == len(bundled), "a component for each bundled SDK"


def junit(path, record, schema):
    document = etree.parse(str(path))
    yield schema is None or schema.validate(document), f"xsd: {schema and schema.error_log}"
    suites = JUnitXml.fromfile(str(path))
    rules = {f["rule"] for f in record["findings"]}
    yield suites.tests == 1 + len(rules) + len(record["permissions"]), "a case for each rule and permission"
    cases = [case for suite in suites for case in suite]
    failed = [c for c in cases if any(type(r).__name__ == "Failure" for r in c.result)]
    yield suites.failures == len(failed), "failures are counted"
    yield (suites.errors > 0) == (not record["coverage"]["complete"]), "an incomplete audit is an error"
    bad = {f["rule"] for f in record["findings"] if f["severity"] != "info" and "accepted" not in f}
    shown = {c.name.split(" ")[0] for c in failed if c.classname == "permscope.rule"}
    yield shown == bad, f"rules that fail: {shown ^ bad}"


def github(path, record):
    """docs.github.com, "Workflow commands for GitHub Actions": ::name key=value,key=value::message"""
    command = re.compile(r"^::(error|warning|notice) ((?:[a-zA-Z]+=[^,:\r\n]*)(?:,[a-zA-Z]+=[^,:\r\n]*)*)::(.*)$")
    lines = path.read_text("utf-8").split("\n")
    yield lines.pop() == "", "the last line ends"
    yield all(command.match(line) for line in lines), "every line is a command"
    yield all(re.fullmatch(r"(?:[^%]|%25|%0A|%0D|%3A|%2C)*", line) for line in lines), "percent signs are escaped"
    yield len(lines) > len(record["findings"]), "a command for each finding and the result"


def markdown(path, record):
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(path.read_text("utf-8"))
    rows = sum(token.type == "tr_open" for token in tokens)
    shown = min(len(record["findings"]), 50)
    yield rows == (shown + 1 if shown else 0), f"{rows} rows"
    html = [t.content for t in tokens if t.type == "html_block"]
    inline = [c for t in tokens for c in t.children or []]
    html += [c.content for c in inline if c.type == "html_inline"]
    ours = re.compile(r"\s*(</?details>|<details><summary>[^<]*</summary>)\s*")
    yield all(ours.fullmatch(text) for text in html), f"HTML: {html}"
    yield not [c for c in inline if c.type in ("link_open", "image")], "links or images"


def table(path, record):
    text = path.read_bytes().decode("utf-8")
    yield text.startswith("\ufeff") and "\r\n" in text, "mark and line ends"
    rows = list(csv.reader(io.StringIO(text[1:], newline=""), strict=True))
    yield len(rows) == len(record["findings"]) + 1 and {len(r) for r in rows} == {15}, "rows"
    cells = [c for row in rows for c in row]
    yield not [c for c in cells if c.strip()[:1] in set("=+-@")], "formulas"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", type=Path, required=True)
    parser.add_argument("--multitool", type=Path)
    parser.add_argument("--sarif-schema", type=Path)
    parser.add_argument("--junit-schema", type=Path)
    parser.add_argument("--work", type=Path)
    parser.add_argument("apks", nargs="+", type=Path)
    given = parser.parse_args()
    schema = given.sarif_schema or (given.multitool and given.multitool.resolve().parent / "sarif-2.1.0.json")
    if not given.multitool or not schema or not Path(schema).is_file():
        print("skipped: --multitool is missing; npm install @microsoft/sarif-multitool-linux")
        sys.exit(SKIPPED)
    xsd = etree.XMLSchema(etree.parse(str(given.junit_schema))) if given.junit_schema else None
    work = given.work or Path(tempfile.mkdtemp())
    checks = wrong = 0
    for apk in given.apks:
        folder = work / apk.stem
        folder.mkdir(parents=True, exist_ok=True)
        saved = folder / "saved.json"
        audit = [given.binary, "audit", apk, "--function", "online-shopping", "--format", "json", "--lang", "zh,en", "-o", saved]
        ran = subprocess.run(audit, capture_output=True, text=True)
        if not saved.is_file():
            print(f"{apk.name}: no report ({ran.returncode}): {ran.stderr.strip()}")
            continue
        record = json.loads(saved.read_text("utf-8"))
        for language in LANGUAGES:
            out = folder / language
            forms = "sarif,cyclonedx,junit,github,markdown,csv"
            subprocess.run([given.binary, "convert", saved, "--to", forms, "--out", out, "--lang", language], check=True)
            results = [
                *sarif(out / "report.sarif", record, schema, given.multitool),
                *cyclonedx(out / "report.cdx.json", record),
                *junit(out / "report.junit.xml", record, xsd),
                *github(out / "report.github.txt", record),
                *markdown(out / "report.md", record),
                *table(out / "report.csv", record),
            ]
            checks += len(results)
            for good, what in results:
                if not good:
                    wrong += 1
                    print(f"{apk.name} {language}: {what}")
        print(f"{apk.name}: {len(record['findings'])} findings, {len(record['sdks'])} SDKs, complete: {record['coverage']['complete']}")
    print(f"{checks} checks, {wrong} wrong")
    sys.exit(1 if wrong or not checks else 0)


main()
