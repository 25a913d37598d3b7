"""The literature behind the methods: one entry a work, cited, listed, and exported as BibTeX.

Only what was checked stands here; a field that could not be is left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from markupsafe import Markup

from onearm.report.kit.html import Html, bullets
from onearm.words import listing

__all__ = [
    "BIBTEX_FILE",
    "REFERENCES",
    "Reference",
    "bibtex",
    "bibtex_details",
    "cite",
    "entry",
    "reference_list",
]

BIBTEX_FILE = "references.bib"
_SPECIAL = {"&": r"\&", "%": r"\%", "_": r"\_", "#": r"\#", "$": r"\$"}
# Braces must balance, so that a lone one is written in words.
_SPECIAL |= {"{": r"\textbraceleft{}", "}": r"\textbraceright{}", "\\": r"\textbackslash{}"}


def cite(*keys: str) -> Markup:
    """Return citations for the text, each a link to its entry in the list; nothing of none.

    Raises
    ------
    KeyError
        When there is no such reference.
    """
    if not keys:
        return Markup("")
    parts = [Markup('<a href="#ref-{}">{}</a>').format(key, REFERENCES[key].short) for key in keys]
    return Markup("({})").format(Markup("; ").join(parts))


def entry(reference: Reference) -> Markup:
    """Return a work as it stands in the list of references."""
    names = [_initials(author) for author in reference.authors]
    who = ", ".join("et al." if name == "others" else name for name in names)
    where = " ".join(filter(None, (reference.venue, str(reference.year or ""))))
    place = reference.volume + (f"({reference.number})" if reference.number else "")
    place = ":".join(filter(None, (place, reference.pages)))
    told = ". ".join(filter(None, (who.rstrip("."), reference.title)))
    tail = "; ".join(filter(None, (where, place)))
    label = f"doi:{reference.doi}" if reference.doi else reference.url
    return Markup('<span id="ref-{}">{}.{} <a href="{}">{}</a></span>').format(
        reference.key, told, f" {tail}." if tail else "", reference.address, label
    )


def reference_list(keys: Iterable[str] = ()) -> Html:
    """Return the list of the works named, or of all, by first author."""
    chosen = [REFERENCES[key] for key in keys] or list(REFERENCES.values())
    chosen.sort(key=lambda item: (item.short.casefold(), item.title))
    return bullets((entry(item) for item in chosen), none="No reference.")


def bibtex(references: Iterable[Reference] | None = None) -> str:
    """Return a BibTeX file, in UTF-8, sorted by key."""
    items = REFERENCES.values() if references is None else references
    return "\n".join(_bibtex_entry(item) for item in sorted(items, key=lambda item: item.key))


def bibtex_details() -> Html:
    """Return the BibTeX file folded away, with the link to it."""
    text = bibtex()
    html = Markup(
        '<p>As a file: <a href="{}">{}</a>.</p>\n'
        '<details class="bibtex"><summary>BibTeX of all references</summary>'
        '<pre tabindex="0">{}</pre></details>'
    ).format(BIBTEX_FILE, BIBTEX_FILE, text)
    return Html(str(html), text)


def _bibtex_entry(reference: Reference) -> str:
    kind = "article" if reference.venue else "misc"
    fields = {
        "author": " and ".join(
            f"{{{name}}}" if "," not in name and name != "others" else name
            for name in map(_escaped, reference.authors)
        ),
        "title": f"{{{_escaped(reference.title)}}}",
        "journal": _escaped(reference.venue),
        "year": str(reference.year or ""),
        "volume": reference.volume,
        "number": reference.number,
        "pages": reference.pages.replace("–", "--"),
        "doi": reference.doi,
        "url": "" if reference.doi else reference.url,
    }
    lines = [f"  {name} = {{{value}}}" for name, value in fields.items() if value]
    return f"@{kind}{{{reference.key},\n" + ",\n".join(lines) + "\n}\n"


def _escaped(text: str) -> str:
    return "".join(_SPECIAL.get(char, char) for char in text)


def _initials(author: str) -> str:
    """Return "Knapp, Guido" as "Knapp G", and "Cheung, Mike W.-L." as "Cheung MWL"."""
    family, _, given = author.partition(", ")
    letters = "".join(part[0] for part in given.replace("-", " ").replace(".", " ").split())
    return f"{family} {letters}".strip()


@dataclass(frozen=True)
class Reference:
    """One work.

    Attributes
    ----------
    key : str
        By which it is cited, and its key in BibTeX.
    authors : tuple of str
        "Family, Given", in order; "others" ends a list that is cut.
    year : int
        Of publication; 0 for software, of which the version used is printed instead.
    title, venue, pages : str
        Title; journal, or book; pages or article number.
    doi, url : str
        Without https://doi.org/; an address where there is no DOI.
    """

    key: str
    authors: tuple[str, ...]
    year: int
    title: str
    venue: str = ""
    volume: str = ""
    number: str = ""
    pages: str = ""
    doi: str = ""
    url: str = ""

    @property
    def short(self) -> str:
        """The citation in the text: "Knapp and Hartung 2003"."""
        families = [author.split(",")[0] for author in self.authors]
        many = len(families) > 3 or families[-1] == "others"
        names = f"{families[0]} et al." if many else listing(families)
        return f"{names} {self.year}" if self.year else names

    @property
    def address(self) -> str:
        """Where the work is found."""
        return f"https://doi.org/{self.doi}" if self.doi else self.url


def _article(
    key: str, authors: str, year: int, title: str, venue: str, place: str, doi: str
) -> Reference:
    """Return an article; `place` is "volume(number):pages", each part as far as it is known."""
    volume, _, pages = place.partition(":")
    volume, _, number = volume.rstrip(")").partition("(")
    names = tuple(name.strip() for name in authors.split(";"))
    return Reference(key, names, year, title, venue, volume, number, pages, doi)


_STAT_MED = "Statistics in Medicine"
_RSM = "Research Synthesis Methods"
_JCE = "Journal of Clinical Epidemiology"
REFERENCES: dict[str, Reference] = {item.key: item for item in (
    _article("clopper1934", "Clopper, C. J.; Pearson, E. S.", 1934,
             "The use of confidence or fiducial limits illustrated in the case of the binomial",
             "Biometrika", "26(4):404–413", "10.1093/biomet/26.4.404"),
    _article("stijnen2010", "Stijnen, Theo; Hamza, Taye H.; Özdemir, Pinar", 2010,
             "Random effects meta-analysis of event outcome in the framework of the generalized "
             "linear mixed model with applications in sparse data",
             _STAT_MED, "29(29):3046–3067", "10.1002/sim.4040"),
    _article("rover2021", "Röver, Christian; Bender, Ralf; Dias, Sofia; others", 2021,
             "On weakly informative prior distributions for the heterogeneity parameter in "
             "Bayesian random-effects meta-analysis", _RSM, "12(4):448–474", "10.1002/jrsm.1475"),
    _article("michael2019", "Michael, Haben; Thornton, Suzanne; Xie, Minge; Tian, Lu", 2019,
             "Exact inference on the random-effects model for meta-analyses with few studies",
             "Biometrics", "75(2):485–493", "10.1111/biom.12998"),
    _article("little2006", "Little, Roderick J.", 2006,
             "Calibrated Bayes: a Bayes/frequentist roadmap",
             "The American Statistician", "60(3):213–223", "10.1198/000313006X117837"),
    _article("lin2020", "Lin, Lifeng; Chu, Haitao", 2020,
             "Meta-analysis of proportions using generalized linear mixed models",
             "Epidemiology", "31(5):713–717", "10.1097/EDE.0000000000001232"),
    _article("trefethen2014", "Trefethen, Lloyd N.; Weideman, J. A. C.", 2014,
             "The exponentially convergent trapezoidal rule", "SIAM Review", "56(3):385–458",
             "10.1137/130932132"),
    _article("knapp2003", "Knapp, Guido; Hartung, Joachim", 2003,
             "Improved tests for a random effects meta-regression with a single covariate",
             _STAT_MED, "22(17):2693–2710", "10.1002/sim.1482"),
    _article("rover2015", "Röver, Christian; Knapp, Guido; Friede, Tim", 2015,
             "Hartung-Knapp-Sidik-Jonkman approach and its modification for random-effects "
             "meta-analysis with few studies", "BMC Medical Research Methodology", "15:99",
             "10.1186/s12874-015-0091-1"),
    _article("viechtbauer2007", "Viechtbauer, Wolfgang", 2007,
             "Confidence intervals for the amount of heterogeneity in meta-analysis",
             _STAT_MED, "26(1):37–52", "10.1002/sim.2514"),
    _article("veroniki2016", "Veroniki, Areti Angeliki; Jackson, Dan; Viechtbauer, Wolfgang; "
             "others", 2016,
             "Methods to estimate the between-study variance and its uncertainty in meta-analysis",
             _RSM, "7(1):55–79", "10.1002/jrsm.1164"),
    _article("higgins2002", "Higgins, Julian P. T.; Thompson, Simon G.", 2002,
             "Quantifying heterogeneity in a meta-analysis", _STAT_MED, "21(11):1539–1558",
             "10.1002/sim.1186"),
    _article("higgins2009",
             "Higgins, Julian P. T.; Thompson, Simon G.; Spiegelhalter, David J.", 2009,
             "A re-evaluation of random-effects meta-analysis",
             "Journal of the Royal Statistical Society: Series A", "172(1):137–159",
             "10.1111/j.1467-985X.2008.00552.x"),
    _article("freeman1950", "Freeman, Murray F.; Tukey, John W.", 1950,
             "Transformations related to the angular and the square root",
             "The Annals of Mathematical Statistics", "21(4):607–611", "10.1214/aoms/1177729756"),
    _article("miller1978", "Miller, John J.", 1978,
             "The inverse of the Freeman–Tukey double arcsine transformation",
             "The American Statistician", "32(4):138", "10.1080/00031305.1978.10479283"),
    _article("schwarzer2019", "Schwarzer, Guido; Chemaitelly, Hiam; Abu-Raddad, Laith J.; "
             "Rücker, Gerta", 2019,
             "Seriously misleading results using inverse of Freeman-Tukey double arcsine "
             "transformation in meta-analysis of single proportions", _RSM, "10(3):476–483",
             "10.1002/jrsm.1348"),
    _article("bender2018", "Bender, Ralf; Friede, Tim; Koch, Armin; others", 2018,
             "Methods for evidence synthesis in the case of very few studies", _RSM,
             "9(3):382–392", "10.1002/jrsm.1297"),
    _article("simonsohn2020", "Simonsohn, Uri; Simmons, Joseph P.; Nelson, Leif D.", 2020,
             "Specification curve analysis", "Nature Human Behaviour", "4(11):1208–1214",
             "10.1038/s41562-020-0912-z"),
    _article("voracek2019", "Voracek, Martin; Kossmeier, Michael; Tran, Ulrich S.", 2019,
             "Which data to meta-analyze, and how? A specification-curve and "
             "multiverse-analysis approach to meta-analysis", "Zeitschrift für Psychologie",
             "227(1):64–82", "10.1027/2151-2604/a000357"),
    _article("olkin2012", "Olkin, Ingram; Dahabreh, Issa J.; Trikalinos, Thomas A.", 2012,
             "GOSH – a graphical display of study heterogeneity", _RSM, "3(3):214–223",
             "10.1002/jrsm.1053"),
    _article("viechtbauer2010", "Viechtbauer, Wolfgang; Cheung, Mike W.-L.", 2010,
             "Outlier and influence diagnostics for meta-analysis", _RSM, "1(2):112–125",
             "10.1002/jrsm.11"),
    _article("marshall2007", "Marshall, E. C.; Spiegelhalter, D. J.", 2007,
             "Identifying outliers in Bayesian hierarchical models: a simulation-based approach",
             "Bayesian Analysis", "2(2):409–444", "10.1214/07-BA218"),
    _article("thompson2002", "Thompson, Simon G.; Higgins, Julian P. T.", 2002,
             "How should meta-regression analyses be undertaken and interpreted?",
             "Statistics in Medicine", "21(11):1559–1573", "10.1002/sim.1187"),
    _article("lau1992", "Lau, Joseph; Antman, Elliott M.; Jimenez-Silva, Jeanette; others", 1992,
             "Cumulative meta-analysis of therapeutic trials for myocardial infarction",
             "New England Journal of Medicine", "327(4):248–254", "10.1056/NEJM199207233270406"),
    _article("walsh2014", "Walsh, Michael; Srinathan, Sadeesh K.; McAuley, Daniel F.; others",
             2014, "The statistical significance of randomized controlled trial results is "
             "frequently fragile: a case for a Fragility Index", _JCE, "67(6):622–628",
             "10.1016/j.jclinepi.2013.10.019"),
    _article("atal2019", "Atal, Ignacio; Porcher, Raphaël; Boutron, Isabelle; Ravaud, Philippe",
             2019, "The statistical significance of meta-analyses is frequently fragile: "
             "definition of a fragility index for meta-analyses", _JCE, "111:32–40",
             "10.1016/j.jclinepi.2019.03.012"),
    _article("rosenthal1979", "Rosenthal, Robert", 1979,
             "The file drawer problem and tolerance for null results", "Psychological Bulletin",
             "86(3):638–641", "10.1037/0033-2909.86.3.638"),
    _article("hunter2014", "Hunter, James P.; Saratzis, Athanasios; Sutton, Alex J.; others", 2014,
             "In meta-analyses of proportion studies, funnel plots were found to be an "
             "inaccurate method of assessing publication bias", _JCE, "67(8):897–903",
             "10.1016/j.jclinepi.2014.03.003"),
    _article("peters2006", "Peters, Jaime L.; Sutton, Alex J.; Jones, David R.; Abrams, Keith R.; "
             "Rushton, Lesley", 2006,
             "Comparison of two methods to detect publication bias in meta-analysis", "JAMA",
             "295(6):676–680", "10.1001/jama.295.6.676"),
    _article("sterne2011", "Sterne, Jonathan A. C.; Sutton, Alex J.; Ioannidis, John P. A.; "
             "others", 2011,
             "Recommendations for examining and interpreting funnel plot asymmetry in "
             "meta-analyses of randomised controlled trials", "BMJ", "343:d4002",
             "10.1136/bmj.d4002"),
    _article("page2021", "Page, Matthew J.; McKenzie, Joanne E.; Bossuyt, Patrick M.; others",
             2021, "The PRISMA 2020 statement: an updated guideline for reporting systematic "
             "reviews", "BMJ", "372:n71", "10.1136/bmj.n71"),
    _article("akl2024", "Akl, Elie A.; others", 2024,
             "Extension of the PRISMA 2020 statement for living systematic reviews (PRISMA-LSR): "
             "checklist and explanation", "BMJ", "387:e079183", "10.1136/bmj-2024-079183"),
    _article("guyatt2008", "Guyatt, Gordon H.; Oxman, Andrew D.; Vist, Gunn E.; others", 2008,
             "GRADE: an emerging consensus on rating quality of evidence and strength of "
             "recommendations", "BMJ", "336(7650):924–926", "10.1136/bmj.39489.470347.AD"),
    _article("iorio2015", "Iorio, Alfonso; Spencer, Frederick A.; Falavigna, Maicon; others", 2015,
             "Use of GRADE for assessment of evidence about prognosis: rating confidence in "
             "estimates of event rates in broad categories of patients", "BMJ", "350:h870",
             "10.1136/bmj.h870"),
    _article("gigerenzer2003", "Gigerenzer, Gerd; Edwards, Adrian", 2003,
             "Simple tools for understanding risks: from innumeracy to insight", "BMJ",
             "327(7417):741–744", "10.1136/bmj.327.7417.741"),
    _article("migliavaca2022", "Migliavaca, Celina Borges; others", 2022,
             "Meta-analysis of prevalence: I² statistic and how to deal with heterogeneity",
             _RSM, "", "10.1002/jrsm.1547"),
    _article("munn2020", "Munn, Zachary; Barker, Timothy Hugh; Moola, Sandeep; others", 2020,
             "Methodological quality of case series studies: an introduction to the JBI critical "
             "appraisal tool", "JBI Evidence Synthesis", "18(10):2127–2133",
             "10.11124/JBISRIR-D-19-00099"),
    _article("murad2018", "Murad, M. Hassan; Sultan, Shahnaz; Haffar, Samir; Bazerbachi, Fateh",
             2018, "Methodological quality and synthesis of case series and case reports",
             "BMJ Evidence-Based Medicine", "23(2):60–63", "10.1136/bmjebm-2017-110853"),
    Reference("pymare", ("PyMARE developers",), 0,
              "PyMARE: Python Meta-Analysis & Regression Engine (software)",
              url="https://github.com/neurostuff/PyMARE"),
)}  # fmt: skip
