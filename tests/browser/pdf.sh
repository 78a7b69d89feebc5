#!/bin/sh
# The annex of a case as PDF: tests/browser/pdf.sh CASE/annex.zh.html annex.pdf
# Needs chromium and a Chinese font (Debian: chromium, fonts-noto-cjk or fonts-wqy-microhei).
set -eu
exec chromium --headless --no-sandbox --disable-gpu --no-pdf-header-footer --print-to-pdf="$2" "$1"
