"""Where scores come from: attributes of score files, and what blocks depend on."""

from collections.abc import Mapping
from typing import Any

from danq.genome.reference import Reference
from danq.scoring.plan import Plan
from danq.scoring.scorers.effects import UNITS
from danq.vcf.info import printable


def describe_origin(plan: Plan, reference: Reference, **more: Any) -> dict[str, Any]:
    """Report where scores come from; of `more` None and False are left out."""
    from danq import __version__

    ensemble, background = plan.ensemble, plan.background
    if background is not None:
        more["background"] = background.path.name
        more["background_checksum"] = background.checksum
        more["background_variants"] = background.variants
    return {
        "version": __version__,
        "model": printable(ensemble.name),
        "model_checksum": ensemble.checksum,
        "genome": printable(str(reference.path)),
        "genome_checksum": reference.checksum,
        "window": ensemble.window,
        "ref_mismatch": plan.options.ref_mismatch,
        "precision": plan.options.precision,
        "units": UNITS,
        **{
            name: printable(value) if isinstance(value, str) else value
            for name, value in more.items()
            if value not in (None, False)
        },
    }


_NO_MATTER = (
    "model",
    "genome",
    "ref_mismatch",
    "drop_samples",
    "info",
    "units",
    "background",
    "background_variants",
)


def identity_of(said: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the numbers of a block depend on, its records aside."""
    return {key: value for key, value in said.items() if key not in _NO_MATTER}
