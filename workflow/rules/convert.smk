rule convert:
    input:
        checked=CHECKED,
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
        options=lambda wildcards, input: options({"targets": input.targets}),
    shell:
        "danq convert --from-mat {input.mats:q} --output {output.dataset:q}"
        " {params.options} > {log:q} 2>&1"
