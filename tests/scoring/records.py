"""Records of tests: written to a VCF, declared for BCF, and read from what scoring wrote."""

import gzip

DECLARATIONS = b"""##contig=<ID=chr1>
##INFO=<ID=N,Number=1,Type=Integer,Description="number">
##FORMAT=<ID=GT,Number=1,Type=String,Description="genotype">
"""


def declare(vcf):
    """Add to the header of `run_vcf` what BCF needs."""
    vcf.write_bytes(vcf.read_bytes().replace(b"#CHROM", DECLARATIONS + b"#CHROM"))


def as_vcf(write_vcf, alleles, name="b.vcf", more=()):
    """Write alleles, each a record of its own."""
    rows = [(c, pos, ".", ref, alt, ".", ".", ".") for c, pos, ref, alt in alleles]
    return write_vcf(*rows, *more, name=name)


def lines_of(path):
    """Return the columns of each record."""
    data = path.read_bytes()
    text = (gzip.decompress(data) if path.suffix == ".gz" else data).decode()
    return [line.split("\t") for line in text.splitlines() if not line.startswith("#")]


def fields_of(row):
    """Return danq's INFO fields of a record."""
    return dict(field.split("=") for field in row[7].split(";") if field.startswith("DANQ_"))
