"""Write the results of the benchmarks into docs/benchmarks.md and draw its chart.

    python tests/benchmarks/report.py

Tables stand between comments such as <!-- folds --> and <!-- end -->. The chart is
drawn twice, for light and for dark pages, both without a background.
"""

import json
import re
from collections import Counter
from pathlib import Path

import matplotlib

matplotlib.use("svg")

import calibration
import matplotlib.pyplot as plt
import numpy as np
import own_digits
import robustness
from corruptions import CORRUPTIONS
from folds import (
    FOLDS,
    OURS,
    PRESETS,
    parse,
    read_rows,
    settings,
    test_indices,
    unpack,
)

from skdigits.baselines import mcnemar_p_value
from skdigits.datasets import load_competition

DOCS = Path("docs")
LABELS = {
    "residual+fast": "record: a residual network and fast",
    "residual": "residual, the larger network of record",
    "keras": "classic network, plain Keras",
    "skorch": "classic network, skorch",
}
PICTURE_LABELS = {
    "pictures": "*pictures*",
    "fast": "*fast*",
    "keras": "four convolutions, plain Keras",
    "skorch": "four convolutions, skorch (PyTorch)",
}
# The chart has one fold, which every model was tested on, and one processor.
CHART_FOLD, CHART_PROCESSOR = 0, "AMD EPYC"
CHART_LABELS = {
    "residual+fast": "record",
    "keras": "Keras",
    "skorch": "skorch",
    "histogram gradient boosting": "gradient\nboosting",
    "multilayer perceptron": "multilayer\nperceptron",
    "k nearest neighbours": "k nearest\nneighbours",
    "logistic regression": "logistic\nregression",
}
NOT_IN_CHART = ["dummy", "residual"]  # the first is far below all others
# Offset of a label from its mark, in points, and its alignment; by default on its left.
OFFSETS = {
    "skorch": ((7, 0), "left"),
    "k nearest neighbours": ((7, 0), "left"),
    "logistic regression": ((7, 0), "left"),
    "SVC": ((7, 0), "left"),
    "residual+fast": ((-4, 19), "right"),
    "histogram gradient boosting": ((7, -4), "left"),
}
# Text, skdigits, others. The last two differ also for colour-blind readers.
COLOURS = {
    "accuracy-and-time.svg": ("#3c4450", "#0072b2", "#d55e00"),
    "accuracy-and-time-dark.svg": ("#ced6dd", "#56b4e9", "#e69f00"),
}


def is_ours(name):
    return "+" in name or parse(name)[0] in OURS


def by_name(rows):
    """Group rows by name: the first row of each fold."""
    found = {}
    for row in sorted(rows, key=lambda row: row["fold"]):
        found.setdefault(row["name"], {}).setdefault(row["fold"], row)
    return {name: [*folds.values()] for name, folds in found.items()}


def accuracy(rows):
    return 1 - sum(row["errors"] for row in rows) / sum(row["n"] for row in rows)


def core_seconds(rows, processor):
    """Return the mean CPU time of a fit on a processor, or NaN without a row."""
    name = short_name(processor)  # older rows do not name its instructions
    found = [
        row["core_seconds"] for row in rows if short_name(row["processor"]) == name
    ]
    return np.mean(found) if found else np.nan


def usual_processor(rows):
    """Return the processor of most rows."""
    return Counter(row["processor"] for row in rows).most_common(1)[0][0]


def short_name(processor):
    """Shorten the name of a processor for a column."""
    name = processor.removesuffix(", AVX-512")
    return {"AMD EPYC": "EPYC", "Intel(R) Xeon(R) Processor": "Xeon"}.get(name, name)


def times_classic(rows, classic):
    """Return the training time relative to the classic preset on the same processor.

    `classic` has all its rows, also those measured for their time only.
    """
    processor = usual_processor(rows)
    return core_seconds(rows, processor) / core_seconds(classic, processor)


