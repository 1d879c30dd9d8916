"""The counts of a run, as a table of text."""

from danq.scoring.outputs.output import File, Output, Run
from danq.vcf.summary import Summary


class Counts(Output):
    """Writes what became of the input, with the columns what and count."""

    def __init__(self, file: File, run: Run) -> None:
        self._path = file.partial

    def finish(self, summary: Summary) -> None:
        """Write the table."""
        rows = [("what", "count"), *summary.rows()]
        self._path.write_text("".join(f"{what}\t{count}\n" for what, count in rows), "utf-8")
