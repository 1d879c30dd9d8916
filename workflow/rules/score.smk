if config["score"]["vcf"]:

    rule score:
        input:
            model=model_file(config["score"]["model"]),
            genome=config["genome"],
            vcf=config["score"]["vcf"],
        output:
            vcf=f"{RESULTS}/scores/variants.vcf.gz",
            index=f"{RESULTS}/scores/variants.vcf.gz.tbi",
            scores=f"{RESULTS}/scores/variants.h5",
            summary=report(
                f"{RESULTS}/scores/summary.tsv",
                category="Variants",
                labels={"result": "Records and alleles"},
                caption="../report/scores.rst",
            ),
            plot=report(
                f"{RESULTS}/scores/variants.png",
                category="Variants",
                labels={"result": "Effects along the genome"},
                caption="../report/variants.rst",
            ),
        log:
            f"{RESULTS}/logs/score.log",
        benchmark:
            f"{RESULTS}/benchmarks/score.tsv"
        conda:
            "../envs/danq.yaml"
        threads: 8
        resources:
            mem_mb=16000,
            runtime=1440,
            gpu=1,
        params:
            options=options(config["score"], skip=("model", "vcf")),
        shell:
            "danq score --model {input.model:q} --genome {input.genome:q} --vcf {input.vcf:q}"
            " --output {output.vcf:q} --scores {output.scores:q} --summary {output.summary:q}"
            " --plot {output.plot:q} {params.options} > {log:q} 2>&1"
