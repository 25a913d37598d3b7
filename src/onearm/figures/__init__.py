"""Drawings: vector graphics, each with a text alternative made from the same numbers."""

from onearm.figures.coverage_map import coverage_map
from onearm.figures.drawing import Drawing
from onearm.figures.flow import flow
from onearm.figures.forest import forest
from onearm.figures.funnel import funnel
from onearm.figures.gosh import gosh
from onearm.figures.influence_plot import influence_plot
from onearm.figures.overview import overview
from onearm.figures.shrinkage import shrinkage
from onearm.figures.sparkline import sparkline
from onearm.figures.specification_curve import specification_curve
from onearm.figures.timeline import timeline

__all__ = [
    "Drawing",
    "coverage_map",
    "flow",
    "forest",
    "funnel",
    "gosh",
    "influence_plot",
    "overview",
    "shrinkage",
    "sparkline",
    "specification_curve",
    "timeline",
]
