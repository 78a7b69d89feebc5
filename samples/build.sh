#!/usr/bin/env bash
# Builds the sample apps of samples/apps/ from their Java source.
#
#   samples/build.sh tools DIR      fetches the tools that the machine's own
#                                   release does not have, prints the settings
#   samples/build.sh [--out DIR] [NAME ...]
#                                   builds all apps, or the named ones, into DIR
#                                   (default: beside their sources)
#
# Tools, from the environment or from PATH:
#   AAPT2 ZIPALIGN JAVA JAVAC KEYTOOL ZIP UNZIP   commands
#   APKSIGNER      command, release 33 or later (v3.1 signatures)
#   R8_JAR         jar with com.android.tools.r8.D8 and .R8 (bundletool's has both)
#   BUNDLETOOL_JAR jar of bundletool (default: R8_JAR)
#   ANDROID_JAR    framework classes of API 23 to compile against
#   FRAMEWORK_RES  framework-res.apk for aapt2, API 29 or later
#   KEYS           folder for the keys (default: made anew and thrown away)
#
# Keys are made here and never committed, so a rebuilt APK differs from the
# committed one in its signature; samples/apps/RECIPE.md lists the committed ones.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
apps=$here/apps
pass=samplepass

fail() { echo "build.sh: $*" >&2; exit 2; }

# --- tools that another Debian suite or PyPI delivers ------------------------

