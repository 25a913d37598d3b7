"""Drawings: vector graphics, each with a text alternative made from the same numbers."""

from onearm.figures.drawing import Drawing
from onearm.figures.forest import forest
from onearm.figures.funnel import funnel
from onearm.figures.overview import overview
from onearm.figures.specification_curve import specification_curve

__all__ = ["Drawing", "forest", "funnel", "overview", "specification_curve"]