def right(rows, y, tests):
    """Return whether each test image of some rows was labelled correctly."""
    return np.concatenate([unpack(r["predicted"]) == y[tests[r["fold"]]] for r in rows])


def p_value(rows, others, y, tests):
    """Return the p-value of McNemar's test on the folds that two models share."""
    shared = {r["fold"] for r in rows} & {r["fold"] for r in others}
    a, b = (
        right([r for r in side if r["fold"] in shared], y, tests)
        for side in (rows, others)
    )
    return mcnemar_p_value(np.ones(len(a), bool), a, b)


def folds_table(models, timed_classic, y, tests):
    """Show each model: accuracy, deviation over folds, errors, times, p-value."""
    yield "model|accuracy|deviation|errors|seconds|processor|times classic's|p"
    yield "---|---|---|---|---|---|---|---"
    classic = models.get("classic")
    for name, rows in sorted(models.items(), key=lambda item: -accuracy(item[1])):
        single = [1 - row["errors"] / row["n"] for row in rows]
        deviation = f"{np.std(single, ddof=1):.5f}" if len(rows) > 1 else ""
        processor = usual_processor(rows)
        seconds = core_seconds(rows, processor)
        share = times_classic(rows, timed_classic)
        p = "" if name == "classic" else f"{p_value(rows, classic, y, tests):.2g}"
        errors, images = (sum(row[key] for row in rows) for key in ("errors", "n"))
        yield (
            f"{LABELS.get(name, name)}|{accuracy(rows):.5f}|{deviation}|"
            f"{errors:,} of {images:,}|{seconds:,.1f}|{short_name(processor)}|"
            f"{'' if np.isnan(share) else f'{share:.2g}'}|{p}"
        )


def ablation_table(changed, models, y, tests):
    """Show each preset with changed parameters next to itself on the same folds."""
    yield "preset|change|errors with it, by fold|errors of the preset|p"
    yield "---|---|---|---|---"
    for name, rows in sorted(changed.items(), key=lambda item: parse(item[0])[0]):
        preset, change = parse(name)
        folds = [row["fold"] for row in rows]
        own = [row for row in models.get(preset, []) if row["fold"] in folds]
        if len(own) < len(rows):
            continue
        described = ", ".join(f"{key}={value!r}" for key, value in change.items())
        with_it, without = ([row["errors"] for row in side] for side in (rows, own))
        yield (
            f"{preset}|`{described}`|{sum(with_it)}: {', '.join(map(str, with_it))}|"
            f"{sum(without)}: {', '.join(map(str, without))}|"
            f"{p_value(rows, own, y, tests):.2g}"
        )


def ensemble_table(models):
    """Show ensembles next to their members."""
    yield "networks|fold|errors of each|mean accuracy|errors together|accuracy|gain"
    yield "---|---|---|---|---|---|---"
    everything = [row for rows in models.values() for row in rows]
    for row in [row for row in everything if "single_errors" in row]:
        single = np.array(row["single_errors"])
        mean, together = 1 - single.mean() / row["n"], 1 - row["errors"] / row["n"]
        yield (
            f"{LABELS.get(row['name'], row['name'])}|{row['fold']}|"
            f"{', '.join(map(str, single))}|{mean:.5f}|{row['errors']}|"
            f"{together:.5f}|{together - mean:+.5f}"
        )


def agreement_table(models, y, tests):
    """Show the errors that the presets share, and those of their vote."""
    yield "images|wrong by all three|wrong by their vote|wrong by residual"
    yield "---|---|---|---"
    rows = [models.get(name, []) for name in ("classic", "fast", "residual")]
    if {len(own) for own in rows} != {FOLDS}:
        return
    truth = np.concatenate([y[test] for test in tests])
    labels = [np.concatenate([unpack(row["predicted"]) for row in own]) for own in rows]
    classic, fast, residual = labels
    vote = np.where(classic == fast, classic, residual)
    all_wrong = np.all([found != truth for found in labels], axis=0)
    counts = [np.sum(wrong) for wrong in (all_wrong, vote != truth, residual != truth)]
    yield "|".join(f"{count:,}" for count in [len(truth), *counts])


