if config["score"]["vcf"] and BACKGROUND:

    rule background:
        input:
            models=[model_file(name) for name in SCORED_BY],
            genome=config["genome"],
            vcf=BACKGROUND["vcf"],
        output:
            background=f"{RESULTS}/scores/background.h5",
        log:
            f"{RESULTS}/logs/background.log",
        benchmark:
            f"{RESULTS}/benchmarks/background.tsv"
        conda:
            "../envs/danq.yaml"
        threads: 8
        resources:
            mem_mb=16000,
            runtime=1440,
            gpu=1,
        params:
            models=lambda wildcards, input: each("--model", input.models),
            options=options(BACKGROUND, skip=("vcf",)),
            # What inner layers compute in is the same for all scores that are compared.
            precision=options(
                {"mixed_precision": config["score"].get("mixed_precision")}
            ),
        shell:
            "danq --own-gpu background {params.models} --genome {input.genome:q} --vcf {input.vcf:q}"
            " --output {output.background:q} {params.options} {params.precision} > {log:q} 2>&1"
