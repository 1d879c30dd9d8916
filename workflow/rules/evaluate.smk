rule evaluate:
    input:
        dataset=DATASET,
        genome=GENOME,
        models=[model_file(name) for name in MODELS],
    output:
        summary=report(
            f"{RESULTS}/evaluation/summary.html",
            category="Evaluation",
            labels={"result": "All models side by side"},
            caption="../report/summary.rst",
        ),
        metrics=report(
            f"{RESULTS}/evaluation/metrics.tsv",
            category="Evaluation",
            labels={"result": "Metrics per target"},
            caption="../report/metrics.rst",
        ),
        groups=report(
            f"{RESULTS}/evaluation/groups.tsv",
            category="Evaluation",
            labels={"result": "Metrics per group"},
            caption="../report/groups.rst",
        ),
        comparison=report(
            f"{RESULTS}/evaluation/comparison.svg",
            category="Evaluation",
            labels={"result": "Comparison"},
            caption="../report/comparison.rst",
        ),
        roc=report(
            f"{RESULTS}/evaluation/roc_curves.svg",
            category="Evaluation",
            labels={"result": "ROC curves"},
            caption="../report/roc_curves.rst",
        ),
        pr=report(
            f"{RESULTS}/evaluation/pr_curves.svg",
            category="Evaluation",
            labels={"result": "Precision-recall curves"},
            caption="../report/pr_curves.rst",
        ),
        bitmaps=expand(
            f"{RESULTS}/evaluation/{{plot}}.png",
            plot=["comparison", "roc_curves", "pr_curves"],
        ),
    log:
        f"{RESULTS}/logs/evaluate.log",
    benchmark:
        f"{RESULTS}/benchmarks/evaluate.tsv"
    conda:
        "../envs/danq.yaml"
    threads: 8
    resources:
        mem_mb=16000,
        runtime=480,
        gpu=1,
    params:
        folder=lambda wildcards, output: os.path.dirname(output.metrics),
        options=lambda wildcards, input: options(
            {"genome": input.genome} | config["evaluate"]
        ),
    shell:
        "danq evaluate --dataset {input.dataset:q} --output {params.folder:q}"
        " {params.options} {input.models:q} > {log:q} 2>&1"
