# Its name is that of the command; Python keeps `import` for itself.
rule import_weights:
    input:
        weights=lambda wildcards: named(wildcards, "weights"),
        targets=lambda wildcards: named(wildcards, "targets"),
    output:
        model=f"{RESULTS}/models/{{model}}.keras",
    log:
        f"{RESULTS}/logs/import/{{model}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/import/{{model}}.tsv"
    wildcard_constraints:
        model=one_of(IMPORTED),
    conda:
        "../envs/danq.yaml"
    threads: 1
    resources:
        mem_mb=8000,
        runtime=60,
    params:
        check=CHECK,
        kind=lambda wildcards: config["models"][wildcards.model]["import"],
        options=lambda wildcards: options(
            config["models"][wildcards.model], skip=("import", "weights")
        ),
        # Published weights that lie nowhere are fetched.
        weights=lambda wildcards, input: (
            shlex.quote(input.weights) if input.weights else "--download"
        ),
    shell:
        "{params.check} 2> {log:q} > /dev/null &&"
        " danq import --from {params.kind} --output {output.model:q}"
        " {params.options} {params.weights} >> {log:q} 2>&1"
