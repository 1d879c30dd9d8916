"""The workflow's config: what it must say, and whether the files that it names fit together.

`workflow/rules/common.smk` imports this room into Snakemake's own environment, where danq's
dependencies may be missing: besides danq's foundation only `danq.config.contents` needs more than
Snakemake brings along.
"""
