#!/usr/bin/env python3
"""Writes tests/it/expected/<app>-smali.txt: every instruction of the sample's classes.dex as two tools of others see it.

Place and words are those of `dexdump -d`, the notation is that of baksmali (Debian: dexdump, libsmali-java).

    tests/case/expect.py samples/apps/shop/shop.apk tests/it/expected/shop-smali.txt
"""
import pathlib, re, subprocess, sys, tempfile, zipfile

apk, out = sys.argv[1:]
with tempfile.TemporaryDirectory() as folder:
    dex = pathlib.Path(folder, "classes.dex")
    dex.write_bytes(zipfile.ZipFile(apk).read("classes.dex"))
    smali = pathlib.Path(folder, "out")
    subprocess.run(["java", "-cp", "/usr/share/java/*", "org.jf.baksmali.Main", "d", "--parameter-registers", "false",
                    "--debug-info", "false", "--accessor-comments", "false", "--code-offsets", str(dex), "-o", str(smali)], check=True)
    notation = {}
    for file in smali.rglob("*.smali"):
        owner = method = unit = None
        for line in file.read_text().splitlines():
            text = line.strip()
            if text.startswith(".class "):
                owner = text.split()[-1]
            elif text.startswith(".method "):
                method = text.split()[-1]
            elif re.fullmatch(r"#@[0-9a-f]+", text):
                unit = int(text[2:], 16)
            elif re.match(r"\.(array-data|packed-switch|sparse-switch)", text):
                unit = None  # a payload is no instruction
            elif unit is not None and text and text[0] not in ".:#":
                notation[f"{owner}->{method}", unit] = re.sub(r"    #.*$", "", text)
                unit = None
    lines, where, used = [], None, set()
    for line in subprocess.run(["dexdump", "-d", str(dex)], check=True, capture_output=True, text=True).stdout.splitlines():
        # "[001f78] com.a.B.name:(I)V" begins a method
        if begins := re.search(r"\|\[[0-9a-f]+\] (.*)\.([^.:]+):(\(.*)$", line):
            where = f"L{begins[1].replace('.', '/')};->{begins[2]}{begins[3]}"
        elif insn := re.match(r"([0-9a-f]{6}): ((?:[0-9a-f]{4} ?)+)\s*\|([0-9a-f]{4}): (.*)$", line):
            unit = int(insn[3], 16)
            if (where, unit) in notation:
                used.add((where, unit))
                lines.append(f"{int(insn[1], 16):08x}  {unit:04x}  {insn[2].strip():<24}  {notation[where, unit]}")
assert used == set(notation), set(notation) - used
pathlib.Path(out).write_text("\n".join(sorted(lines)) + "\n")
print(len(lines), "instructions")
