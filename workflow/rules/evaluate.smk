rule evaluate:
    input:
        dataset=DATASET,
        genome=GENOME,
        models=[model_file(name) for name in MODELS],
    output:
        summary=report(
            f"{RESULTS}/evaluation/summary.html",
            category="Evaluation",
            labels={"result": "Everything, and how to read it"},
            caption="../report/summary.rst",
        ),
        metrics=report(
            f"{RESULTS}/evaluation/metrics.html",
            category="Evaluation",
            labels={"result": "Metrics per target"},
            caption="../report/metrics.rst",
        ),
        groups=report(
            f"{RESULTS}/evaluation/groups.html",
            category="Evaluation",
            labels={"result": "Metrics per group"},
            caption="../report/groups.rst",
        ),
        pairs=report(
            f"{RESULTS}/evaluation/comparison.html",
            category="Evaluation",
            labels={"result": "Pairs of models per target"},
            caption="../report/pairs.rst",
        ),
        pairs_by_group=report(
            f"{RESULTS}/evaluation/comparison_groups.html",
            category="Evaluation",
            labels={"result": "Pairs of models per group"},
            caption="../report/pairs_by_group.rst",
        ),
        comparison=report(
            f"{RESULTS}/evaluation/comparison.svg",
            category="Evaluation",
            labels={"result": "Models side by side"},
            caption="../report/comparison.rst",
        ),
        scatter=report(
            f"{RESULTS}/evaluation/scatter.svg",
            category="Evaluation",
            labels={"result": "Model against model"},
            caption="../report/scatter.rst",
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
        reliability=report(
            f"{RESULTS}/evaluation/reliability.svg",
            category="Evaluation",
            labels={"result": "Reliability"},
            caption="../report/reliability.rst",
        ),
        verdict=f"{RESULTS}/evaluation/verdict.json",
        overview=f"{RESULTS}/evaluation/overview.html",
        tables=expand(
            f"{RESULTS}/evaluation/{{table}}.{{kind}}",
            table=[
                "metrics",
                "groups",
                "comparison",
                "comparison_groups",
                "reliability",
            ],
            kind=["tsv", "parquet"],
        ),
        figures=expand(
            f"{RESULTS}/evaluation/{{plot}}.{{kind}}",
            plot=["comparison", "scatter", "roc_curves", "pr_curves", "reliability"],
            kind=["png", "pdf"],
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
            {"genome": input.genome} | config["evaluate"], skip=("kmer_floor",)
        ),
        # Left out it would be on wherever it can be; the config says whether it must.
        baseline=(
            "--kmer-floor" if config["evaluate"]["kmer_floor"] else "--no-kmer-floor"
        ),
    shell:
        "danq --own-gpu evaluate --dataset {input.dataset:q} --output {params.folder:q}"
        " {params.baseline} {params.options} {input.models:q} > {log:q} 2>&1"
