"""The tables of a data folder: columns, files, rules, and how they are read."""
