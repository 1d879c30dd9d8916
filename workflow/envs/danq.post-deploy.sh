#!/bin/sh
# Installs the package into the environment of danq.yaml. Editable: the rules run the code of the
# checkout as it is, not as it was when the environment was made.
set -eu
python -m pip install --editable "${DANQ_SOURCE:?is set by workflow/rules/common.smk}[workflow]"