def percent_right(kind, preset, rows):
    """Return the accuracy in percent, by seed and strength; None if not measured."""
    found = {r["seed"]: r for r in rows if (r["images"], r["name"]) == (kind, preset)}
    shares = [1 - np.array(row["errors"]) / row["n"] for row in found.values()]
    return 100 * np.array(shares) if shares else None


def measured(rows):
    """Return the presets that have rows."""
    names = {row["name"] for row in rows}
    return [preset for preset in PRESETS if preset in names]


def cells(kind, rows):
    """Yield a cell for each preset: the mean, and that of the worst strength."""
    for preset in measured(rows):
        right = percent_right(kind, preset, rows)
        if right is None:
            yield ""
            continue
        if right.shape[1] == 1:
            yield f"{right.mean():.2f}"
        else:
            yield f"{right.mean():.1f} ({right.mean(axis=0).min():.1f})"


def robustness_table(rows):
    """Show the accuracy of the presets under each corruption."""
    presets = measured(rows)
    yield "|".join(["images", *presets])
    yield "|".join(["---"] * (1 + len(presets)))
    for kind in (robustness.CLEAN, robustness.CLEAN_NORMALIZED, *CORRUPTIONS):
        shown = [*cells(kind, rows)]
        if any(shown):
            yield "|".join([kind, *shown])
    yield "|".join(["**all corruptions**", *all_corruptions(rows)])


def all_corruptions(rows):
    """Yield the mean of all corruptions and the deviation over seeds, by preset."""
    for preset in measured(rows):
        found = [percent_right(kind, preset, rows) for kind in CORRUPTIONS]
        shapes = {None if right is None else right.shape for right in found}
        if None in shapes or len(shapes) > 1:  # some are not measured yet
            yield ""
            continue
        by_seed = np.mean(found, axis=(0, 2))
        deviation = f" ± {by_seed.std(ddof=1):.1f}" if len(by_seed) > 1 else ""
        yield f"**{by_seed.mean():.1f}**{deviation}"


def small_digits_table(rows):
    """Show the accuracy of the presets on the reported half of the 8x8 digits."""
    presets = measured(rows)
    yield "|".join(["how they became 28x28", *presets])
    yield "|".join(["---"] * (1 + len(presets)))
    ways = {robustness.RESIZED: "resized", robustness.NORMALIZED: "normalized"}
    for way, label in ways.items():
        shown = [*cells(f"{way}, report", rows)]
        if any(shown):
            yield "|".join([label, *shown])


def own_digits_table():
    """Show the errors of models on digits of other people, by seed."""
    yield (
        "model|images|errors of 374 pictures|accuracy|"
        "errors of 898 8x8 digits, to choose by|errors of 899, to report|accuracy"
    )
    yield "|".join(["---"] * 7)
    by_model = {}
    for row in own_digits.read_rows():
        by_model.setdefault((row["name"], row["form"]), []).append(row)
    for (name, form), rows in by_model.items():
        pictures, choose, report = (
            ", ".join(str(row["errors"][part]) for row in rows)
            for part in ("pictures", *robustness.HALVES)
        )
        yield "|".join(
            [
                f"`{name}`",
                form,
                pictures,
                mean_accuracy(rows, "pictures"),
                choose,
                report,
                mean_accuracy(rows, "report"),
            ]
        )


def own_pages_table():
    """Show the pages that models read exactly, and their character error rate."""
    yield (
        "model|exact, of 20 pages|right number of digits per line|"
        "without any digit|character error rate"
    )
    yield "|".join(["---"] * 5)
    for row in read_measurements("own-pages.jsonl"):
        yield "|".join(
            [
                f"`{row['name']}`",
                str(row["exact"]),
                str(row["segmented"]),
                str(row["empty"]),
                f"{row['error_rate']:.4f}",
            ]
        )


