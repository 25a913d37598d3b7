"""Models of single-arm proportions: options in, a pure function out.

Vocabulary: *events* of *n* patients per study; the *median proportion* is the
back-transformed centre, the *marginal mean* the average over studies; *tau2* is the
variance between studies on the model's scale; a *batch* is an array (studies,
datasets) in which ``n = 0`` means that the study is not in that dataset.
"""

from onearm.cautions import Caution
from onearm.models.base import Cost, Model
from onearm.models.bayes.model import Bayes
from onearm.models.beta_binomial.model import BetaBinomial
from onearm.models.clustered.base import Clustered, groups_of, leave_one_study_out
from onearm.models.clustered.bayes import ThreeLevelBayes
from onearm.models.clustered.glmm import ThreeLevelBinomialNormal
from onearm.models.clustered.inverse_variance import ThreeLevelInverseVariance
from onearm.models.description import Description
from onearm.models.errors import ModelError
from onearm.models.estimability import Verdict
from onearm.models.exact import clopper_pearson
from onearm.models.fit import Fit, Flag
from onearm.models.glmm.model import BinomialNormal
from onearm.models.inverse_variance.model import InverseVariance
from onearm.models.inverse_variance.transforms import CORRECTIONS, TRANSFORMS
from onearm.models.many import pool_many
from onearm.models.pool import pool
from onearm.models.registry import MODELS, THREE_LEVEL, in_studies, make_model, studies_or_rows
from onearm.models.regression.fit import meta_regression
from onearm.models.regression.result import Coefficient, Regression
from onearm.models.result import Pooled, StudyResult
from onearm.models.subgroups import Subgroups, subgroups

__all__ = [
    "CORRECTIONS",
    "MODELS",
    "THREE_LEVEL",
    "TRANSFORMS",
    "Bayes",
    "BetaBinomial",
    "BinomialNormal",
    "Caution",
    "Clustered",
    "Coefficient",
    "Cost",
    "Description",
    "Fit",
    "Flag",
    "InverseVariance",
    "Model",
    "ModelError",
    "Pooled",
    "Regression",
    "StudyResult",
    "Subgroups",
    "ThreeLevelBayes",
    "ThreeLevelBinomialNormal",
    "ThreeLevelInverseVariance",
    "Verdict",
    "clopper_pearson",
    "groups_of",
    "in_studies",
    "leave_one_study_out",
    "make_model",
    "meta_regression",
    "pool",
    "pool_many",
    "studies_or_rows",
    "subgroups",
]
