package trend

import (
	"math"
	"slices"
)

// least is how many points a line needs.
const least = 24

// few is how many jumps cut the past; more of them are how the thing moves.
const few = 2

// part is what of the past counts.
type part struct {
	points []Point // through which the line goes
	now    []Point // whose end is the present
	// below says that the present is below where it was often: a saw.
	below bool
}

// recent picks the part of points, which are in order of time, that tells what
// comes. It has no points if too few do.
func recent(points []Point) part {
	ups, downs := jumps(points)
	cuts := slices.Clone(downs)
	if len(ups) <= few {
		cuts = append(cuts, ups...)
		slices.Sort(cuts)
	}
	if len(downs) >= few {
		tips := tipsOf(points, downs)
		now := points[len(points)-1]
		if highest(tips) >= now.Value {
			return part{points: saw(tips), now: points, below: true}
		}
	}
	before := 0 // where the segment before the last begins
	start := 0
	if len(cuts) > 0 {
		start = cuts[len(cuts)-1]
	}
	if len(cuts) > 1 {
		before = cuts[len(cuts)-2]
	}
	after := points[start:]
	switch {
	case len(after) >= least:
		return part{points: after, now: after}
	case start-before >= least:
		return part{points: points[before:start], now: after}
	}
	return part{}
}

// leastTips is how many tips of a saw make a line.
const leastTips = 5

// saw is the line of the tips, if they are enough.
func saw(tips []Point) []Point {
	if len(tips) < leastTips {
		return nil
	}
	return tips
}

// tipsOf are the points before the jumps down, and the present if it is higher
// than the last of them.
func tipsOf(points []Point, downs []int) []Point {
	tips := make([]Point, 0, len(downs)+1)
	for _, i := range downs {
		tips = append(tips, points[i-1])
	}
	if now := points[len(points)-1]; now.Value > tips[len(tips)-1].Value {
		tips = append(tips, now)
	}
	return tips
}

func highest(points []Point) float64 {
	top := math.Inf(-1)
	for _, p := range points {
		top = max(top, p.Value)
	}
	return top
}

// jumps are the indices of the points that follow a jump up or down.
func jumps(points []Point) (ups, downs []int) {
	if len(points) < 3 {
		return nil, nil
	}
	var steps, times []float64
	low, high := points[0].Value, points[0].Value
	for i, p := range points[1:] {
		steps = append(steps, p.Value-points[i].Value)
		times = append(times, p.At-points[i].At)
		low, high = min(low, p.Value), max(high, p.Value)
	}
	usual := median(steps)
	far := max(5*1.4826*deviation(steps), (high-low)/20)
	long := 2 * median(times) // behind a gap the way may be long
	for i, s := range steps {
		switch {
		case times[i] > long || math.Abs(s-usual) <= far:
		case s > usual:
			ups = append(ups, i+1)
		default:
			downs = append(downs, i+1)
		}
	}
	return ups, downs
}

func median(values []float64) float64 {
	sorted := slices.Clone(values)
	slices.Sort(sorted)
	return middle(sorted)
}
