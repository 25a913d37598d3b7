# Prints the median seconds of one fit by rma and by rma.glmm, over datasets like those of run.py.
suppressMessages(library(metafor))
stopifnot(requireNamespace("lme4", quietly = TRUE))
set.seed(1)
one <- function(i) {
  n <- sample(8:40, 8, replace = TRUE)
  list(x = rbinom(8, n, plogis(-1 + 0.6 * rnorm(8))), n = n)
}
sets <- lapply(1:25, one)
timed <- function(fit) {
  try(fit(sets[[1]]), silent = TRUE)
  t <- vapply(sets, function(s) system.time(try(suppressWarnings(fit(s)), silent = TRUE))[[3]], 0)
  median(t)
}
# twenty at a time: one fit is near the clock's resolution
rma20 <- timed(function(s) for (i in 1:20) predict(rma(xi = s$x, ni = s$n, measure = "PLO", test = "adhoc")))
glmm <- timed(function(s) rma.glmm(xi = s$x, ni = s$n, measure = "PLO"))
cat("rma", rma20 / 20, "\n")
cat("rma.glmm", glmm, "\n")
