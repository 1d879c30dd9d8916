rule windows:
    input:
        genome=config["genome"],
        targets=config["targets"],
        peaks=lambda wildcards: peak_files(config["targets"]),
        exclude=config["windows"]["exclude"] or [],
    output:
        dataset=DATASET,
        table=f"{RESULTS}/dataset.audit.tsv",
        audit=report(
            f"{RESULTS}/dataset.audit.html",
            category="Data",
            labels={"result": "Audit of the splits"},
            caption="../report/audit.rst",
        ),
    log:
        f"{RESULTS}/logs/windows.log",
    benchmark:
        f"{RESULTS}/benchmarks/windows.tsv"
    conda:
        "../envs/danq.yaml"
    threads: 4
    resources:
        mem_mb=8000,
        runtime=120,
    params:
        check=CHECK,
        options=options(config["windows"]),
    shell:
        "{params.check} 2> {log:q} > /dev/null &&"
        " danq windows --genome {input.genome:q} --targets {input.targets:q}"
        " --output {output.dataset:q} {params.options} >> {log:q} 2>&1"
