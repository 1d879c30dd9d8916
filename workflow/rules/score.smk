# Scores: in one job, or (score.pieces) scattered over jobs that take every n-th block of records
# each, and gathered to the same files.
#
# On a node with several graphics cards `--resources gpu=N` lets N of these jobs run side by side.
# Which card a job takes, `danq --own-gpu` decides: the first of those it may see
# (CUDA_VISIBLE_DEVICES, all where that is not set) whose lock no other such job on the node holds.
# A cluster's scheduler shows each job its own cards, and the first of them is taken.


wildcard_constraints:
    scatteritem=r"\d+-of-\d+",


scattergather:
    score=config["score"]["pieces"],


OTHERS = ("model", "vcf", "background", "pieces")
SCORE = options(config["score"], skip=OTHERS)
# A piece holds scores and no records.
PIECE = options(config["score"], skip=(*OTHERS, "info", "drop_samples"))
PIECES = config["score"]["vcf"] and config["score"]["pieces"] > 1


if PIECES:

    rule score_piece:
        input:
            models=[model_file(name) for name in SCORED_BY],
            genome=config["genome"],
            vcf=config["score"]["vcf"],
            background=rules.background.output.background if BACKGROUND else [],
        output:
            blocks=temp(directory(f"{RESULTS}/scores/pieces/{{scatteritem}}.blocks")),
        log:
            f"{RESULTS}/logs/score/{{scatteritem}}.log",
        benchmark:
            f"{RESULTS}/benchmarks/score/{{scatteritem}}.tsv"
        conda:
            "../envs/danq.yaml"
        threads: 8
        resources:
            mem_mb=16000,
            runtime=1440,
            gpu=1,
        params:
            piece=lambda wildcards: wildcards.scatteritem.replace("-of-", "/"),
            models=lambda wildcards, input: each("--model", input.models),
            background=lambda wildcards, input: options(
                {"background": input.background}
            ),
            options=PIECE,
        shell:
            # --resume continues after the blocks of an interrupted run, and starts where none did.
            "danq --own-gpu score {params.models} --genome {input.genome:q}"
            " --vcf {input.vcf:q} --output {output.blocks:q} --piece {params.piece}"
            " {params.background} {params.options} --resume > {log:q} 2>&1"


if config["score"]["vcf"]:

    rule score:
        input:
            pieces=(
                gather.score(f"{RESULTS}/scores/pieces/{{scatteritem}}.blocks")
                if PIECES
                else []
            ),
            models=[model_file(name) for name in SCORED_BY],
            genome=config["genome"],
            vcf=config["score"]["vcf"],
            verdict=rules.evaluate.output.verdict,
            background=rules.background.output.background if BACKGROUND else [],
        output:
            vcf=f"{RESULTS}/scores/variants.vcf.gz",
            index=f"{RESULTS}/scores/variants.vcf.gz.tbi",
            scores=f"{RESULTS}/scores/variants.h5",
            summary=f"{RESULTS}/scores/summary.tsv",
            top=report(
                f"{RESULTS}/scores/top.html",
                category="Variants",
                labels={"result": "Largest changes, as a table"},
                caption="../report/top.rst",
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
            models=lambda wildcards, input: each("--model", input.models),
            background=lambda wildcards, input: options(
                {"background": input.background}
            ),
            options=SCORE,
            # Without pieces it scores itself, as a piece does.
            source=lambda wildcards, input: (
                f"--gather {pieces_of(input.pieces)}" if PIECES else "--resume"
            ),
        shell:
            "danq --own-gpu score {params.models} --genome {input.genome:q}"
            " --vcf {input.vcf:q} --output {output.vcf:q} --scores {output.scores:q}"
            " --summary {output.summary:q} --plot {output.plot:q}"
            " --top-table {output.top:q} --verdict {input.verdict:q} {params.source}"
            " {params.background} {params.options} > {log:q} 2>&1"
