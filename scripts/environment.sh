#!/usr/bin/env bash
# Make the environment in .venv from venv_requirements/NAME.txt (train where no name is given), or leave it if it stands.
#   scripts/environment.sh [train|dev|gpu]
#   PYTHON=python3.12 scripts/environment.sh      with that interpreter
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
name=${1:-train}
venv=$root/.venv
case $name in
train | dev | gpu) ;;
*)
  echo "environment: train, dev or gpu can be made here. Received: $name (board environments: see venv_requirements/)" >&2
  exit 2
  ;;
esac

# The stamp is written last, so that an interrupted or outdated installation is taken up again.
contents() { cat "$root/venv_requirements/train.txt" "$root/venv_requirements/$1.txt" "$root/setup.cfg" | cksum; }
stands() { [ "$(cat "$venv/.tfgait-$1" 2>/dev/null)" = "$(contents "$1")" ]; }
if stands "$name" || { [ "$name" = train ] && { stands dev || stands gpu; }; }; then exit 0; fi

suits() { "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; }
for python in "${PYTHON:-python3.11}" python3.12 python3.13 python3 python none; do suits "$python" && break; done
[ "$python" != none ] || { echo "environment: no Python 3.11, 3.12 or 3.13 found; name one with PYTHON=…" >&2; exit 2; }

echo "environment: installing venv_requirements/$name.txt into .venv with $("$python" --version) (2.6 GB, one to five minutes)" >&2
"$python" -m venv "$venv" || { echo "environment: '$python -m venv' failed (Debian, Ubuntu: apt-get install python3-venv)" >&2; exit 2; }
pip() { "$venv/bin/python" -m pip install --quiet --disable-pip-version-check "$@" >&2; }
pip -r "$root/venv_requirements/$name.txt"
pip --no-deps -e "$root"
contents "$name" >"$venv/.tfgait-$name"
echo "environment: ready; 'source .venv/bin/activate' puts it on the PATH" >&2
