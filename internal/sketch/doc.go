// Package sketch keeps the distribution of observations in bounded memory and
// answers quantiles of it with a relative error of at most 0.55 % (we promise
// 1 %), however many observations there are and however they were merged.
//
//	Add ──► exact: up to 32 different values, each with its weight
//	              │ the 33rd value, once and for ever
//	              ▼
//	        negative buckets │ zero │ positive buckets
//	        … (-b¹,-b⁰]        0      (b⁰,b¹] (b¹,b²] …      b = 2^(1/64)
//
// The buckets are those of a Prometheus native histogram of schema 6: bucket i
// holds b^(i-1) < |v| <= b^i with b = 2^(2^-6) (source: prometheus/client_model
// io/prometheus/client/metrics.proto, message Histogram). The representative of
// a bucket is its geometric middle b^(i-1/2), so the relative error is at most
//
//	sqrt(b) - 1 = 2^(1/128) - 1 = 0.543 %
//
// Quantile(q) is the nearest rank on the merged weighted distribution: the
// least observation whose cumulated weight reaches q·Count, which for weights
// of one is the observation of rank ceil(q·n). Nothing is interpolated. Answers
// lie within [Min, Max], which are exact; so are Count and Sum but for the
// rounding of float64. The variance is Chan's parallel form of Welford's
// (Chan, Golub, LeVeque 1979, "Updating Formulae and a Pairwise Algorithm for
// Computing Sample Variances"); a batch is summed up around its own mean first.
//
// To and from a native histogram no bucket count changes, as long as its schema
// is 6; the rest of the loss stands at ToHistogram and FromHistogram.
//
// What holds:
//   - A sketch holds exact values if, and only if, at most 32 different values
//     were ever added to it and to what was merged into it. So the order of
//     merging never shows, but for the rounding of float64 sums.
//   - Each side holds at most 2,048 neighbouring buckets, a factor of 2^32 from
//     the least to the greatest. What is smaller collapses into the lowest of
//     them; quantiles that fall there lose the error bound, all others keep it.
//   - Magnitudes up to 2^-128 count as zero.
//   - Counters of 32 neighbouring buckets are as wide as the greatest of them
//     needs: nothing, 4 bits, 1, 2 or 4 bytes, or a float64 for fractional
//     weights. 1,000 log-normal values take about 500 bytes in all, nine million
//     about 2 kB.
//   - Observations and weights that are not finite, and weights that are not
//     positive, are ignored: those who parse input refuse and count them.
//
// A Sketch has one owner while it changes; methods that do not change it may run
// at the same time.
package sketch
