#!/usr/bin/env python3
"""Compares the tables of a run with its outcomes, through readers that share no code with the program.

    tests/batch/tables.py FOLDER [--json]

FOLDER holds `outcomes.ndjson` and the four `.parquet` files. `cargo test --test it tables` leaves a small
one in `target/tmp/tables-run`. Needs pyarrow, pandas and duckdb (pip install pyarrow pandas duckdb); holds the tables in memory.

Checked are: one line of `apps` for every line of `outcomes.ndjson`, in its order, with the same values in
every column that both have; that pyarrow, pandas and DuckDB read the same values from every table, lists as
lists; that the lines of the other tables are as many as `apps` says and belong to their app; that the counts
of findings and the rules are those of `findings`.

Exit status: 0; 1 if something differs; 2 on wrong use; 77 if a library is not installed.
"""

import argparse
import collections
import json
import pathlib
import sys

TABLES = ["apps", "permissions", "sdks", "findings"]
JUDGED = {"audited", "incomplete"}
SEVERITIES = ["high", "medium", "low", "info"]
# Shown before the rest is only counted.
MOST_SHOWN = 20
LARGEST = 2**63 - 1


def expected(number, outcome):
    """The columns of `apps` that follow from a line of `outcomes.ndjson` alone."""
    app, listed = outcome.get("app") or {}, outcome.get("listed") or {}
    judged = outcome["status"] in JUDGED
    code = app.get("version_code")
    row = {
        "number": number,
        "input": outcome["input"],
        "status": outcome["status"],
        "size": min(outcome["size"], LARGEST),
        "sha256": outcome.get("sha256") or None,
        "package": app.get("package") or None,
        "label": app.get("label") or None,
        "version": app.get("version") or None,
        # A signed number of 64 bits.
        "version_code": code - 2**64 if code is not None and code > LARGEST else code,
        "reasons": outcome.get("reasons", []),
        "listed_line": listed.get("line"),
        "functions": outcome.get("functions", []),
        "edition": outcome["edition"],
        "rules": outcome.get("rules", []) if judged else None,
    }
    for name in ["same_as", "killer", "catalogue_trouble", "report", "report_sha256", "facts"]:
        row[name] = outcome.get(name)
    for name in ["name", "developer", "store", "version"]:
        row[f"listed_{name}"] = listed.get(name) or None
    for name in SEVERITIES:
        row[name] = outcome.get("findings", {}).get(name, 0) if judged else None
    return row


def plain(value, missing):
    """A value of pandas as Python has it."""
    if value is None or value is missing:
        return None
    if hasattr(value, "tolist"):
        value = value.tolist()
    return list(value) if isinstance(value, (list, tuple)) else value


def compare(folder, pyarrow, parquet, pandas, duckdb):
    """Everything that differs, and how many lines each table has."""
    wrong = []
    tables = {}
    for name in TABLES:
        path = folder / f"{name}.parquet"
        table = parquet.read_table(path)
        rows = tables[name] = table.to_pylist()
        lists = [field.name for field in table.schema if pyarrow.types.is_list(field.type)]
        relation = duckdb.sql("SELECT * FROM read_parquet(?)", params=[str(path)])
        for column, kind in zip(relation.columns, relation.types):
            if (column in lists) != (str(kind) == "VARCHAR[]"):
                wrong.append(f"{name}.{column}: DuckDB says {kind}")
        if table.column_names != relation.columns:
            wrong.append(f"{name}: DuckDB has other columns")
        found = [dict(zip(relation.columns, line)) for line in relation.fetchall()]
        differ(wrong, f"{name}, DuckDB", rows, found)
        # Types of its own, so that a number that is not there does not make the others floating-point.
        frame = pandas.read_parquet(path, dtype_backend="pyarrow")
        found = [
            {column: plain(value, pandas.NA) for column, value in zip(frame.columns, line)}
            for line in frame.itertuples(index=False, name=None)
        ]
        differ(wrong, f"{name}, pandas", rows, found)
        if sum(group_rows(parquet, path)) != len(rows) or max(group_rows(parquet, path), default=0) > 20_000:
            wrong.append(f"{name}: row groups of {group_rows(parquet, path)}")

    with open(folder / "outcomes.ndjson", encoding="utf-8") as lines:
        outcomes = [json.loads(line) for line in lines if line.strip()]
    wanted = [expected(number, outcome) for number, outcome in enumerate(outcomes)]
    seen = [{name: app.get(name) for name in want} for want, app in zip(wanted, tables["apps"])]
    differ(wrong, "apps, outcomes.ndjson", wanted, seen)
    if len(tables["apps"]) != len(outcomes):
        wrong.append(f"apps: {len(tables['apps'])} lines, outcomes.ndjson {len(outcomes)}")

    children(wrong, tables)
    return wrong, {name: len(rows) for name, rows in tables.items()}


