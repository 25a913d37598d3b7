"""The plan itself, printed: outcomes, thresholds, gates, checks, certainty, deviations."""

from __future__ import annotations

from importlib.metadata import version

from markupsafe import Markup

import onearm
from onearm.evidence import Evidence, Protocol
from onearm.evidence.tables.columns import TABLES
from onearm.models import Model
from onearm.report.build.colophon import PACKAGES
from onearm.report.kit.html import Html, bullets, link, prose, table
from onearm.report.kit.references import cite
from onearm.robustness.gates import DIAGNOSTICS
from onearm.words import count, listing, percent

__all__ = ["appraisal", "certainty", "checks", "collection", "deviations_table", "frozen",
           "gates_table", "materials", "outcomes_table", "software_table", "status_table",
           "thresholds_table"]  # fmt: skip

_TOOLS = {
    "jbi_case_series": ("the JBI checklist for case series (ten items)", "munn2020"),
    "murad_case_report": ("Murad's tool for case reports (eight items)", "murad2018"),
}


def outcomes_table(protocol: Protocol) -> Html:
    """Return what is counted for each outcome."""
    rows = [
        (plan.label, plan.definition, plan.denominator,
         listing(list(plan.sensitivity_denominators)) or "none",
         str(plan.min_n or protocol.pooling.minimum_n))
        for plan in protocol.outcome
    ]  # fmt: skip
    columns = ["Outcome", "Definition", "Counted per patient …", "As sensitivity per patient …",
               "Fewest patients"]  # fmt: skip
    return table("The outcomes of the plan", columns, rows, name="plan-outcomes",
                 numeric=["Fewest patients"])  # fmt: skip


def thresholds_table(protocol: Protocol) -> Html:
    """Return the proportion that matters for each outcome, with its reason."""
    rows = [
        (plan.label, percent(plan.threshold), f"{plan.direction} is better", plan.threshold_reason)
        for plan in protocol.outcome
    ]
    return table("The proportions that matter, and why", ["Outcome", "Proportion", "Direction",
                 "Reason"], rows, name="plan-thresholds", numeric=["Proportion"])  # fmt: skip


def gates_table(protocol: Protocol) -> Html:
    """Return the fewest studies for which each diagnostic is shown."""
    rows = [
        (
            item.label,
            str(protocol.gates.get(name, item.needs)),
            f"{item.why[:1].upper()}{item.why[1:]}.",
        )
        for name, item in DIAGNOSTICS.items()
    ]
    columns = ["Diagnostic", "Studies", "Why no fewer"]
    return table("The fewest studies for each diagnostic", columns, rows, name="plan-gates",
                 numeric=["Studies"])  # fmt: skip


