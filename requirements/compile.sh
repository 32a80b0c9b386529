#!/bin/sh
# Write the lock files of this folder from pyproject.toml: versions and hashes, no index address, for every Python we
# support. What is locked already stays unless --upgrade is given.
set -eu
cd "$(dirname "$0")/.."
uv=${UV:-uv}

lock() {
    out=requirements/$1.txt
    shift
    "$uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
        --no-header --no-annotate --no-build "$@" --output-file "$out" >/dev/null
    echo "$out: $(grep -c == "$out") packages"
}

lock run pyproject.toml "$@"
lock dev pyproject.toml --group test --group docs --constraint requirements/run.txt "$@"
lock bench pyproject.toml --group bench --constraint requirements/dev.txt "$@"
lock lock --group lock "$@"

# The build backend, and what hatchling needs to install this folder in place.
requires=$(mktemp)
trap 'rm -f "$requires"' EXIT
sed -n 's/^requires = \["\(.*\)"\]$/\1/p' pyproject.toml >"$requires"
echo editables >>"$requires"
lock build "$requires" --constraint requirements/dev.txt "$@"
