#!/bin/sh
# Checks a case with the tools of others: minisign, openssl, sha256sum. Needs them and a built permscope.
#
#     tests/case/tools.sh target/release/permscope
set -eu
permscope=$1
root=$(cd "$(dirname "$0")/../.." && pwd)
app=$root/samples/apps/shop/shop.apk
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
fail() { echo "FAILED: $1" >&2; exit 1; }

"$permscope" key new --out office.key --no-password
"$permscope" case "$app" --out case --key office.key --function 网上购物 --operator 张三 --case-ref 2026-1 \
    --acquired-from 示例应用商店 --acquired-at 2026-11-28T10:00:00+08:00

echo "- signature, with minisign"
minisign -V -q -p office.key.pub -m case/statement.json || fail "minisign refuses our signature"
printf ' ' >>case/statement.json
if minisign -V -q -p office.key.pub -m case/statement.json 2>/dev/null; then fail "minisign takes a changed statement"; fi
truncate -s -1 case/statement.json

echo "- keys and signatures of minisign"
minisign -G -W -p theirs.pub -s theirs.key >/dev/null
"$permscope" case "$app" --out theirs --key theirs.key --operator 张三 --case-ref 2 --acquired-from x --acquired-at y
minisign -V -q -p theirs.pub -m theirs/statement.json || fail "minisign refuses a signature by its own key"
minisign -S -s theirs.key -m theirs/statement.json >/dev/null
"$permscope" verify theirs "$app" --pubkey theirs.pub >/dev/null || fail "a signature of minisign is refused"

echo "- digests, with sha256sum and openssl"
grep -c '^case' case/hashes.tsv
tail -n +2 case/hashes.tsv | while IFS="$(printf '\t')" read -r what name bytes sha256 sm3; do
    case $what in app) file=$app ;; *) file=case/$name ;; esac
    [ "$(wc -c <"$file")" = "$bytes" ] || fail "$name: size"
    [ "$(sha256sum <"$file" | cut -d' ' -f1)" = "$sha256" ] || fail "$name: SHA-256"
    [ "$(openssl dgst -sm3 -r <"$file" | cut -d' ' -f1)" = "$sm3" ] || fail "$name: SM3"
done

echo "- time stamp, with a test authority"
openssl ts -query -in case/request.tsq -text >query.txt 2>/dev/null
grep -q 'Hash Algorithm: sha256' query.txt || fail "openssl does not read the request"
cat >tsa.cnf <<'CNF'
[req]
distinguished_name = dn
prompt = no
[dn]
CN = Test authority
[ext]
extendedKeyUsage = critical,timeStamping
[tsa]
default_tsa = office
[office]
serial = serial
crypto_device = builtin
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
CNF
echo 01 >serial
openssl req -x509 -newkey rsa:2048 -nodes -keyout tsa.key -out tsa.pem -days 2 -config tsa.cnf -extensions ext 2>/dev/null
openssl ts -reply -config tsa.cnf -section office -queryfile case/request.tsq -signer tsa.pem -inkey tsa.key \
    -out case/response.tsr 2>/dev/null || fail "the authority refuses the request"
openssl ts -verify -data case/statement.json -in case/response.tsr -CAfile tsa.pem 2>/dev/null | grep -q 'Verification: OK' ||
    fail "the stamp is not over the statement"
if openssl ts -verify -data case/report.json -in case/response.tsr -CAfile tsa.pem >/dev/null 2>&1; then
    fail "the stamp is over anything"
fi
"$permscope" verify case "$app" --pubkey office.key.pub || fail "a stamped case is refused"
echo "all as it should be"