def checks(protocol: Protocol) -> Html:
    """Say how robustness is examined."""
    curve = protocol.specifications
    level = f"{100 * protocol.pooling.level:g} %"
    scales = listing(list(curve.transforms))
    items = [
        Markup("Agreement of the methods: where their lower or their upper limits lie more than "
               "{} apart, the answer is the method's and not the data's, and the page advises "
               "not to pool {}.").format(
            f"{100 * protocol.agreement.margin:g} points", cite("bender2018")),
        f"Calibration: how often each method's {level} interval holds the true median proportion, "
        "on which side it misses it, and how often its prediction interval holds the true rate of "
        "a new study, for studies of exactly these sizes: by enumerating every possible table of "
        "counts where that can be done and by weighted draws with a fixed seed elsewhere. It "
        "depends on the sizes alone, never on the events.",
        Markup("Specification curve: every admissible combination of evidence set, denominator, "
               "definition, smallest study ({}), handling of overlap, scale ({}), estimator of "
               "tau² ({}), interval ({}) and likelihood ({}) {}.").format(
            listing([str(least) for least in curve.minimum_n], "or") or "as planned",
            scales, listing(list(curve.tau2)), listing(list(curve.ci)),
            listing(sorted({item.model for item in curve.likelihoods})) or "none",
            cite("simonsohn2020", "voracek2019")),
        Markup("Subsets and influence: the pool without each study, under every model of the plan, "
               "and all subsets {}. {}").format(
            cite("viechtbauer2010", "olkin2012"), _influence(protocol.primary.make())),
        Markup("Cumulative: the pool as studies came in, by year and from the largest to the "
               "smallest {}.").format(cite("lau1992")),
        Markup("Meta-regression: whether proportions go with setting, drugs, size of the study "
               "(for twice the patients) and year, one at a time, by the binomial-normal GLMM {}, "
               "with t limits and F tests on k less the number of coefficients. Exploratory, of "
               "studies and not of patients, not corrected for the number of looks, and never "
               "below {}.").format(
            cite("stijnen2010", "thompson2002"),
            count(_needs("meta_regression", protocol), "study", "studies")),
        Markup("Fragility: the fewest events to add or take away for the interval to lie on "
               "another side of the proportion that matters {}.").format(
            cite("walsh2014", "atal2019")),
        Markup("Unseen studies: how many would move the estimate to the other side {}.").format(
            cite("rosenthal1979")),
        Markup("Small studies: results against study size, since the error of a proportion "
               "depends on the proportion {}; Peters' regression {}, never below {} {}.").format(
            cite("hunter2014"), cite("peters2006"),
            count(_needs("small_study_effects", protocol), "study", "studies"),
            cite("sterne2011")),
    ]  # fmt: skip
    return bullets(items, none="")


def _influence(model: Model) -> str | Markup:
    """Say how influence is measured under the primary model."""
    if model.has_effects:
        return "The measures are those for normal models, with standard errors before any scaling."
    return Markup(
        "A likelihood knows no effects with variances of their own, so the measures are defined "
        "for it on logits: the variance of study i is 1/(n p (1 − p)) at the fitted median p, "
        "which gives hat values in proportion to 1/(variance + tau²); the deleted residual is the "
        "normal quantile of the mid-p value of the study's events, predicted from the others with "
        "centre mu and variance tau² + se² {}, and so exists without an event too; the "
        "contribution to Q is the study's share of the likelihood-ratio Q."
    ).format(cite("marshall2007"))


def certainty(protocol: Protocol) -> Html:
    """Say how certainty is judged."""
    rules = protocol.certainty
    return prose(
        Markup("Certainty follows GRADE {}: very low, low, moderate or high. {}").format(
            cite("guyatt2008"), _start(rules.start)),
        "Risk of bias, indirectness and publication bias are judged by people for each evidence "
        "set, each with a reason that cannot be empty; a stratum takes these judgements over and "
        "says so. Inconsistency and imprecision are computed from each pool.",
        "Inconsistency lowers it by one level when two studies' own exact intervals lie wholly on "
        "opposite sides of the proportion that matters, or when the prediction interval holds "
        f"that proportion and is wider than {_points(rules.wide_prediction)}. I² never decides.",
        "Imprecision lowers it by one level when the interval shown holds the proportion that "
        f"matters, or when there are fewer than {count(rules.minimum_studies, 'study', 'studies')} "
        f"or {count(rules.minimum_patients, 'patient')}; by two when both are so.",
    )  # fmt: skip


def _start(level: str) -> Markup:
    """Say where certainty starts, and that this is not where GRADE's guidance starts it."""
    guidance = Markup(
        "For rates in one group, GRADE's guidance on prognosis starts bodies of cohort evidence at "
        "high {}."
    ).format(cite("iorio2015"))
    if level == "high":
        return Markup("{} So does this plan.").format(guidance)
    return Markup(
        "{} This plan departs from it on purpose: these are uncontrolled series of patients "
        "selected by surgery, so it starts at {}."
    ).format(guidance, level)