def group_rows(parquet, path):
    metadata = parquet.read_metadata(path)
    return [metadata.row_group(i).num_rows for i in range(metadata.num_row_groups)]


def differ(wrong, where, want, have):
    if len(want) != len(have):
        wrong.append(f"{where}: {len(have)} lines for {len(want)}")
    for number, (one, other) in enumerate(zip(want, have)):
        for name in one.keys() | other.keys():
            if one.get(name) != other.get(name):
                wrong.append(f"{where}: line {number}, {name}: {str(other.get(name))[:80]!r} for {str(one.get(name))[:80]!r}")


def children(wrong, tables):
    """The lines of the other tables belong to apps and are as many as these say."""
    for name in TABLES[1:]:
        counts = collections.Counter(row["number"] for row in tables[name])
        order = [row["number"] for row in tables[name]]
        if order != sorted(order) or not counts.keys() <= {app["number"] for app in tables["apps"]}:
            wrong.append(f"{name}: the lines are not in the order of the apps")
        for app in tables["apps"]:
            said = app.get(name)
            if name in app and (said or 0) != counts[app["number"]]:
                wrong.append(f"{name}: {counts[app['number']]} lines for app {app['number']}, which says {said}")
        owner = {app["number"]: (app["sha256"], app["package"]) for app in tables["apps"]}
        for row in tables[name]:
            if owner.get(row["number"]) != (row["sha256"], row["package"]):
                wrong.append(f"{name}: a line of app {row['number']} names another app")
    severities = collections.Counter((row["number"], row["severity"]) for row in tables["findings"])
    rules = collections.defaultdict(set)
    for row in tables["findings"]:
        rules[row["number"]].add(row["rule"])
    for app in tables["apps"]:
        for severity in SEVERITIES:
            if (app[severity] or 0) != severities[app["number"], severity]:
                wrong.append(f"apps: {app[severity]} {severity} for app {app['number']}, findings has others")
        if (app["rules"] or []) != sorted(rules[app["number"]]):
            wrong.append(f"apps: rules of app {app['number']} are not those of findings")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    given = parser.parse_args()
    missing = [name for name in ["outcomes.ndjson", *(f"{table}.parquet" for table in TABLES)] if not (given.folder / name).is_file()]
    if missing:
        print(f"{given.folder} has no {', '.join(missing)}", file=sys.stderr)
        return 2
    try:
        import duckdb
        import pandas
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        print(f"skipped: {error}; pip install pyarrow pandas duckdb", file=sys.stderr)
        return 77
    wrong, counts = compare(given.folder, pyarrow, pyarrow.parquet, pandas, duckdb)
    versions = {"pyarrow": pyarrow.__version__, "pandas": pandas.__version__, "duckdb": duckdb.__version__}
    if given.json:
        print(json.dumps({"lines": counts, "different": len(wrong), "versions": versions}))
    else:
        print(", ".join(f"{name} {version}" for name, version in versions.items()))
        print(", ".join(f"{name}: {count} lines" for name, count in counts.items()))
    for line in wrong[:MOST_SHOWN]:
        print(line, file=sys.stderr)
    if len(wrong) > MOST_SHOWN:
        print(f"and {len(wrong) - MOST_SHOWN} more", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