def calibration_table():
    """Show log loss and calibration error, with and without the temperature."""
    yield (
        "model|fold|errors of 8,400|temperature|log loss before|ECE before|"
        "log loss|ECE|processor"
    )
    yield "|".join(["---"] * 9)
    for row in calibration.read_rows():
        before = [row["before"][key] for key in ("log_loss", "calibration_error")]
        after = [row[key] for key in ("log_loss", "calibration_error")]
        yield "|".join(
            [
                CHART_LABELS.get(row["name"], row["name"]),
                str(row["fold"]),
                str(row["errors"]),
                ", ".join(f"{temperature:.2f}" for temperature in row["temperatures"]),
                *(f"{score:.4f}" for score in before),
                *(f"**{score:.4f}**" for score in after),
                short_name(row["processor"]),
            ]
        )


def pictures_table():
    """Show the accuracy and the training time of each model on pictures of things."""
    yield "model|accuracy|errors|core seconds|processor"
    yield "---|---|---|---|---"
    rows = [
        row
        for row in read_measurements("pictures.jsonl")
        if row["settings"] == settings(row["name"])
    ]
    for row in sorted(rows, key=lambda row: row["errors"]):
        yield (
            f"{PICTURE_LABELS.get(row['name'], row['name'])}|"
            f"{1 - row['errors'] / row['n']:.3f}|{row['errors']:,} of {row['n']:,}|"
            f"{row['core_seconds']:,.0f}|"
            f"{short_name(row['processor'])}"
        )


def mean_accuracy(rows, part):
    """Show the mean accuracy on a part of the digits and its deviation over seeds."""
    shares = [1 - row["errors"][part] / row["n"][part] for row in rows]
    deviation = f" ± {np.std(shares, ddof=1):.4f}" if len(shares) > 1 else ""
    return f"{np.mean(shares):.4f}{deviation}"


def read_measurements(name):
    """Read the rows that a benchmark wrote."""
    path = DOCS / "benchmarks" / name
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return [json.loads(line) for line in lines]


def last(name, kind):
    """Return a list with the last row of a kind, or an empty list."""
    return [row for row in read_measurements(name) if row["row"] == kind][-1:]


def memory_table():
    """Show the last measurement of memory.py."""
    yield "fits|MiB after the first|after the twentieth|at the end|a fit, from then on"
    yield "---|---|---|---|---"
    for row in last("memory.jsonl", "fits"):
        yield "|".join(str(value) for key, value in row.items() if key != "row")


def peak_table():
    """Show the last measurement of the memory of a large fit."""
    yield "MiB of CNNClassifier.fit|MiB of the bare loop|ratio"
    yield "---|---|---"
    for row in last("memory.jsonl", "peak"):
        yield f"{row['ours']:,}|{row['bare']:,}|**{row['ratio']}**"


def training_time_table():
    """Show the training time of the presets relative to the classic one."""
    yield "network|core seconds of an epoch|epochs|times classic's|runs|processor"
    yield "---|---|---|---|---|---"
    rows = read_measurements("training-time.jsonl")
    whole = {row["name"]: row["epochs"] * np.array(row["core_seconds"]) for row in rows}
    for row in rows:
        own, classic = whole[row["name"]], whole["classic"]
        ratio = np.median(own) / np.median(classic)
        deviation = np.std(own / classic, ddof=1)
        yield (
            f"`{row['name']}`|{np.median(row['core_seconds']):.1f}|{row['epochs']}|"
            f"**{ratio:.3f}** ± {deviation:.3f}|{len(own)}|"
            f"{row['processor'].replace('AMD ', '')}"
        )


