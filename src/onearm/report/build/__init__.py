"""From a data folder to a published report: runs, kernels, records, pages, comparison."""
