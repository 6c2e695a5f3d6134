package trend

import "math"

// RunOut is when a limit is reached, in seconds on the clock of the points. Eight
// times in ten it is between Early and Late.
type RunOut struct {
	Early, At, Late float64
	// Significant says that there is growth, and not by chance.
	Significant bool
}

// Forecast says when points, in order of time, that grow, reach limit. It
// reports false if they are too few to say anything.
func Forecast(points []Point, limit float64) (RunOut, bool) {
	if len(points) == 0 {
		return RunOut{}, false
	}
	now := points[len(points)-1]
	if now.Value >= limit {
		return RunOut{now.At, now.At, now.At, true}, true
	}
	p := recent(points)
	if len(p.points) == 0 {
		never := math.Inf(1)
		return RunOut{never, never, never, false}, p.below
	}
	l := fit(p.points)
	if !p.below { // of a saw the line of the tips is the level
		l.level = levelOf(p.now, l.slope)
	} else {
		l.level += max(l.slope, 0) * (now.At - p.points[len(p.points)-1].At)
	}
	way := limit - l.level
	at := reach(now.At, way, l.slope)
	stray := zInterval * wander(p.points, l.slope, min(at, horizon)-now.At)
	return RunOut{
		Early: min(reach(now.At, way-stray, l.high), at), At: at,
		Late:        max(reach(now.At, way+stray, l.low), at),
		Significant: l.significant,
	}, true
}

// horizon is a time at which everything has run out.
const horizon = math.MaxFloat64 / 4

// reach is when a way is covered at a speed.
func reach(now, way, speed float64) float64 {
	switch {
	case way <= 0:
		return now
	case speed <= 0:
		return math.Inf(1)
	}
	return now + way/speed
}
