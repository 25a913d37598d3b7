"""A report as a manuscript: paragraphs, tables and figures in a Word file, and references."""
