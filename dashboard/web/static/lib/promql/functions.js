// The functions and aggregations of PromQL, for completion and help. A test of
// the package dashboard holds the names to those of Prometheus' parser.

/** @typedef {{name: string, kind: "function" | "aggregation", takes: string, help: string}} PromFunction */

const instant = "v"; // an instant vector
const past = "v[5m]"; // a range vector

/** @type {[string, string, string][]} name, arguments, help */
const functions = [
  ["abs", instant, "Values without their sign."],
  ["absent", instant, "1 when there is no such series, nothing when there is one."],
  ["absent_over_time", past, "1 when there was no such series in the window."],
  ["acos", instant, "Arc cosine, in radians."],
  ["acosh", instant, "Inverse hyperbolic cosine."],
  ["asin", instant, "Arc sine, in radians."],
  ["asinh", instant, "Inverse hyperbolic sine."],
  ["atan", instant, "Arc tangent, in radians."],
  ["atanh", instant, "Inverse hyperbolic tangent."],
  ["avg_over_time", past, "Mean of the values in the window."],
  ["ceil", instant, "Values rounded up."],
  ["changes", past, "How often the value changed in the window."],
  ["clamp", `${instant}, least, most`, "Values held between two bounds."],
  ["clamp_max", `${instant}, most`, "Values held to at most a bound."],
  ["clamp_min", `${instant}, least`, "Values held to at least a bound."],
  ["cos", instant, "Cosine of radians."],
  ["cosh", instant, "Hyperbolic cosine."],
  ["count_over_time", past, "How many values there are in the window."],
  ["day_of_month", instant, "Day of the month of an instant, 1 to 31, in UTC."],
  ["day_of_week", instant, "Day of the week of an instant, 0 for Sunday to 6, in UTC."],
  ["day_of_year", instant, "Day of the year of an instant, in UTC."],
  ["days_in_month", instant, "Days that the month of an instant has."],
  ["deg", instant, "Degrees of radians."],
  ["delta", past, "Difference between the ends of the window, for gauges."],
  ["deriv", past, "Slope per second of a line through the window, for gauges."],
  ["exp", instant, "e to the power of the values."],
  ["first_over_time", past, "The oldest value in the window."],
  ["floor", instant, "Values rounded down."],
  ["histogram_avg", instant, "Mean of the observations of native histograms."],
  ["histogram_count", instant, "Observations of native histograms."],
  ["histogram_fraction", `low, high, ${instant}`, "Share of observations between two bounds, 0 to 1."],
  ["histogram_quantile", `0.95, ${instant}`, "Quantile of histograms, between 0 and 1; classic ones need the label le."],
  ["histogram_stddev", instant, "Standard deviation of the observations of native histograms."],
  ["histogram_stdvar", instant, "Variance of the observations of native histograms."],
  ["histogram_sum", instant, "Sum of the observations of native histograms."],
  ["hour", instant, "Hour of an instant, 0 to 23, in UTC."],
  ["idelta", past, "Difference between the last two values, for gauges."],
  ["increase", past, "What a counter grew by in the window, resets taken out."],
  ["irate", past, "Growth per second between the last two values of a counter."],
  ["label_join", `${instant}, "to", ",", "from"`, "Joins label values into another label."],
  ["label_replace", `${instant}, "to", "$1", "from", "(.*)"`, "Makes a label of what a pattern finds in another."],
  ["last_over_time", past, "The newest value in the window."],
  ["ln", instant, "Natural logarithm."],
  ["log10", instant, "Decimal logarithm."],
  ["log2", instant, "Binary logarithm."],
  ["max_over_time", past, "Greatest value in the window."],
  ["min_over_time", past, "Least value in the window."],
  ["minute", instant, "Minute of an instant, 0 to 59."],
  ["month", instant, "Month of an instant, 1 to 12, in UTC."],
  ["pi", "", "3.14159…"],
  ["predict_linear", `${past}, 4*3600`, "Value in so many seconds, if it goes on as a line through the window."],
  ["present_over_time", past, "1 for each series that has a value in the window."],
  ["quantile_over_time", `0.95, ${past}`, "Quantile of the values in the window, between 0 and 1."],
  ["rad", instant, "Radians of degrees."],
  ["rate", past, "Growth per second of a counter over the window, resets taken out."],
  ["resets", past, "How often a counter began again in the window."],
  ["round", `${instant}, to`, "Values rounded to the nearest multiple, of 1 unless told."],
  ["scalar", instant, "The value of the only series as a number without labels."],
  ["sgn", instant, "-1, 0 or 1 by the sign of the values."],
  ["sin", instant, "Sine of radians."],
  ["sinh", instant, "Hyperbolic sine."],
  ["sort", instant, "Least value first, in tables."],
  ["sort_desc", instant, "Greatest value first, in tables."],
  ["sqrt", instant, "Square root."],
  ["stddev_over_time", past, "Standard deviation of the values in the window."],
  ["stdvar_over_time", past, "Variance of the values in the window."],
  ["sum_over_time", past, "Sum of the values in the window."],
  ["tan", instant, "Tangent of radians."],
  ["tanh", instant, "Hyperbolic tangent."],
  ["time", "", "The instant of the point, in Unix seconds."],
  ["timestamp", instant, "When the values were measured, in Unix seconds."],
  ["vector", "number", "A number as a series without labels."],
  ["year", instant, "Year of an instant, in UTC."],
];

/** @type {[string, string, string][]} */
const aggregations = [
  ["avg", instant, "Mean of all series, or of each group: avg by (instance) (…)."],
  ["bottomk", `5, ${instant}`, "The series with the k least values at each point."],
  ["count", instant, "How many series there are, or are in each group."],
  ["count_values", `"label", ${instant}`, "How many series have each value, which becomes a label."],
  ["group", instant, "1 for each group."],
  ["max", instant, "Greatest of all series, or of each group."],
  ["min", instant, "Least of all series, or of each group."],
  ["quantile", `0.95, ${instant}`, "Quantile over the series, between 0 and 1."],
  ["stddev", instant, "Standard deviation over the series."],
  ["stdvar", instant, "Variance over the series."],
  ["sum", instant, "Sum of all series, or of each group: sum by (instance) (…)."],
  ["topk", `5, ${instant}`, "The series with the k greatest values at each point."],
];

const made = (/** @type {PromFunction["kind"]} */ kind) => (/** @type {[string, string, string]} */ [name, takes, help]) => ({ name, kind, takes, help });

/** All of them by name. @type {Map<string, PromFunction>} */
export const promFunctions = new Map(
  [...functions.map(made("function")), ...aggregations.map(made("aggregation"))].map((f) => [f.name, f]),
);

/** Words between and behind expressions. @type {Map<string, string>} */
export const keywords = new Map([
  ["and", "Series of the left that have one on the right."],
  ["bool", "A comparison gives 0 or 1 in the place of leaving series out."],
  ["by", "Groups by these labels: sum by (instance) (…)."],
  ["group_left", "Many series of the left share one on the right."],
  ["group_right", "Many series of the right share one on the left."],
  ["ignoring", "Matches series by all labels but these."],
  ["offset", "As it was so long before: x offset 1d."],
  ["on", "Matches series by these labels only."],
  ["or", "Series of the left, and those of the right that the left has not."],
  ["unless", "Series of the left that have none on the right."],
  ["without", "Groups by all labels but these."],
]);