def feed_table():
    """Show the last measurement of each row of feed.py."""
    yield "row|what|A, s|B, s|B / A|runs|processor"
    yield "---|---|---|---|---|---|---"
    rows = read_measurements("feed.jsonl")
    for row in {row["row"]: row for row in rows}.values():
        ratio = f"**{row['b_over_a']:.2f}** ± {row['deviation']:.2f}"
        yield (
            f"`{row['row']}`|{row['what']}|{row['seconds_a']:.3g}|"
            f"{row['seconds_b']:.3g}|{ratio}|"
            f"{row['runs']}|{row['processor'].replace('AMD ', '')}"
        )


def feed_alone_table():
    """Show the last measurement of feed_alone.py."""
    yield "images|processes|images a second, all together|runs|cores|processor"
    yield "---|---|---|---|---|---"
    rows = read_measurements("feed-alone.jsonl")
    for row in {(row["feed"], row["processes"]): row for row in rows}.values():
        rate = f"**{row['median']:,}** ± {row['deviation']:,}"
        yield (
            f"{row['feed']}|{row['processes']}|{rate}|{len(row['images_per_second'])}|"
            f"{row['cores']}|{row['processor'].replace('AMD ', '')}"
        )


def pruning_table():
    """Show the epochs with and without pruning, by seed."""
    rows = read_measurements("tuning.jsonl")
    yield "seed|trials|epochs whole|epochs pruned|times fewer|best whole|best pruned"
    yield "---|---|---|---|---|---|---"
    for row in {r["seed"]: r for r in rows if r["row"] == "pruning"}.values():
        whole, pruned = row["whole"], row["pruned"]
        yield (
            f"{row['seed']}|{row['trials']}|{whole['epochs']:,}|{pruned['epochs']:,}|"
            f"**{whole['epochs'] / pruned['epochs']:.1f}**|{whole['best']:.4f}|"
            f"{pruned['best']:.4f}"
        )


def overhead_table():
    """Show the time of the objective and of the same fits in a loop."""
    yield "objective, s|by hand, s|ratio of medians|runs"
    yield "---|---|---|---"
    for row in last("tuning.jsonl", "overhead"):
        a, b = np.median(row["objective"]), np.median(row["by_hand"])
        yield f"{a:.1f}|{b:.1f}|**{row['ratio']:.3f}**|{len(row['by_hand'])}"


def grid_table():
    """Show the time of a grid search on each backend of joblib."""
    yield "workers|seconds, each run|median"
    yield "---|---|---"
    for row in last("tuning.jsonl", "grid"):
        for workers, seconds in row["seconds"].items():
            runs = ", ".join(f"{second:.1f}" for second in seconds)
            yield f"{workers}|{runs}|**{np.median(seconds):.1f}**"


def chart_points(rows):
    """Return the chart's fold of each model: name -> (seconds, errors, images)."""
    fold = [row for row in rows if row["fold"] == CHART_FOLD]
    timed = [row for row in fold if row["processor"].startswith(CHART_PROCESSOR)]
    seconds = {row["name"]: row["core_seconds"] for row in reversed(timed)}
    # The members of "record" were timed one by one on the chart's processor.
    seconds["residual+fast"] = seconds["residual"] + seconds["fast"]
    found = {}
    # Rows of the chart's processor come before those of others.
    for row in [*timed, *fold]:
        name = row["name"]
        if ":" not in name and name not in [*NOT_IN_CHART, *found]:
            time = seconds[name]
            found[name] = time, row["errors"], row["n"]
    return found


