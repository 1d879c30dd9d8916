"""`danq explain`: what each base does to a prediction."""

import argparse
from typing import Any

from danq.cli.options import (
    PREDICTED,
    add_batch_size,
    add_genome,
    add_means,
    add_model,
    add_ref_mismatch,
    add_resume,
    add_seed,
    add_sequences,
)
from danq.cli.parsing import (
    FilePath,
    InputFile,
    OutputFile,
    OutputFolder,
    arguments_of,
    number,
)
from danq.cli.streams import show
from danq.errors import counted
from danq.interpretation.methods.attribution import BASELINES, NUMBER, STEPS, UNITS
from danq.interpretation.options import METHODS, Options
from danq.outputs import ENDINGS, listed
from danq.ranges import BASES, COUNT


def add_parser(commands: Any) -> None:
    """Declare the options."""
    parser = commands.add_parser(
        "explain",
        help="explain predictions base by base",
        description="Compute what each base contributes to predictions for regions, sequences or "
        "both alleles of variants, averaged over both strands: by in-silico mutagenesis (ism), or "
        "by gradients. Files are in the layout that ChromBPNet's readers take.",
        epilog="examples:\n"
        "  danq explain --model danq.keras --genome hg19.fa.gz --regions peaks.bed \\\n"
        "      --targets CTCF --output ctcf.h5 --npz ctcf --bigwig tracks\n"
        "  danq explain --model danq.keras --genome hg19.fa.gz --vcf scored.vcf.gz --top 20 \\\n"
        "      --motifs JASPAR.meme --output variants.h5 --plot figures",
    )
    add_model(parser)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument(
        "--regions",
        type=InputFile("a BED file"),
        metavar="BED",
        help="BED or narrowPeak file of regions, on which windows are centred, with --genome",
    )
    what.add_argument(
        "--vcf",
        type=InputFile("a VCF or BCF file", or_standard_input=True),
        metavar="VCF",
        help="variants, both alleles of which to explain, with --genome: VCF or BCF, plain, gzip "
        "or bgzip, or - for standard input",
    )
    add_sequences(what)
    add_genome(parser, required=False, note=", with --regions or --vcf")
    parser.add_argument(
        "--output",
        type=OutputFile("contributions"),
        required=True,
        metavar="OUT",
        help=f"contributions to write, {listed(ENDINGS['contributions'])}; of several targets one "
        "file each, with the target's name before the ending",
    )
    _add_what(parser)
    _add_gradients(parser.add_argument_group("methods of gradients"))
    _add_variants(parser.add_argument_group("variants"))
    _add_outputs(parser.add_argument_group("more outputs"))
    parser.set_defaults(run=run)


def _add_what(parser: Any) -> None:
    parser.add_argument(
        "--method",
        choices=METHODS,
        default=Options.method,
        help="method: in-silico mutagenesis (ism) or gradients (default: %(default)s)",
    )
    add_means(parser, "explain")
    parser.add_argument(
        "--unit",
        choices=UNITS,
        default=Options.unit,
        help="unit of contributions (default: %(default)s)",
    )
    parser.add_argument(
        "--span",
        type=number(BASES),
        metavar="N",
        help="number of bases around the window's centre to explain (default: the whole window, of "
        "variants 201)",
    )
    add_batch_size(parser, PREDICTED)
    add_resume(parser)


def _add_gradients(group: Any) -> None:
    group.add_argument(
        "--baseline",
        choices=BASELINES,
        default=Options.baseline,
        help="where integrated gradients start: windows whose dinucleotides are shuffled, zero, or "
        "the mean, 1/4 in every channel (default: %(default)s)",
    )
    group.add_argument(
        "--baselines",
        type=number(NUMBER),
        metavar="N",
        help="number of shuffled baselines (default: 25, of expected gradients 200)",
    )
    group.add_argument(
        "--steps",
        type=number(STEPS),
        metavar="N",
        help="number of gradients for each baseline, of integrated gradients the largest (default: "
        "128, of a single baseline 512, of expected gradients 4)",
    )
    add_seed(group, Options.seed, Options.seed)


def _add_variants(group: Any) -> None:
    group.add_argument(
        "--top",
        type=number(COUNT),
        metavar="N",
        help="number of variants of a VCF of danq score to explain, those that change most "
        "(default: all variants)",
    )
    group.add_argument(
        "--motifs",
        type=InputFile("a MEME or JASPAR file"),
        metavar="FILE",
        help="motifs, MEME or JASPAR: those that a variant makes or breaks are written to a table "
        "beside OUT, .motifs.tsv, and named in figures",
    )
    add_ref_mismatch(group, "leave the record out and count it")


def _add_outputs(group: Any) -> None:
    group.add_argument(
        "--npz",
        type=FilePath(),
        metavar="PREFIX",
        help="prefix of arrays to write for TF-MoDISco, ending in .ohe.npz and .contributions.npz",
    )
    group.add_argument(
        "--bigwig",
        type=OutputFolder(),
        metavar="DIR",
        help="folder for a bigWig track of each target",
    )
    group.add_argument(
        "--plot",
        type=OutputFolder(),
        metavar="DIR",
        help="folder for figures: PNG, SVG and PDF of each region or variant and target",
    )


def run(options: argparse.Namespace) -> None:
    """Explain, and print what was explained."""
    from danq.interpretation import explain

    given = {**arguments_of(explain, options), **arguments_of(Options, options)}
    explanation = explain(**given)
    if explanation.summary is not None:
        show(str(explanation.summary))
    if explanation.completeness is not None:
        show(f"contributions sum to what they explain: {explanation.completeness}")
    for path in explanation.files:
        show(str(path))
    targets = counted(len(explanation.outputs), "target")
    show(f"{options.output}: explained {counted(explanation.count, 'window')} for {targets}")
