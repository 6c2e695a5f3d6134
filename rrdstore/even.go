package rrdstore

import "math"

// evened gathers the rows of a gauge that are shorter than step, as they stand
// behind the last coarse one, into one for each step: by an average over points
// they would weigh as much as a long row each.
func evened(rows []row, step int64) []row {
	var out []row
	known := int64(0) // ms, of the last row of out
	for _, r := range rows {
		n := len(out)
		if r.at-r.from >= step || n == 0 || ceilTo(out[n-1].at, step) != ceilTo(r.at, step) {
			out = append(out, row{r.from, r.at, []float64{r.values[0]}})
			if known = 0; !math.IsNaN(r.values[0]) {
				known = r.at - r.from
			}
			continue
		}
		last, more := &out[n-1], r.at-r.from
		last.at = r.at
		switch {
		case math.IsNaN(r.values[0]):
			continue
		case known == 0:
			last.values[0] = r.values[0]
		default:
			last.values[0] += (r.values[0] - last.values[0]) * float64(more) / float64(known+more)
		}
		known += more
	}
	return out
}
