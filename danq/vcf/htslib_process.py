"""htslib at work in a process of its own: ``python htslib_process.py TASK …``.

It imports nothing of danq, so that it starts within a tenth of a second. `danq.vcf.htslib`
starts it, and reads from standard error why it failed.
"""

import resource
import signal
import sys

import pysam
import pysam.bcftools

_MEMORY = 4 << 30
"""A record whose damaged length says gigabytes ends in an error here."""


def print_records(options: list[str]) -> None:
    """Print standard input, VCF or BCF, as the VCF text that ``bcftools view`` prints.

    ``--drop-samples`` leaves FORMAT and samples out.
    """
    out = sys.stdout.buffer
    try:
        source = pysam.VariantFile("-")
        columns = 8 + bool(source.header.samples) + len(source.header.samples)
        if "--drop-samples" in options:
            source.subset_samples([])
            columns = 8
        out.write(str(source.header).encode())
        for record in source:
            line = str(record)
            if line.count("\n") != 1 or line.count("\t") >= columns:
                raise ValueError("a text in it holds a tab or a line break")
            out.write(line.encode())
    finally:
        out.flush()


def convert(options: list[str]) -> None:
    """Convert a VCF on standard input into BCF on standard output.

    Parameters
    ----------
    options
        A file of header lines to add, if there are any.
    """
    arguments = ["--no-version", "-Ob", "-o", "-", "-"]
    if options:
        pysam.bcftools.annotate("-h", options[0], *arguments, catch_stdout=False)
    else:
        pysam.bcftools.view(*arguments, catch_stdout=False)


def count(options: list[str]) -> None:
    """Print the number of records that the index beside a VCF or BCF tells of."""
    sys.stdout.write(pysam.bcftools.index("--nrecords", options[0]))


def main(task: str, options: list[str]) -> int:
    """Do a task; return the exit status."""
    # Ctrl-C reaches the whole group of processes; the one that started this one ends it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, resource.getrlimit(resource.RLIMIT_AS)[1]))
    pysam.set_verbosity(1)
    try:
        _TASKS[task](options)
    except BrokenPipeError:
        return 1
    except UnicodeDecodeError as error:
        sys.stderr.write(f"found byte {error.object[error.start]:#04x}, expected UTF-8 text\n")
    except MemoryError:
        sys.stderr.write("it takes too much memory\n")
    except (OSError, ValueError, pysam.SamtoolsError) as error:
        sys.stderr.write(f"{error}\n")
    else:
        return 0
    return 2


_TASKS = {"print": print_records, "convert": convert, "count": count}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
