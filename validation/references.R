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

# intervals of single counts, each by its formula, by quantiles or by its equation
study_intervals <- function(set, x, n) {
  z <- qnorm(0.975)
  p <- x / n
  limits <- function(method, lb, ub) {
    put(set, paste0("study_ci/", method), c(setNames(pmax(lb, 0), paste0("lb", seq_along(x) - 1)),
      setNames(pmin(ub, 1), paste0("ub", seq_along(x) - 1))))
  }
  limits("clopper_pearson", qbeta(0.025, x, n - x + 1), qbeta(0.975, x + 1, n - x))
  limits("jeffreys_raw", qbeta(0.025, x + 0.5, n - x + 0.5), qbeta(0.975, x + 0.5, n - x + 0.5))
  half <- z * sqrt(p * (1 - p) / n + z^2 / (4 * n^2))
  limits("wilson", (p + z^2 / (2 * n) - half) / (1 + z^2 / n),
    (p + z^2 / (2 * n) + half) / (1 + z^2 / n))
  below <- z * sqrt(pmax(z^2 - 2 - 1 / n + 4 * p * (n * (1 - p) + 1), 0))
  above <- z * sqrt(pmax(z^2 + 2 - 1 / n + 4 * p * (n * (1 - p) - 1), 0))
  limits("wilson_cc_newcombe",
    ifelse(x == 0, 0, (2 * n * p + z^2 - 1 - below) / (2 * (n + z^2))),
    ifelse(x == n, 1, (2 * n * p + z^2 + 1 + above) / (2 * (n + z^2))))
  m <- n + z^2
  q <- (x + z^2 / 2) / m
  limits("agresti_coull", q - z * sqrt(q * (1 - q) / m), q + z * sqrt(q * (1 - q) / m))
  limits("wald", p - z * sqrt(p * (1 - p) / n), p + z * sqrt(p * (1 - p) / n))
  # sums of probabilities, not 1 - pbinom, which loses digits where x = 0 or n
  midp <- function(x, n, upper) {
    side <- if (upper) 0:x else x:n
    weight <- ifelse(side == x, 0.5, 1)
    f <- function(p) sum(weight * dbinom(side, n, p)) - 0.025
    range <- if (upper) c(x / n, 1) else c(0, x / n)
    uniroot(f, range, tol = 1e-14, maxiter = 10000)$root
  }
  limits("midp", mapply(function(x, n) if (x == 0) 0 else midp(x, n, FALSE), x, n),
    mapply(function(x, n) if (x == n) 1 else midp(x, n, TRUE), x, n))
}

# profile-likelihood limits of tau2; where the search ends at its bound there is no limit
tau2_profile <- function(set, x, n) {
  for (measure in c("PLO", "PFT")) {
    e <- escalc(measure, xi = x, ni = n, add = if (measure == "PFT") 0 else 0.5, to = "only0")
    for (method in c("ML", "REML")) {
      q <- tryCatch(suppressWarnings({
        f <- rma(yi, vi, data = e, method = method, control = control)
        bound <- max(100, 100 * f$tau2)
        r <- confint(f, type = "PL", control = list(tol = 1e-9, tau2.max = bound))
        list(limits = unname(r$random["tau^2", c("ci.lb", "ci.ub")]), bound = bound)
      }), error = function(err) NULL)
      if (is.null(q)) next
      v <- c(lb = q$limits[1], ub = if (q$limits[2] < 0.999 * q$bound) q$limits[2] else NA)
      put(set, paste("tau2 profile", measure, method, sep = "/"), v)
    }
  }
}

# log-likelihoods at points, whatever the data, binomial coefficients included
likelihoods <- function(set, x, n) {
  one <- function(x, n, mu, tau) {
    f <- function(z) dbinom(x, n, plogis(mu + tau * z), log = TRUE) + dnorm(z, log = TRUE)
    # far from the data the integrand is far from zero
    lf <- f(z + optimize(f, c(-60, 60), maximum = TRUE, tol = 1e-6)$maximum) + log(z[2] - z[1])
    max(lf) + log(sum(exp(lf - max(lf))))
  }
  for (mu in if (max(n) <= 1000) c(-3, -1, 0, 1)) {
    for (tau in c(0.01, 0.1, 0.5, 1, 2, 5)) {
      put(set, "likelihood/binomial-normal",
        setNames(sum(mapply(one, x, n, mu, tau)), paste(mu, tau, sep = ";")))
    }
  }
  for (p in c(0.01, 0.1, 0.3, 0.8)) {
    for (rho in c(0.001, 0.05, 0.3, 0.9)) {
      a <- p * (1 / rho - 1)
      b <- (1 - p) * (1 / rho - 1)
      value <- sum(lchoose(n, x) + mapply(function(x, n) {
        up <- function(start, count) if (count) sum(log(start + seq_len(count) - 1)) else 0
        up(a, x) + up(b, n - x) - up(a + b, n)
      }, x, n))
      put(set, "likelihood/beta-binomial", setNames(value, paste(p, rho, sep = ";")))
    }
  }
}

# metaprop of the R package meta, where that is installed; else its lines are kept as they are
metaprop_fits <- function(set, x, n) {
  version <- paste0("meta_", packageVersion("meta"))
  for (measure in c("PLOGIT", "PAS", "PFT", "PLN", "PRAW")) {
    for (method in c("DL", "REML", "PM")) {
      for (test in c("classic", "HK")) {
        f <- tryCatch(suppressWarnings(meta::metaprop(x, n, sm = measure, method.tau = method,
          method = "Inverse", method.random.ci = test, prediction = TRUE)),
          error = function(err) NULL)
        if (is.null(f)) next
        names <- c("TE.common", "seTE.common", "lower.common", "upper.common", "TE.random",
          "seTE.random", "lower.random", "upper.random", "lower.predict", "upper.predict",
          "tau2", "lower.tau2", "upper.tau2", "Q", "pval.Q", "I2")
        put(set, paste("metaprop", version, measure, paste(method, test, sep = "_"), sep = "/"),
          vapply(names, function(q) as.numeric(f[[q]])[1], 0))
      }
    }
  }
}

with_meta <- requireNamespace("meta", quietly = TRUE)
kept <- if (with_meta || !file.exists("references.csv")) NULL else {
  before <- read.csv("references.csv", colClasses = c(value = "character"))
  before[startsWith(before$block, "metaprop/"), ]
}

for (set in unique(data$dataset)) {
  d <- data[data$dataset == set, ]
  message(set)
  study_intervals(set, d$events, d$n)
  likelihoods(set, d$events, d$n)
  tau2_profile(set, d$events, d$n)
  if (with_meta) metaprop_fits(set, d$events, d$n)
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
table <- rbind(table, kept)
write.csv(table, "references.csv", row.names = FALSE, quote = FALSE)
