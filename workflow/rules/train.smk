rule train:
    input:
        dataset=DATASET,
        genome=GENOME,
        init=initial_model,
        motifs=lambda wildcards: named(wildcards, "motifs"),
        code=lambda wildcards: code_behind(named(wildcards, "model")),
    output:
        model=f"{RESULTS}/models/{{model}}.keras",
        table=f"{RESULTS}/models/{{model}}.history.tsv",
        history=report(
            f"{RESULTS}/models/{{model}}.history.html",
            category="Training",
            labels={"result": "{model}, table"},
            caption="../report/history.rst",
        ),
        plot=report(
            f"{RESULTS}/models/{{model}}.history.svg",
            category="Training",
            labels={"result": "{model}, figure"},
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
        check=CHECK,
        network=lambda wildcards: config["models"][wildcards.model]["model"],
        # Side by side with others, a job on one card takes a free one (score.smk tells how).
        card=lambda wildcards, resources: "--own-gpu" if resources.gpu == 1 else "",
        options=lambda wildcards: options(
            config["models"][wildcards.model], skip=("model", "init", "motifs")
        ),
        files=lambda wildcards, input: options(
            {"genome": input.genome, "init": input.init, "motifs": input.motifs}
        ),
    shell:
        # --resume continues where an interrupted run stopped, and starts from scratch where none did. Its
        # epochs are seen on the terminal too: tee heeds no signal, so that it hears the last words
        # of a run that one stops, and the pipe's status is the run's (Snakemake sets pipefail).
        "({params.check} > /dev/null && danq {params.card} train --dataset {input.dataset:q} --model {params.network:q}"
        " --output {output.model:q} {params.files} {params.options} --resume) 2>&1"
        " | (trap '' INT TERM; exec tee {log:q} >&2)"
