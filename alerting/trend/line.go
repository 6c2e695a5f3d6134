package trend

import (
	"math"
	"slices"
)

// Point is a value at an instant, in seconds.
type Point struct{ At, Value float64 }

// z are deviations of a normal distribution: of the interval between the first
// and the last tenth, and of a test at 5 %.
const (
	zInterval = 1.2816
	zTest     = 1.96
)

// line is a straight line through points, robust against some that are wrong.
type line struct {
	slope, low, high float64 // a second, with the ends of the interval
	level            float64 // at the last point, of the last few
	significant      bool    // the points rise, and not by chance
}

// fit draws the line through points, of which there are at least two, in order
// of time.
func fit(points []Point) line {
	slopes := pairSlopes(points)
	l := line{slope: middle(slopes)}
	rest := residuals(points, l.slope)
	l.level = levelOf(points, l.slope)
	sigma := math.Sqrt(variance(points) * dependence(rest))
	l.low, l.high = interval(slopes, zInterval*sigma)
	l.significant = rises(slopes, zTest*sigma)
	return l
}

// pairSlopes are the slopes of all pairs of points, in order.
func pairSlopes(points []Point) []float64 {
	slopes := make([]float64, 0, len(points)*(len(points)-1)/2)
	for i, a := range points {
		for _, b := range points[i+1:] {
			if b.At > a.At {
				slopes = append(slopes, (b.Value-a.Value)/(b.At-a.At))
			}
		}
	}
	slices.Sort(slopes)
	return slopes
}

// interval are the slopes c ranks of Kendall's S below and above the median.
func interval(slopes []float64, c float64) (low, high float64) {
	n := float64(len(slopes))
	last := len(slopes) - 1
	from := int(math.Floor((n-c)/2)) - 1
	to := int(math.Ceil((n + c) / 2))
	return slopes[min(max(from, 0), last)], slopes[min(max(to, 0), last)]
}

// rises reports whether the interval that c makes lies above zero, and is not
// wider than all slopes.
func rises(slopes []float64, c float64) bool {
	low, _ := interval(slopes, c)
	return low > 0 && c < float64(len(slopes))
}

// variance is that of Kendall's S of values that have no trend.
func variance(points []Point) float64 {
	n := float64(len(points))
	v := n * (n - 1) * (2*n + 5)
	values := make([]float64, len(points))
	for i, p := range points {
		values[i] = p.Value
	}
	slices.Sort(values)
	for i := 0; i < len(values); {
		j := i
		for j < len(values) && values[j] == values[i] {
			j++
		}
		t := float64(j - i)
		v -= t * (t - 1) * (2*t + 5)
		i = j
	}
	return v / 18
}

// dependence is how many points tell as much as one that is independent.
func dependence(rest []float64) float64 {
	mean := 0.0
	for _, v := range rest {
		mean += v / float64(len(rest))
	}
	var own, next float64
	for i, v := range rest {
		own += (v - mean) * (v - mean)
		if i > 0 {
			next += (v - mean) * (rest[i-1] - mean)
		}
	}
	most := max(float64(len(rest))/4, 1)
	if own == 0 || next <= 0 {
		return 1
	}
	if r := next / own; r < 1 {
		return min((1+r)/(1-r), most)
	}
	return most
}

// residuals are what a slope leaves of the values.
func residuals(points []Point, slope float64) []float64 {
	rest := make([]float64, len(points))
	for i, p := range points {
		rest[i] = p.Value - slope*(p.At-points[0].At)
	}
	return rest
}

// newest is of how many points the present level is the median.
const newest = 5

// levelOf is where the last points stand at the time of the last.
func levelOf(points []Point, slope float64) float64 {
	end := points[len(points)-1].At
	var values []float64
	for _, p := range points[max(0, len(points)-newest):] {
		values = append(values, p.Value+slope*(end-p.At))
	}
	slices.Sort(values)
	return middle(values)
}

// wander is how far values stray from a slope within a time, as a standard
// deviation: as far as they did within such a time before, or, where that is
// more than a quarter of the past, as many times farther as they did by then.
func wander(points []Point, slope, within float64) float64 {
	times := make([]float64, 0, len(points))
	for i, p := range points[1:] {
		times = append(times, p.At-points[i].At)
	}
	ahead := max(within/median(times), 1)
	lag := max(int(min(ahead, float64(len(points)/4))), 1)
	far := strays(points, slope, lag)
	if near := strays(points, slope, 1); near > 0 && far > near && ahead > float64(lag) && lag > 1 {
		power := min(math.Log(far/near)/math.Log(float64(lag)), 0.5)
		far *= math.Pow(ahead/float64(lag), power)
	}
	return far
}

// strays is how much points lag apart differ, but for the slope.
func strays(points []Point, slope float64, lag int) float64 {
	steps := make([]float64, 0, len(points))
	for i, p := range points[lag:] {
		steps = append(steps, p.Value-points[i].Value-slope*(p.At-points[i].At))
	}
	return 1.4826 * deviation(steps)
}

// middle is the median of values in order, and 0 of none.
func middle(values []float64) float64 {
	n := len(values)
	switch {
	case n == 0:
		return 0
	case n%2 == 1:
		return values[n/2]
	}
	return (values[n/2-1] + values[n/2]) / 2
}

// deviation is the median absolute deviation.
func deviation(values []float64) float64 {
	sorted := slices.Clone(values)
	slices.Sort(sorted)
	m := middle(sorted)
	for i, v := range sorted {
		sorted[i] = math.Abs(v - m)
	}
	slices.Sort(sorted)
	return middle(sorted)
}