def draw(points, path, colours):
    """Draw accuracy, by the logarithm of the errors, against training time."""
    text, ours, others = colours
    plt.rcParams.update(
        {
            "font.size": 9,
            "svg.hashsalt": "skdigits",
            "axes.edgecolor": text,
            "axes.labelcolor": text,
            "text.color": text,
            "xtick.color": text,
            "ytick.color": text,
        }
    )
    # The width of a phone, so that the text keeps its size there.
    figure, axes = plt.subplots(figsize=(4.8, 4.9), layout="constrained")
    for name, (seconds, errors, images) in points.items():
        rate = errors / images
        colour, marker = (ours, "o") if is_ours(name) else (others, "s")
        deviation = np.sqrt(errors) / images
        axes.errorbar(seconds, rate, deviation, color=colour, linewidth=1, alpha=0.6)
        axes.plot(seconds, rate, marker, color=colour)
        offset, align = OFFSETS.get(name, ((-7, 0), "right"))
        axes.annotate(
            CHART_LABELS.get(name, name),
            (seconds, rate),
            xytext=offset,
            textcoords="offset points",
            ha=align,
            va="center",
        )
    axes.plot([], [], "o", color=ours, label="skdigits, augmented")
    axes.plot([], [], "s", color=others, label="others, not augmented")
    axes.legend(loc="upper left", frameon=False, borderpad=0, handletextpad=0.3)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlim(0.3, 15_000)
    axes.set_ylim(0.12, 0.0016)
    ticks = [0.92, 0.95, 0.97, 0.98, 0.99, 0.995, 0.997]
    axes.set_yticks([1 - tick for tick in ticks], [f"{tick:g}" for tick in ticks])
    decades = [1, 10, 100, 1000, 10_000]
    axes.set_xticks(decades, [f"{decade:,}" for decade in decades])
    axes.minorticks_off()
    axes.set_xlabel("seconds to train, one core of an AMD EPYC")
    axes.set_ylabel("accuracy on 8,400 images left out")
    axes.grid(color=text, alpha=0.15)
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, metadata={"Date": None}, transparent=True)
    plt.close(figure)


def replace_table(text, name, lines):
    """Write a table between its two comments."""
    table = "\n".join(f"| {line.replace('|', ' | ')} |" for line in lines)
    pattern = re.compile(rf"(<!-- {name} -->\n).*?(<!-- end -->)", re.S)
    if not pattern.search(text):
        raise SystemExit(f"docs/benchmarks.md has no <!-- {name} --> ... <!-- end -->")
    return pattern.sub(lambda found: f"{found[1]}\n{table}\n\n{found[2]}", text)


def main():
    y = load_competition().y_train.to_numpy()
    tests = test_indices(y)
    rows = read_rows()
    timed_classic = [row for row in rows if row["name"] == "classic"]
    everything = by_name(rows)
    changed = {name: rows for name, rows in everything.items() if ":" in name}
    models = {name: rows for name, rows in everything.items() if ":" not in name}
    path = DOCS / "benchmarks.md"
    text = path.read_text(encoding="utf-8")
    text = replace_table(text, "folds", folds_table(models, timed_classic, y, tests))
    text = replace_table(text, "training time", training_time_table())
    text = replace_table(text, "ensemble", ensemble_table(models))
    text = replace_table(text, "ablations", ablation_table(changed, models, y, tests))
    text = replace_table(text, "agreement", agreement_table(models, y, tests))
    corrupted = robustness.read_rows()
    text = replace_table(text, "robustness", robustness_table(corrupted))
    text = replace_table(text, "small digits", small_digits_table(corrupted))
    text = replace_table(text, "own digits", own_digits_table())
    text = replace_table(text, "own pages", own_pages_table())
    text = replace_table(text, "calibration", calibration_table())
    text = replace_table(text, "pictures", pictures_table())
    text = replace_table(text, "feed", feed_table())
    text = replace_table(text, "feed alone", feed_alone_table())
    text = replace_table(text, "memory", memory_table())
    text = replace_table(text, "peak", peak_table())
    text = replace_table(text, "pruning", pruning_table())
    text = replace_table(text, "overhead", overhead_table())
    text = replace_table(text, "grid", grid_table())
    path.write_text(text, encoding="utf-8")
    for name, colours in COLOURS.items():
        draw(chart_points(rows), DOCS / "benchmarks" / name, colours)


if __name__ == "__main__":
    main()
