# The reference of mixture.py: R mclust with one shared covariance ("EEE").
#
# Rscript mixture.R points.bin n d K
# points.bin holds n x d doubles, one point after the other. Prints the log-likelihood and the seconds of the fit.
suppressMessages(library(mclust))
arguments <- commandArgs(TRUE)
shape <- as.integer(arguments[2:3])
points <- matrix(readBin(arguments[1], "double", prod(shape)), shape[1], shape[2], byrow = TRUE)
set.seed(0)
seconds <- system.time(fit <- Mclust(points, G = as.integer(arguments[4]), modelNames = "EEE", verbose = FALSE))
cat(sprintf("%.6f %.3f\n", fit$loglik, seconds[["elapsed"]]))
