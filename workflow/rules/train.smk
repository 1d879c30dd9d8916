rule train:
    input:
        dataset=DATASET,
        genome=GENOME,
        init=initial_model,
    output:
        model=f"{RESULTS}/models/{{model}}.keras",
        history=report(
            f"{RESULTS}/models/{{model}}.history.tsv",
            category="Training",
            labels={"network": "{model}", "what": "table"},
            caption="../report/history.rst",
        ),
        plot=report(
            f"{RESULTS}/models/{{model}}.history.svg",
            category="Training",
            labels={"network": "{model}", "what": "plot"},
            caption="../report/history.rst",
        ),
        figures=expand(
            f"{RESULTS}/models/{{{{model}}}}.history.{{kind}}", kind=["png", "pdf"]
        ),
    log:
        f"{RESULTS}/logs/train/{{model}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/train/{{model}}.tsv"
    wildcard_constraints:
        model=one_of(TRAINED),
    conda:
        "../envs/danq.yaml"
    threads: 8
    resources:
        mem_mb=16000,
        runtime=2880,
        gpu=lambda wildcards: config["models"][wildcards.model].get("devices", 1),
    params:
        network=lambda wildcards: config["models"][wildcards.model]["model"],
        # Side by side with others, a job on one card takes a free one (score.smk tells how).
        card=lambda wildcards, resources: "--own-gpu" if resources.gpu == 1 else "",
        options=lambda wildcards: options(
            config["models"][wildcards.model], skip=("model", "init")
        ),
        files=lambda wildcards, input: options(
            {"genome": input.genome, "init": input.init}
        ),
    shell:
        # --resume goes on where an interrupted run stopped, and starts afresh where none did.
        "danq {params.card} train --dataset {input.dataset:q} --model {params.network:q}"
        " --output {output.model:q} {params.files} {params.options} --resume > {log:q} 2>&1"
