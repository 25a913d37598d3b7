"""Drawings: vector graphics, each with a text alternative made from the same numbers."""

from onearm.figures.drawing import Drawing
from onearm.figures.forest import forest
from onearm.figures.overview import overview

__all__ = ["Drawing", "forest", "overview"]
