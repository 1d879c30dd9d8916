# The report is a file like the others: it is made last, made again when one of them changed, and
# a run in which it fails has failed. It is Snakemake's own, so a second Snakemake makes it, from
# the config as this run understood it.


rule products:
    input:
        rules.convert.output if "convert" in config else rules.windows.output,
        expand(rules.train.output, model=TRAINED),
        expand(rules.import_weights.output, model=IMPORTED),
        rules.evaluate.output,
        rules.score.output if config["score"]["vcf"] else [],
        rules.explain.output if EXPLAINS_VARIANTS else [],
        rules.explain_regions.output if EXPLAINS_REGIONS else [],


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
        # A function's result is not a pattern in which braces stand for wildcards.
        config=lambda wildcards: SETTINGS,
    shell:
        "printf %s {params.config:q} > {output.config:q} 2> {log:q}"


rule report:
    input:
        rules.products.input,
        config=rules.settings.output.config,
        style=f"{SOURCE}/workflow/report/style.css",
    output:
        report=f"{RESULTS}/report.html",
    log:
        f"{RESULTS}/logs/report.log",
    benchmark:
        f"{RESULTS}/benchmarks/report.tsv"
    localrule: True
    conda:
        "../envs/danq.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        # Not the main one: in that, danq may be a module with a config and names of its own.
        snakefile=f"{SOURCE}/workflow/Snakefile",
    shell:
        # This run holds the lock of the working directory.
        "DANQ_REPORT=1 snakemake products --snakefile {params.snakefile:q} --configfile {input.config:q}"
        " --report {output.report:q} --report-stylesheet {input.style:q}"
        " --workflow-profile none --nolock > {log:q} 2>&1"
        # Snakemake prints what is wrong with a text into the page, and is content.
        " && ! grep -qE '\\([A-Z]+/[2-4]\\)' {log:q}"
