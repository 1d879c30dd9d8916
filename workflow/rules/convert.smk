rule convert:
    input:
        mats=config["convert"]["from_mat"],
        targets=config["convert"].get("targets", []),
    output:
        dataset=DATASET,
    log:
        f"{RESULTS}/logs/convert.log",
    benchmark:
        f"{RESULTS}/benchmarks/convert.tsv"
    conda:
        "../envs/danq.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=120,
    params:
        check=CHECK,
        options=lambda wildcards, input: options({"targets": input.targets}),
    shell:
        "{params.check} 2> {log:q} > /dev/null &&"
        " danq convert --from-mat {input.mats:q} --output {output.dataset:q}"
        " {params.options} >> {log:q} 2>&1"
