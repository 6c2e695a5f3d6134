package total

import "github.com/prometheus/prometheus/model/labels"

// Series is what one series has counted so far: what another store needs to know
// so that its totals go on.
type Series struct {
	Labels  labels.Labels
	Last    int64 // newest sample, in ms
	Counter       // of a counter
	// Timing says that it is a timing, with Sum and Count in the place of Counter.
	Timing     bool
	Sum, Count float64
}
