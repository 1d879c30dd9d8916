"""Where the published weights lie, and what they must hash to. Nothing else knows an address."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Source:
    """One published file.

    Attributes
    ----------
    kind
        What `danq import --from` calls it.
    file
        Its name.
    address
        Where it can be fetched.
    md5
        Its published MD5, None where no one has published any.
    """

    kind: str
    file: str
    address: str
    md5: str | None


_ZENODO = "https://zenodo.org/record/{record}/files/{file}?download=1"
_CBCL = "https://cbcl.ics.uci.edu/public_data/DanQ/{file}"


def _zenodo(kind: str, record: int, file: str, md5: str) -> Source:
    return Source(kind, file, _ZENODO.format(record=record, file=file), md5)


def _cbcl(kind: str, file: str) -> Source:
    return Source(kind, file, _CBCL.format(file=file), None)


SOURCES: dict[str, Source] = {
    source.kind: source
    for source in (
        # The DanQ repository's README links the files and gives no checksum.
        _cbcl("danq", "DanQ_bestmodel.hdf5"),
        _cbcl("danq-jaspar", "DanQ-JASPAR_bestmodel.hdf5"),
        # The next three: Kipoi's model.yaml of DeepSEA/predict, variantEffects and beluga.
        _zenodo("deepsea", 1466993, "deepsea_predict.pth", "89e640bf6bdbe1ff165f484d9796efc7"),
        _zenodo(
            "deepsea-variant-effects",
            1466993,
            "deepsea_variant_effects.pth",
            "35956ab9c28960b5a3693f470fe980c1",
        ),
        _zenodo("beluga", 3402406, "deepsea.beluga.pth", "62360f2db4ac96554d28d058b50ab654"),
    )
}
"""The known files, by kind."""

KINDS = (*SOURCES, "selene-deepsea", "keras")
"""All that can be imported. Selene's and Keras's files are their users' own: none is published."""


def sources_table() -> str:
    """Write the known files as tab-separated text: kind, file, MD5 (NA where unknown), address."""
    rows = [("kind", "file", "md5", "address")]
    rows += [(s.kind, s.file, s.md5 or "NA", s.address) for s in SOURCES.values()]
    return "".join("\t".join(row) + "\n" for row in rows)
