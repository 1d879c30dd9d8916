rule train:
    input:
        dataset=rules.windows.output.dataset,
        genome=config["genome"],
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
            f"{RESULTS}/models/{{model}}.history.png",
            category="Training",
            labels={"network": "{model}", "what": "plot"},
            caption="../report/history.rst",
        ),
    log:
        f"{RESULTS}/logs/train/{{model}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/train/{{model}}.tsv"
    conda:
        "../envs/danq.yaml"
    threads: 8
    resources:
        mem_mb=16000,
        runtime=2880,
        gpu=lambda wildcards: config["models"][wildcards.model].get("devices", 1),
    params:
        network=lambda wildcards: config["models"][wildcards.model]["model"],
        options=lambda wildcards: options(
            config["models"][wildcards.model], skip=("model", "init")
        ),
        init=lambda wildcards, input: options({"init": input.init}),
    shell:
        # --resume goes on where an interrupted run stopped, and starts afresh where none did.
        "danq train --dataset {input.dataset:q} --genome {input.genome:q}"
        " --model {params.network:q} --output {output.model:q}"
        " {params.init} {params.options} --resume > {log:q} 2>&1"