def collection(evidence: Evidence) -> Html:
    """Say what was read, how counts were taken, and which other items were recorded."""
    read = evidence.studies["source_type"].value_counts()
    sources = listing(
        [f"{str(kind).replace('_', ' ')} ({number})" for kind, number in read.items()]
    )
    basis = evidence.outcomes["basis"].value_counts()
    recorded = [item.name.replace("_", " ") for item in TABLES["studies"].fields[6:-1]]
    return prose(
        f"What was read of the studies: {sources}. Every count carries the document and the place "
        f"in it; {basis.get('stated', 0)} are stated there, {basis.get('derived', 0)} are derived "
        "by arithmetic that stands beside them. What a source does not give is empty, with the "
        "reason, and never zero.",
        "Printed percentages and intervals are kept to be checked against the counts, and never "
        f"enter a result. Of each study was recorded besides: {listing(recorded)}.",
    )


def materials() -> Html:
    """Say what can be had, and where."""
    items = [
        Markup("Every number of this report: {} and, one line a pool, {}.").format(
            link("results.json", "results.json"), link("results.csv", "results.csv")),
        Markup("The tables of the evidence and the plan, as they were read: {}; with their "
               "dictionary in the folder data/ of the project. There is no other extraction form: "
               "the tables are it.").format(
            link("evidence.html#tables", "to take from the evidence page")),
        "The executed notebook of each page, beside it under the same name; the notebooks they "
        "were made from, in notebooks/; the package that computes, in src/onearm/. Under the MIT "
        "licence.",
        Markup("The numbers, a drawing and the command of each figure are linked below it; what "
               "the folder holds is told to machines by {}.").format(
            link("ro-crate-metadata.json", "ro-crate-metadata.json")),
        "Not to be had here: the documents the counts were taken from. Their citations are on the "
        "evidence page.",
    ]  # fmt: skip
    return bullets(items, none="")


def appraisal(evidence: Evidence) -> Html:
    """Say with which tools the studies were appraised."""
    said = []
    for tool, part in evidence.appraisal.groupby("tool", sort=True):
        words, key = _TOOLS.get(str(tool), (str(tool).replace("_", " "), ""))
        studies = count(part["study_id"].nunique(), "study", "studies")
        said.append(Markup("{} by {}{}").format(
            studies, words, Markup(" {}").format(cite(key)) if key else ""))  # fmt: skip
    if not said:
        return prose("No study has been appraised.")
    return prose(
        Markup("Appraised: {}. Each item is judged with its reason and never summed to a score; "
               "“not assessable” says that the source at hand does not tell.").format(
            Markup("; ").join(said))
    )  # fmt: skip


def status_table(protocol: Protocol) -> Html:
    """Return where the living review stands."""
    status = protocol.status
    if status is None:
        return prose("The plan does not say whether the review is kept up to date.")
    rows = [
        ("Mode", f"{status.mode}: {status.why}"), ("Data frozen", status.data_frozen),
        ("Last search", status.last_search), ("Next search", status.next_search),
        ("What triggers an update", status.trigger), ("When it ends", status.retirement),
    ]  # fmt: skip
    return table("Where the living review stands", ["Item", "Value"], rows, name="status")


def frozen(protocol: Protocol) -> Html:
    """Say when the plan was frozen, and what was known by then."""
    return prose(protocol.frozen or "The plan does not say when it was frozen.")


def deviations_table(protocol: Protocol) -> Html:
    """Return every departure from the plan as it was frozen."""
    if not protocol.deviation:
        return prose("No deviation from the plan is recorded.")
    rows = [(item.date, item.what, item.why) for item in protocol.deviation]
    return table("Departures from the plan", ["Date", "What", "Why"], rows, name="deviations")


def software_table() -> Html:
    """Return the packages that computed and rendered, with their versions."""
    rows = [("onearm", onearm.__version__), *((name, version(name)) for name in PACKAGES)]
    return table("Software", ["Package", "Version"], rows, name="software")


def _needs(name: str, protocol: Protocol) -> int:
    return protocol.gates.get(name, DIAGNOSTICS[name].needs)


def _points(share: float) -> str:
    return f"{100 * share:g} points"
