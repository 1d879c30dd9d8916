# Whether the files that the config names fit together, before anything is made of them. All that
# is made comes after this, yet none of it is made again because this ran again: hence `ancient`.


rule settings:
    output:
        config=f"{RESULTS}/config.yaml",
    log:
        f"{RESULTS}/logs/settings.log",
    benchmark:
        f"{RESULTS}/benchmarks/settings.tsv"
    localrule: True
    conda:
        "../envs/danq.yaml"
    threads: 1
    resources:
        mem_mb=100,
        runtime=5,
    params:
        # A function's result is no pattern in which braces stand for wildcards.
        config=lambda wildcards: yaml.safe_dump(config, sort_keys=False),
    shell:
        "printf %s {params.config:q} > {output.config:q} 2> {log:q}"


rule check:
    input:
        config=rules.settings.output.config,
        # A model to start from may be one that this workflow makes.
        files=[path for key, path in named_files(config) if not key.endswith(".init")],
        peaks=peak_files(config["targets"]) if "targets" in config else [],
    output:
        summary=f"{RESULTS}/check.txt",
    log:
        f"{RESULTS}/logs/check.log",
    benchmark:
        f"{RESULTS}/benchmarks/check.tsv"
    conda:
        "../envs/danq.yaml"
    threads: 4
    resources:
        mem_mb=8000,
        runtime=60,
    shell:
        "danq check --config {input.config:q} > {output.summary:q} 2> {log:q}"


CHECKED = ancient(rules.check.output.summary)
