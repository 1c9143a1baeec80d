#!/usr/bin/env bash
# The whole path on made people: walkers, training, test on people never seen, pruning, int8, one table, one HTML report.
#   scripts/demo.sh                       at most 12 minutes on 2 cores, the installation included
#   scripts/demo.sh --mocap FOLDER        and on real walks (ASF/AMC or BVH files) that you have
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
"$root/scripts/environment.sh"
export CUDA_VISIBLE_DEVICES=${CUDA_VISIBLE_DEVICES--1}
exec "$root/.venv/bin/python" -m tfgait.cli demo "$@"
