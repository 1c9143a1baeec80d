#!/usr/bin/env bash
# Run the tests in .venv, which is made from venv_requirements/dev.txt if it is absent, in two processes (PROCESSES=4:
# in four). Arguments go to pytest.
#   scripts/test.sh                      all tests
#   scripts/test.sh tests/nets -k gait   some of them
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
scripts/environment.sh dev
export CUDA_VISIBLE_DEVICES=${CUDA_VISIBLE_DEVICES:--1} TF_CPP_MIN_LOG_LEVEL=${TF_CPP_MIN_LOG_LEVEL:-2}
# A file stays in one process, since what its tests share is made once.
exec .venv/bin/python -m pytest -n "${PROCESSES:-2}" --dist loadfile "$@"
