package picture

import (
	"fmt"
	"image/color"
	"math"
)

// Distances, in pixels.
const (
	edge       = 10.0
	headHeight = 26.0
	axisHeight = 20.0
	rowHeight  = 17.0
	lineWidth  = 1.5
)

// layout is a chart on its way to a canvas.
type layout struct {
	Chart
	theme
	faces
	canvas
	// The plot's place, and what its lower and upper edge stand for.
	left, right, upper, lower float64
	bottom, top               float64
}

// draw lays c out on a canvas.
func (c Chart) draw(on canvas, f faces) {
	d := &layout{Chart: c, theme: c.theme(), faces: f, canvas: on}
	d.rect(point{}, float64(c.Width), float64(c.Height), d.paper)
	d.head()
	d.bottom, d.top = c.limits()
	rows, note := d.legend()
	d.upper = headHeight
	d.lower = float64(c.Height) - edge/2 - axisHeight - rowHeight*float64(len(rows))
	if note != "" {
		d.lower -= rowHeight
	}
	ticks := valueTicks(d.bottom, d.top, max(1, int((d.lower-d.upper)/32)), c.Unit)
	d.left = edge
	for _, t := range ticks {
		d.left = max(d.left, edge+6+d.width(t.text, textSize))
	}
	d.left = min(d.left, float64(c.Width)/2)
	d.right = float64(c.Width) - edge
	d.axes(ticks)
	d.lines()
	d.rows(rows, note)
}

// head is the title, and where there is room the time shown.
func (d *layout) head() {
	room := float64(d.Width) - 2*edge
	base := headHeight - 9
	when := span(d.Start, d.End)
	if w := d.width(when, textSize); room-w >= 100 {
		d.text(label{point{float64(d.Width) - edge, base}, when, textSize, end, d.muted})
		room -= w + 2*edge
	}
	d.text(label{point{edge, base}, d.fit(d.Title, titleSize, room), titleSize, begin, d.ink})
}

// axes draws the grid and its numbers.
func (d *layout) axes(ticks []tick) {
	for _, t := range ticks {
		y := math.Round(d.y(t.at))
		d.rect(point{d.left, y}, d.right-d.left, 1, d.grid)
		base := max(d.upper+4, min(y+4, d.lower+4))
		d.text(label{point{d.left - 6, base}, d.fit(t.text, textSize, d.left-6), textSize, end, d.muted})
	}
	marks := timeTicks(d.Start, d.End, max(1, int((d.right-d.left)/80)))
	for _, t := range marks {
		x := math.Round(d.x(int64(t.at)))
		d.rect(point{x, d.upper}, 1, d.lower-d.upper, d.grid)
		half := d.width(t.text, textSize)/2 + 1
		x = max(half, min(x, float64(d.Width)-half))
		d.text(label{point{x, d.lower + 15}, t.text, textSize, middle, d.muted})
	}
	d.rect(point{d.left, math.Round(d.y(0))}, d.right-d.left, 1, d.hair)
	if len(d.Series) == 0 {
		x, y := (d.left+d.right)/2, (d.upper+d.lower)/2
		d.text(label{point{x, y}, d.fit("No data in this time range.", textSize, d.right-d.left), textSize, middle, d.muted})
	}
}

// x is the place of an instant.
func (d *layout) x(at int64) float64 {
	from, to := float64(d.Start.UnixMilli()), float64(d.End.UnixMilli())
	return d.left + max(0, min(1, (float64(at)-from)/max(1, to-from)))*(d.right-d.left)
}

// y is the place of a value.
func (d *layout) y(v float64) float64 {
	share := (within(v) - d.bottom) / (d.top - d.bottom)
	return d.lower - max(0, min(1, share))*(d.lower-d.upper)
}

// lines draws thresholds, and over them the series.
func (d *layout) lines() {
	for _, t := range d.Thresholds {
		if finite(t) {
			d.threshold(t)
		}
	}
	for i, s := range d.Series {
		for _, run := range d.runs(s) {
			if len(run) == 1 {
				d.dot(point{d.x(run[0].At), d.y(run[0].Value)}, 2, d.colour(i))
				continue
			}
			path := make([]point, len(run))
			for j, p := range run {
				path[j] = point{d.x(p.At), d.y(p.Value)}
			}
			d.line(path, lineWidth, d.colour(i))
		}
	}
}

// threshold is a dashed line with its number above it, or below at the top.
func (d *layout) threshold(v float64) {
	const dash, gap = 6.0, 4.0
	y := math.Round(d.y(v))
	for x := d.left; x < d.right; x += dash + gap {
		d.rect(point{x, y}, min(dash, d.right-x), 1, d.critical)
	}
	base := y - 3
	if base < d.upper+textSize {
		base = y + textSize
	}
	text := d.fit(scaleOf(v, d.Unit).text(v), textSize, d.right-d.left)
	d.text(label{point{d.right, base}, text, textSize, end, d.critical})
}

func (d *layout) colour(i int) color.RGBA { return d.series[i%len(d.series)] }

// leftOut says what is not in the picture.
func (d *layout) leftOut(unnamed int) string {
	switch {
	case d.Left > 0 && unnamed > 0:
		return fmt.Sprintf("%d of %d series are left out; %d have no room here", d.Left, d.Left+len(d.Series), unnamed)
	case d.Left > 0:
		return fmt.Sprintf("%d of %d series are left out", d.Left, d.Left+len(d.Series))
	case unnamed > 0:
		return fmt.Sprintf("and %d more series", unnamed)
	}
	return ""
}
