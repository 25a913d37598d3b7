# Regenerates references.csv from datasets.csv: values of R's metafor, and exact values by
# brute-force quadrature written here in plain R, with nothing of onearm in it.
#   Rscript validation/references.R        (metafor >= 3.8; a few minutes)
suppressMessages(library(metafor))
here <- sub("--file=", "", grep("--file=", commandArgs(), value = TRUE))
setwd(dirname(normalizePath(here)))
data <- read.csv("datasets.csv", na.strings = "")
control <- list(threshold = 1e-12, maxiter = 20000, tol = 1e-14, tau2.max = 1e6)
out <- list()
put <- function(set, block, values) {
  values <- values[is.finite(values)]
  if (length(values)) {
    out[[length(out) + 1]] <<- data.frame(dataset = set, block = block,
      quantity = names(values), value = unname(values))
  }
}

inverse_variance <- function(set, x, n) {
  for (measure in c("PLO", "PLN", "PAS", "PFT", "PR")) {
    add <- if (measure %in% c("PAS", "PFT")) 0 else 0.5
    e <- escalc(measure, xi = x, ni = n, add = add, to = "only0")
    for (method in c("EE", "DL", "HE", "HS", "SJ", "ML", "REML", "PM")) {
      for (test in c("z", "knha", "adhoc")) {
        f <- tryCatch(suppressWarnings(rma(yi, vi, data = e, method = method, test = test,
          control = control)), error = function(err) NULL)
        if (is.null(f) || (test == "knha" && f$se < 1e-8)) next
        p <- predict(f)
        v <- c(b = c(f$b), se = f$se, ci.lb = f$ci.lb, ci.ub = f$ci.ub)
        if (method != "EE") v <- c(v, pi.lb = p$pi.lb, pi.ub = p$pi.ub)
        if (test == "z") {
          v <- c(v, tau2 = f$tau2, I2 = f$I2, H2 = f$H2, QE = f$QE, QEp = f$QEp)
          if (method == "DL") {
            q <- tryCatch(confint(f, control = list(tol = 1e-14, maxiter = 20000,
              tau2.max = 1e6))$random["tau^2", ], error = function(err) NULL)
            if (!is.null(q)) v <- c(v, qp.lb = q[["ci.lb"]], qp.ub = q[["ci.ub"]])
          }
        }
        put(set, paste("uni", measure, method, test, sep = "/"), v)
      }
    }
  }
}

# log of each study's marginal likelihood and its derivatives in (mu, tau): trapezoid rule
# over the standardised random effect, fine enough for tau up to 12 and n up to a few hundred
z <- seq(-10.5, 10.5, length.out = 6001)
study_terms <- function(x, n, mu, tau) {
  theta <- mu + tau * z
  lw <- dnorm(z, log = TRUE) + log(z[2] - z[1])
  vapply(seq_along(x), function(i) {
    lf <- dbinom(x[i], n[i], plogis(theta), log = TRUE) + lw
    top <- max(lf)
    f <- exp(lf - top)
    total <- sum(f)
    s <- x[i] - n[i] * plogis(theta)
    c(top + log(total), sum(f * s) / total, sum(f * s * z) / total)
  }, numeric(3))
}

glmm <- function(set, x, n) {
  value <- function(p) -sum(study_terms(x, n, p[1], p[2])[1, ])
  slope <- function(p) -rowSums(study_terms(x, n, p[1], p[2])[2:3, , drop = FALSE])
  pooled <- qlogis(sum(x) / sum(n))
  zero <- sum(dbinom(x, n, sum(x) / sum(n), log = TRUE))
  best <- NULL
  for (start in c(0.3, 1, 3)) {
    f <- tryCatch(optim(c(pooled, start), value, slope, method = "BFGS",
      control = list(reltol = 1e-16, maxit = 500)), error = function(err) NULL)
    if (!is.null(f) && (is.null(best) || f$value < best$value)) best <- f
  }
  saturated <- sum(dbinom(x, n, x / n, log = TRUE))
  v <- c(ll = zero, b = pooled, tau2 = 0, se = 1 / sqrt(sum(n) * plogis(pooled) *
    plogis(-pooled)))
  if (-best$value > zero + 1e-9) {
    for (step in 1:3) { # Newton, so that the gradient vanishes to rounding
      h <- optimHess(best$par, value, slope, control = list(ndeps = c(1e-4, 1e-4)))
      best$par <- best$par - solve(h, slope(best$par))
    }
    v <- c(ll = -value(best$par), b = best$par[1], tau2 = best$par[2]^2,
      se = sqrt(solve(h)[1, 1]))
  }
  put(set, "glmm", c(v, QE.LRT = 2 * (saturated - zero)))
}

