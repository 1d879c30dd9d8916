"""What is wrong with the sections of a config that read trained networks: scores, explanations."""

from collections.abc import Iterator, Mapping
from typing import Any

from danq.errors import InputError, quoted, suggestion
from danq.targets.names import distinct
from danq.targets.rows import read_rows

INFO_WORDS = ("max", "sd", "functional", "groups", "all", "none")
"""What `danq score --info` takes besides targets."""


def of_scores(config: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with `score`, where there is anything to score."""
    score = config.get("score") or {}
    if score.get("vcf"):
        yield from _of_scores(score, config["models"])
        yield from _of_info(score.get("info") or [], config.get("targets"))


def _of_scores(score: Mapping[str, Any], models: Mapping[str, Any]) -> Iterator[str]:
    scorers = score.get("model") or []
    scorers = [scorers] if isinstance(scorers, str) else scorers
    if not scorers:
        yield f"score.model is missing, expected one of models: {', '.join(models)}"
    for name in scorers:
        if name not in models:
            yield (
                f"score.model: found {quoted(name)}, expected one of models: "
                f"{', '.join(models)}{suggestion(name, models)}"
            )
    words = score.get("info") or []
    if "none" in words and len(words) > 1:
        yield "score.info: found none among other words, expected it alone"
    for word in words:
        if word == "sd" or word.startswith("sd:"):
            if len(scorers) < 2:
                yield f"score.info: found {quoted(word)}, which needs several models in score.model"
        elif (word == "functional" or word.startswith("e:")) and not score.get("background"):
            yield f"score.info: found {quoted(word)}, which needs score.background"


def _of_info(words: list[str], table: str | None) -> Iterator[str]:
    """Yield the words for INFO that name nothing, where a table says what targets there are."""
    try:
        targets = [row["name"] for _, row in read_rows(table)] if table else []
    except InputError:
        return
    for word in words if targets else []:
        kind, colon, name = word.partition(":")
        name = name if colon and kind in ("logit", "diff", "sd", "e") else word
        # Targets with the same name are distinguished by what follows it.
        if name not in INFO_WORDS and not name.startswith(tuple(targets)):
            yield (
                f"score.info: found {quoted(word)}, expected {', '.join(INFO_WORDS)} or a target "
                f"of {table}{suggestion(name, targets)}"
            )


def of_explanations(config: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with `explain`, where it is there."""
    if "explain" not in config:
        return
    explain, models = config["explain"], config["models"]
    has_variants = bool((config.get("score") or {}).get("vcf"))
    if not has_variants and not explain.get("regions"):
        yield "explain: found neither score.vcf nor explain.regions, expected something to explain"
    needs = {"top": has_variants, "motifs": has_variants, "plot_regions": "regions" in explain}
    for key, is_met in needs.items():
        if explain.get(key) and not is_met:
            need = "explain.regions" if key == "plot_regions" else "score.vcf"
            yield f"explain.{key}: can be used with {need} only"
    info = (config.get("score") or {}).get("info", ["max"])
    if has_variants and "max" not in info:
        yield "score.info: found no max, which explain needs to tell what changes most"
    name = explained_by(config)
    if name not in models:
        # Of a network that scores, its own sentence says so.
        if "model" in explain:
            yield (
                f"explain.model: found {quoted(name)}, expected one of models: "
                f"{', '.join(models)}{suggestion(name, models)}"
            )
    elif "model" in models[name] and "convert" not in config:
        yield from _of_trained(explain, config)


def explained_by(config: Mapping[str, Any]) -> str:
    """Name the network that is explained: the one named, the first that scores, or the first."""
    scorers = (config.get("score") or {}).get("model") or list(config["models"])
    first = scorers if isinstance(scorers, str) else scorers[0]
    return str((config.get("explain") or {}).get("model", first))


def _of_trained(explain: Mapping[str, Any], config: Mapping[str, Any]) -> Iterator[str]:
    """Yield what a network of the config's windows and targets cannot explain."""
    window = (config.get("windows") or {}).get("window", 1000)
    if explain.get("span", 1) > window:
        yield (
            f"explain.span: found {explain['span']}, expected at most the window's {window} bases"
        )
    try:
        rows = [row for _, row in read_rows(config["targets"])]
    except InputError:
        return
    names = [row["name"] for row in rows]
    groups = {(row.get("group") or "").strip() for row in rows} - {"", "ungrouped"}
    known = dict.fromkeys(["all", *sorted(groups), *names, *distinct(names)])
    for word in explain.get("targets", []):
        if word not in known:
            yield (
                f"explain.targets: found {quoted(word)}, expected all, a target or a group of "
                f"{config['targets']}{suggestion(word, known)}"
            )
