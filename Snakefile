# The workflow's front door: `snakemake --cores 8` in this folder runs the example of
# config/config.yaml, `snakemake --cores 8 --configfile mine.yaml` runs your own data.
include: "workflow/Snakefile"


# Rules that come in by `include:` are not default targets of this file.
rule danq:
    default_target: True
    input:
        rules.all.input,
