"""Meta-regression, by inverse variance or by the GLMM."""