get_tools() {
    local dir=$1 apt
    mkdir -p "$dir"
    dir=$(cd "$dir" && pwd)
    apt=$dir/apt
    mkdir -p "$apt"/{parts,lists/partial,cache/archives/partial} "$dir/debs" "$dir/root"
    # The machine's own sources, with another suite: the mirror serves all of them.
    ls /etc/apt/sources.list.d/*.sources >/dev/null 2>&1 || fail "no *.sources file to derive one from"
    awk 'BEGIN { RS = ""; ORS = "\n\n" } /debian/ && !/-security/' /etc/apt/sources.list.d/*.sources |
        sed -e 's/^Types:.*/Types: deb/' -e 's/^Suites:.*/Suites: trixie sid/' > "$apt/parts/other.sources"
    local set=(-o Dir::Etc::SourceList=/dev/null -o "Dir::Etc::SourceParts=$apt/parts"
               -o "Dir::State::Lists=$apt/lists" -o "Dir::Cache=$apt/cache"
               -o APT::Sandbox::User= -o Acquire::Languages=none)
    apt-get "${set[@]}" update >&2
    # Architecture all: they are unpacked, not installed.
    (cd "$dir/debs" && apt-get "${set[@]}" download apksigner libapksig-java libandroid-23-java/sid >&2)
    local deb
    for deb in "$dir"/debs/*.deb; do dpkg-deb -x "$deb" "$dir/root"; done
    pip download --quiet --no-deps --only-binary :all: -d "$dir" mobsf==4.4.0 >&2
    unzip -q -o -j "$dir"/mobsf-4.4.0-*.whl 'mobsf/StaticAnalyzer/tools/bundletool-all-*.jar' -d "$dir"
    rm -f "$dir"/mobsf-4.4.0-*.whl
    local java=$dir/root/usr/share/java
    printf 'java -cp "%s:%s" com.android.apksigner.ApkSignerTool "$@"\n' "$java/apksigner.jar" "$java/apksig.jar" > "$dir/apksigner"
    sed -i '1i #!/bin/sh' "$dir/apksigner"
    chmod +x "$dir/apksigner"
    echo "export APKSIGNER=$dir/apksigner"
    echo "export R8_JAR=$(ls "$dir"/bundletool-all-*.jar)"
    echo "export ANDROID_JAR=$java/com.android.android-23.jar"
}

need_command() {
    local -n variable=$1
    variable=${variable:-$2}
    command -v "$variable" >/dev/null 2>&1 || fail "$variable not found: $3, or set $1"
}

need_file() {
    local -n variable=$1
    [ -n "${variable:-}" ] || fail "$1 is not set: $2"
    [ -r "$variable" ] || fail "$1=$variable cannot be read: $2"
}

check_tools() {
    local hint="see 'samples/build.sh tools DIR'"
    need_command AAPT2 aapt2 "Debian package aapt"
    need_command ZIPALIGN zipalign "Debian package zipalign"
    need_command APKSIGNER apksigner "Debian package apksigner of release 33 or later ($hint)"
    need_command JAVA java "a JDK, 17 or later"
    need_command JAVAC javac "a JDK, 17 or later"
    need_command KEYTOOL keytool "a JDK, 17 or later"
    need_command ZIP zip "Debian package zip"
    need_command UNZIP unzip "Debian package unzip"
    need_file R8_JAR "a jar with D8 and R8 ($hint)"
    BUNDLETOOL_JAR=${BUNDLETOOL_JAR:-$R8_JAR}
    need_file BUNDLETOOL_JAR "bundletool ($hint)"
    need_file ANDROID_JAR "Debian package libandroid-23-java ($hint)"
    FRAMEWORK_RES=${FRAMEWORK_RES:-/usr/share/android-framework-res/framework-res.apk}
    need_file FRAMEWORK_RES "Debian package android-framework-res"
}

# --- steps -------------------------------------------------------------------

key() { # NAME CN: a key store of its own for every sample
    [ -f "$KEYS/$1.p12" ] || "$KEYTOOL" -genkeypair -storetype PKCS12 -keystore "$KEYS/$1.p12" \
        -storepass "$pass" -alias sample -keyalg RSA -keysize 2048 -validity 36500 \
        -dname "CN=$2, O=permscope samples, C=CN" 2>/dev/null
}

resources() { # WORK SOURCE ARGUMENT...: base.apk, R.java, keep rules
    local work=$1 source=$2 compiled=()
    shift 2
    mkdir -p "$work/gen"
    if [ -d "$source/res" ]; then
        "$AAPT2" compile --dir "$source/res" -o "$work/res.zip"
        compiled=("$work/res.zip")
    fi
    "$AAPT2" link --warn-manifest-validation -o "$work/base.apk" -I "$FRAMEWORK_RES" \
        --manifest "$source/AndroidManifest.xml" --java "$work/gen" --proguard "$work/keep.pro" "$@" "${compiled[@]}" \
        2>&1 | grep -v ': warn: unexpected element <queries>' >&2 || [ "${PIPESTATUS[0]}" = 0 ]
}

classes() { # WORK SOURCE [CLASSPATH]: classes.jar
    local work=$1 source=$2 path=$ANDROID_JAR${3:+:$3}
    mkdir -p "$work/cls"
    find "$source/src" "$work/gen" -name '*.java' | LC_ALL=C sort > "$work/sources.list"
    "$JAVAC" -nowarn -proc:none --release 8 -Xlint:-options -encoding UTF-8 -cp "$path" -d "$work/cls" "@$work/sources.list" \
        2> "$work/javac.log" || { cat "$work/javac.log" >&2; return 1; }
    (cd "$work/cls" && find . -exec touch -d @315532800 {} + && "$ZIP" -qXr "$work/classes.jar" .)
}

dex() { # WORK MIN INPUT...: classes.dex by D8
    local work=$1 min=$2
    shift 2
    mkdir -p "$work/dex"
    "$JAVA" -cp "$R8_JAR" com.android.tools.r8.D8 --release --min-api "$min" --lib "$ANDROID_JAR" --output "$work/dex" "$@"
}

shrunk_dex() { # WORK MIN RULES: classes.dex by R8
    mkdir -p "$1/dex"
    "$JAVA" -cp "$R8_JAR" com.android.tools.r8.R8 --release --min-api "$2" --lib "$ANDROID_JAR" \
        --pg-conf "$3" --pg-conf "$1/keep.pro" --pg-map-output "$1/mapping.txt" --output "$1/dex" "$1/classes.jar"
}

pack() { # WORK: aligned.apk
    cp "$1/base.apk" "$1/unaligned.apk"
    (cd "$1/dex" && find . -exec touch -d @315532800 {} + && "$ZIP" -qXD "$1/unaligned.apk" classes*.dex)
    "$ZIPALIGN" -f -p 4 "$1/unaligned.apk" "$1/aligned.apk"
}

sign() { # IN OUT KEY ARGUMENT...
    local in=$1 out=$2 key=$3
    shift 3
    "$APKSIGNER" sign --ks "$KEYS/$key.p12" --ks-pass "pass:$pass" --v4-signing-enabled false "$@" --out "$out" "$in"
}

verify() { # APK SCHEME...: exactly these schemes verify
    local apk=$1 found
    shift
    # v1 shows only if the range of levels reaches below 24.
    found=$("$APKSIGNER" verify -v --min-sdk-version "${LOWEST:-21}" "$apk" | sed -n 's/^Verified using \(v[0-9.]*\) scheme .*: true$/\1/p' | tr '\n' ' ')
    [ "$found" = "$* " ] || fail "$apk: signed by '$found', wanted '$* '"
}

put() { # FILE NAME: into the output folder of a sample
    local dir=${OUT:-$apps}
    mkdir -p "$dir/$(dirname "$2")"
    cp "$1" "$dir/$2"
}

# --- the samples -------------------------------------------------------------

build_shop() {
    local work=$1
    key shop "Choice Mall"
    resources "$work" "$apps/shop"
    classes "$work" "$apps/shop"
    dex "$work" 21 "$work/classes.jar"
    pack "$work"
    sign "$work/aligned.apk" "$work/shop.apk" shop --v1-signing-enabled true --v2-signing-enabled true --v3-signing-enabled false
    verify "$work/shop.apk" v1 v2
    put "$work/shop.apk" shop/shop.apk
}

build_shop_r8() {
    local work=$1
    key shop "Choice Mall"
    resources "$work" "$apps/shop"
    classes "$work" "$apps/shop"
    shrunk_dex "$work" 21 "$apps/shop-r8/rules.pro"
    pack "$work"
    sign "$work/aligned.apk" "$work/shop-r8.apk" shop --v1-signing-enabled true --v2-signing-enabled true --v3-signing-enabled false
    verify "$work/shop-r8.apk" v1 v2
    put "$work/shop-r8.apk" shop-r8/shop-r8.apk
    put "$work/mapping.txt" shop-r8/mapping.txt
}

build_flashlight() {
    local work=$1
    key flashlight "Flashlight"
    resources "$work" "$apps/flashlight"
    classes "$work" "$apps/flashlight"
    dex "$work" 24 "$work/classes.jar"
    pack "$work"
    sign "$work/aligned.apk" "$work/flashlight.apk" flashlight \
        --v1-signing-enabled false --v2-signing-enabled true --v3-signing-enabled true
    LOWEST=24 verify "$work/flashlight.apk" v2 v3
    put "$work/flashlight.apk" flashlight/flashlight.apk
}

build_parking() {
    local work=$1
    key parking "Parking Pay"
    resources "$work" "$apps/parking"
    classes "$work" "$apps/parking"
    dex "$work" 23 "$work/classes.jar"
    pack "$work"
    sign "$work/aligned.apk" "$work/parking.apk" parking --v1-signing-enabled true --v2-signing-enabled true --v3-signing-enabled false
    verify "$work/parking.apk" v1 v2
    put "$work/parking.apk" parking/parking.apk
}

# One source, four ways to sign it.
build_hello() {
    local work=$1
    key hello "Hello"
    key hello-next "Hello next key"
    resources "$work" "$apps/hello"
    classes "$work" "$apps/hello"
    dex "$work" 21 "$work/classes.jar"
    pack "$work"
    sign "$work/aligned.apk" "$work/hello-v1.apk" hello --v1-signing-enabled true --v2-signing-enabled false --v3-signing-enabled false
    verify "$work/hello-v1.apk" v1
    put "$work/hello-v1.apk" hello/hello-v1.apk
    "$APKSIGNER" rotate --out "$work/lineage" \
        --old-signer --ks "$KEYS/hello.p12" --ks-pass "pass:$pass" --new-signer --ks "$KEYS/hello-next.p12" --ks-pass "pass:$pass"
    # Rotated at API 33: the old key in v1, v2 and v3, the new one in v3.1.
    rotated 33 "$work/hello-v31.apk"
    verify "$work/hello-v31.apk" v1 v2 v3 v3.1
    put "$work/hello-v31.apk" hello/hello-v31.apk
    # Rotated at API 28: the old key in v1 and v2, the new one in v3.
    rotated 28 "$work/hello-rotated.apk"
    verify "$work/hello-rotated.apk" v1 v2 v3
    put "$work/hello-rotated.apk" hello/hello-rotated.apk
}

rotated() { # LEVEL OUT
    "$APKSIGNER" sign --v4-signing-enabled false --lineage "$work/lineage" --rotation-min-sdk-version "$1" \
        --v1-signing-enabled true --v2-signing-enabled true --v3-signing-enabled true \
        --ks "$KEYS/hello.p12" --ks-pass "pass:$pass" \
        --next-signer --ks "$KEYS/hello-next.p12" --ks-pass "pass:$pass" --out "$2" "$work/aligned.apk"
}

# An app bundle: base with two DEX files, a language split, a feature module.
build_multi() {
    local work=$1 base=$1/base notes=$1/notes
    key multi "Pocket Reader"
    mkdir -p "$base" "$notes"
    resources "$base" "$apps/multi/base" --proto-format
    classes "$base" "$apps/multi/base"
    # Two DEX files: com.example.reader.store is the second one.
    mkdir -p "$base/second"
    (cd "$base/cls" && "$ZIP" -qXr "$base/first.jar" . -x 'com/example/reader/store/*' && "$ZIP" -qXr "$base/second.jar" com/example/reader/store)
    dex "$base" 21 --classpath "$base/second.jar" "$base/first.jar"
    "$JAVA" -cp "$R8_JAR" com.android.tools.r8.D8 --release --min-api 21 --lib "$ANDROID_JAR" --output "$base/second" "$base/second.jar"
    mv "$base/second/classes.dex" "$base/dex/classes2.dex"
    module "$base" "$work/base.zip"
    # The feature's resources link against the base as an installed app has it.
    mkdir -p "$work/plain"
    resources "$work/plain" "$apps/multi/base"
    resources "$notes" "$apps/multi/notes" --proto-format --package-id 0x80 -I "$work/plain/base.apk"
    classes "$notes" "$apps/multi/notes" "$base/classes.jar"
    dex "$notes" 21 --classpath "$base/classes.jar" "$notes/classes.jar"
    module "$notes" "$work/notes.zip"
    app_set "$work" one false
    app_set "$work" two true
    put "$work/one/splits/base-master.apk" multi/base.apk
    put "$work/one/splits/base-zh.apk" multi/split_config.zh.apk
    put "$work/one/splits/notes-master.apk" multi/split_notes.apk
    put "$work/one.apks" multi/multi.apks
    put "$work/two.apks" multi/multi-variants.apks
}

# WORK NAME VARIANTS: the set of APKs that bundletool makes of the modules. With
# "true" there is a second base and a second feature, for Android 10 and later.
app_set() {
    local dir=$1/$2 apk name
    printf '{"optimizations":{"splitsConfig":{"splitDimension":[{"value":"LANGUAGE"}]},"uncompressDexFiles":{"enabled":%s}}}\n' "$3" > "$dir.json"
    "$JAVA" -jar "$BUNDLETOOL_JAR" build-bundle --config="$dir.json" --modules="$1/base.zip,$1/notes.zip" --output="$dir.aab"
    "$JAVA" -jar "$BUNDLETOOL_JAR" build-apks --bundle="$dir.aab" --output="$dir.bundletool.apks" --aapt2="$(command -v "$AAPT2")" \
        --ks="$KEYS/multi.p12" --ks-pass="pass:$pass" --ks-key-alias=sample --mode=default
    mkdir -p "$dir/splits" "$dir.raw"
    "$UNZIP" -q "$dir.bundletool.apks" -d "$dir.raw"
    cp "$dir.raw/toc.pb" "$dir/"
    # bundletool signs without v3: sign again, all with the one key.
    for apk in "$dir.raw"/splits/*.apk; do
        name=$(basename "$apk")
        sign "$apk" "$dir/splits/$name" multi --min-sdk-version 21 \
            --v1-signing-enabled true --v2-signing-enabled true --v3-signing-enabled true
        verify "$dir/splits/$name" v1 v2 v3
    done
    find "$dir" -exec touch -d @315532800 {} +
    (cd "$dir" && "$ZIP" -qX "$([ "$3" = true ] && echo -9 || echo -0)" "$dir.apks" toc.pb splits/*.apk)
}

module() { # WORK OUT: a module of an app bundle
    local dir=$1/module
    mkdir -p "$dir"
    "$UNZIP" -q "$1/base.apk" -d "$dir"
    mkdir -p "$dir/manifest" "$dir/dex"
    mv "$dir/AndroidManifest.xml" "$dir/manifest/"
    cp "$1"/dex/classes*.dex "$dir/dex/"
    (cd "$dir" && find . -exec touch -d @315532800 {} + && "$ZIP" -qXr "$2" .)
}

# --- main --------------------------------------------------------------------

if [ "${1:-}" = tools ]; then
    [ $# = 2 ] || fail "usage: build.sh tools DIR"
    get_tools "$2"
    exit 0
fi
OUT=
if [ "${1:-}" = --out ]; then
    [ $# -ge 2 ] || fail "--out needs a folder"
    mkdir -p "$2"
    OUT=$(cd "$2" && pwd)
    shift 2
fi
[ $# -gt 0 ] || set -- shop shop-r8 flashlight parking hello multi
check_tools
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
KEYS=${KEYS:-$work/keys}
mkdir -p "$KEYS"
KEYS=$(cd "$KEYS" && pwd)
for name in "$@"; do
    build=build_${name//-/_}
    declare -F "$build" >/dev/null || fail "no sample called $name"
    mkdir -p "$work/$name"
    "$build" "$work/$name"
    echo "built $name"
done
