#!/bin/sh
# See to it that there is a Chromium for tests/browser.
# usage: tools/chromium.sh PYTHON
# Where there is none, apt brings one (Debian, as root). Where it cannot, say what is left out;
# with ONEARM_BROWSER=required, as CI sets it, that is a failure.
set -eu
python=$1

found() {
    if [ -n "${ONEARM_CHROMIUM:-}" ]; then
        [ -x "$ONEARM_CHROMIUM" ]
        return
    fi
    for name in chromium chromium-browser google-chrome; do
        if command -v "$name" >/dev/null; then return; fi
    done
    "$python" -c 'if True:
        import pathlib
        from playwright.sync_api import sync_playwright
        with sync_playwright() as playwright:
            raise SystemExit(not pathlib.Path(playwright.chromium.executable_path).exists())' 2>/dev/null
}

if found; then exit 0; fi
if [ -z "${ONEARM_CHROMIUM:-}" ] && command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
    echo "installing chromium, which tests/browser drive" >&2
    export DEBIAN_FRONTEND=noninteractive
    # Named fonts: without any, a browser draws boxes, and nothing on a page has its width.
    if apt-get update -qq && apt-get install -y -qq --no-install-recommends \
        chromium fonts-dejavu-core fonts-liberation >/dev/null && found; then exit 0; fi
fi
cat >&2 <<'END'
There is no Chromium, so every test that drives one (tests/browser: loading, accessibility,
keyboard, print, hostile text, the explorer) is left out. To run them, install chromium or
google-chrome, or name one: ONEARM_CHROMIUM=/path/to/chromium
END
[ "${ONEARM_BROWSER:-}" != required ]
