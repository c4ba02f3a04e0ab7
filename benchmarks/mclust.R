# Domains by R mclust with one shared covariance ("EEE").
#
# Rscript mclust.R points.bin n d K seed labels.txt
# points.bin holds n x d doubles, one point after the other. Writes one whole number a line.
suppressMessages(library(mclust))
arguments <- commandArgs(TRUE)
shape <- as.integer(arguments[2:3])
points <- matrix(readBin(arguments[1], "double", prod(shape)), shape[1], shape[2], byrow = TRUE)
set.seed(as.integer(arguments[5]))
fit <- Mclust(points, G = as.integer(arguments[4]), modelNames = "EEE", verbose = FALSE)
if (is.null(fit)) stop("mclust found no mixture")
writeLines(as.character(fit$classification), arguments[6])