beta_binomial <- function(set, x, n) {
  value <- function(p) {
    a <- exp(p[2]) * plogis(p[1])
    b <- exp(p[2]) * plogis(-p[1])
    -sum(lchoose(n, x) + lbeta(x + a, n - x + b) - lbeta(a, b))
  }
  zero <- sum(dbinom(x, n, sum(x) / sum(n), log = TRUE))
  best <- optim(c(qlogis(sum(x) / sum(n)), 2), value, method = "BFGS",
    control = list(reltol = 1e-16, maxit = 1000))
  v <- c(ll = zero, p = sum(x) / sum(n), rho = 0)
  if (-best$value > zero + 1e-6) {
    v <- c(ll = -best$value, p = plogis(best$par[1]), rho = 1 / (exp(best$par[2]) + 1))
  }
  put(set, "betabinomial", v)
}

# posterior on a plain grid: Simpson's rule in tau on [0, 8], trapezoid in mu, 401 points in z
bayes <- function(set, x, n) {
  # without any event the prior alone ends the posterior on the left, and slowly
  mu <- if (all(x == 0)) seq(-48, 14, length.out = 1241) else seq(-14, 14, length.out = 561)
  tau <- seq(0, 8, length.out = 401)
  w <- rep(c(2, 4), length.out = 401); w[c(1, 401)] <- 1
  zz <- seq(-8.5, 8.5, length.out = 401)
  wz <- dnorm(zz) / sum(dnorm(zz))
  post <- vapply(tau, function(t) {
    theta <- plogis(outer(mu, t * zz, "+"))
    ll <- numeric(length(mu))
    for (i in seq_along(x)) ll <- ll + log(dbinom(x[i], n[i], theta) %*% wz)
    ll + dlogis(mu, log = TRUE) + dnorm(t, log = TRUE) + log(2)
  }, numeric(length(mu)))
  top <- max(post)
  mass <- exp(post - top) * rep(w * (tau[2] / 3) * (mu[2] - mu[1]), each = length(mu))
  total <- sum(mass)
  by_mu <- rowSums(mass) / total
  by_tau <- colSums(mass) / total
  m <- sum(by_mu * mu)
  put(set, "bayes/logistic/half-normal(1)", c(
    log_marginal_likelihood = top + log(total), mu.mean = m,
    mu.sd = sqrt(sum(by_mu * (mu - m)^2)), tau.mean = sum(by_tau * tau),
    p_pooled.mean = sum(by_mu * plogis(mu))))
}

for (set in unique(data$dataset)) {
  d <- data[data$dataset == set, ]
  message(set)
  inverse_variance(set, d$events, d$n)
  edge <- all(d$events == 0 | d$events == d$n)
  if (!edge) {
    glmm(set, d$events, d$n)
    beta_binomial(set, d$events, d$n)
  }
  if (max(d$n) <= 130 && nrow(d) <= 8) bayes(set, d$events, d$n)
  if (any(!is.na(d$arm))) {
    e <- escalc("PLO", xi = d$events, ni = d$n)
    for (test in c("z", "knha")) {
      f <- rma(e$yi, e$vi, mods = ~ d$arm, method = "REML", test = test, control = control)
      put(set, paste0("moderators/arm/PLO/REML/", test), c(b0 = f$b[1], b1 = f$b[2],
        se0 = f$se[1], se1 = f$se[2], tau2 = f$tau2, QM = f$QM, QMp = f$QMp, QE = f$QE))
    }
  }
}
table <- do.call(rbind, out)
table$value <- format(table$value, digits = 15, scientific = TRUE, trim = TRUE)
write.csv(table, "references.csv", row.names = FALSE, quote = FALSE)
