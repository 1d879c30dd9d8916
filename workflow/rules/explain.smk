# Explanations: what each base contributes to predictions, for both alleles of the variants that
# change most, and for regions of one's own.
#
# Of each target there is a file, so that a folder is the output. Snakemake empties it before a job:
# the blocks that an interrupted run finished wait beside it, and it appears whole.

EXPLAINED = config.get("explain")
EXPLAINS_VARIANTS = EXPLAINED is not None and bool(config["score"]["vcf"])
EXPLAINS_REGIONS = EXPLAINED is not None and "regions" in EXPLAINED


if EXPLAINED is not None:
    EXPLAINED_BY = explained_by(config)
    EXPLAIN = options(
        EXPLAINED, skip=("model", "top", "regions", "plot_regions", "motifs")
    )


if EXPLAINS_VARIANTS:

    rule explain:
        input:
            model=model_file(EXPLAINED_BY),
            genome=config["genome"],
            vcf=rules.score.output.vcf,
            motifs=EXPLAINED.get("motifs", []),
        output:
            folder=explanation("variants", drawn=True),
        log:
            f"{RESULTS}/logs/explain.log",
        benchmark:
            f"{RESULTS}/benchmarks/explain.tsv"
        conda:
            "../envs/danq.yaml"
        threads: 8
        resources:
            mem_mb=16000,
            runtime=1440,
            gpu=1,
        params:
            top=written(EXPLAINED.get("top", 10)),
            # What scoring made of a record goes for its explanation.
            mismatch=config["score"]["ref_mismatch"],
            motifs=lambda wildcards, input: options({"motifs": input.motifs}),
            options=EXPLAIN,
        shell:
            "danq --own-gpu explain --model {input.model:q} --genome {input.genome:q}"
            " --vcf {input.vcf:q} --top {params.top} --ref-mismatch {params.mismatch}"
            " --output {output.folder:q}.unfinished/contributions.h5"
            " --plot {output.folder:q}.unfinished/figures"
            " {params.motifs} {params.options} --resume > {log:q} 2>&1"
            " && mv {output.folder:q}.unfinished {output.folder:q}"


if EXPLAINS_REGIONS:

    rule explain_regions:
        input:
            model=model_file(EXPLAINED_BY),
            genome=config["genome"],
            regions=EXPLAINED["regions"],
        output:
            folder=explanation("regions", drawn=EXPLAINED["plot_regions"]),
        log:
            f"{RESULTS}/logs/explain_regions.log",
        benchmark:
            f"{RESULTS}/benchmarks/explain_regions.tsv"
        conda:
            "../envs/danq.yaml"
        threads: 8
        resources:
            mem_mb=16000,
            runtime=1440,
            gpu=1,
        params:
            plot=lambda wildcards, output: (
                f"--plot {shlex.quote(output.folder)}.unfinished/figures"
                if EXPLAINED["plot_regions"]
                else ""
            ),
            options=EXPLAIN,
        shell:
            "danq --own-gpu explain --model {input.model:q} --genome {input.genome:q}"
            " --regions {input.regions:q}"
            " --output {output.folder:q}.unfinished/contributions.h5"
            " --bigwig {output.folder:q}.unfinished/tracks"
            " {params.plot} {params.options} --resume > {log:q} 2>&1"
            " && mv {output.folder:q}.unfinished {output.folder:q}"
