#!/bin/sh
# Make the virtual environment of the project from the hashed lock.
# usage: tools/setup.sh PYTHON FOLDER
# uv where it can be had (seconds), pip else (a minute or two). Byte-compiled either way:
# without it every kernel would compile every import again.
set -eu
python=$1
venv=$2

"$python" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || {
    echo "onearm is locked for Python 3.11; $python is $("$python" -V). Name one: make PYTHON=/path/to/python3.11" >&2
    exit 2
}
unset PYTHONDONTWRITEBYTECODE || true
rm -rf "$venv"
if ! "$python" -c 'import ensurepip' 2>/dev/null && command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
    # Debian keeps what a virtual environment needs in a package of its own.
    echo "installing python3.11-venv, without which $python makes no virtual environment" >&2
    apt-get update -qq && apt-get install -y -qq python3.11-venv >/dev/null
fi
"$python" -m venv "$venv"
uv=$(command -v uv || true)
if [ -z "$uv" ] && "$venv/bin/pip" install -q --disable-pip-version-check "uv>=0.8"; then
    # Set aside: the lock decides what is in the environment, and would remove it.
    uv=$venv/uv
    mv "$venv/bin/uv" "$uv"
fi
# The machine's own certificates, which pip trusts already.
export UV_SYSTEM_CERTS=1 UV_NATIVE_TLS=1
if [ -z "$uv" ] || ! "$uv" pip sync -q --python "$venv/bin/python" --compile-bytecode \
    --require-hashes requirements.lock; then
    "$venv/bin/python" -m pip install -q --disable-pip-version-check --require-hashes \
        -r requirements.lock
fi
"$venv/bin/python" -m pip install -q --disable-pip-version-check --no-deps \
    --no-build-isolation -e .
touch "$venv/.ready"
