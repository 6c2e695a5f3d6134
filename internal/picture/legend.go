package picture

import "image/color"

// entry is one series in the legend.
type entry struct {
	x      float64
	text   string
	colour color.RGBA
}

const swatch = 14.0 // a square and what is between it and the name

// legend arranges the names and newest values of the series in rows, as many as
// leave the plot half the height, and says what is not there.
func (d *layout) legend() (rows [][]entry, note string) {
	room := float64(d.Width) - 2*edge
	height := float64(d.Height)
	free := int((height - headHeight - axisHeight - edge/2 - max(40, height/2)) / rowHeight)
	if d.Left > 0 {
		free--
	}
	shown := d.flow(room, free)
	if named := count(shown); named < len(d.Series) && d.Left == 0 && len(shown) == free {
		shown = shown[:max(0, len(shown)-1)] // its row says how many more there are
	}
	return shown, d.leftOut(len(d.Series) - count(shown))
}

// flow fills up to n rows.
func (d *layout) flow(room float64, n int) (rows [][]entry) {
	x := room + 1
	widest := min(room, max(room/2, 240))
	if len(d.Series) == 1 {
		widest = room
	}
	for i, s := range d.Series {
		text := d.named(s, widest-swatch)
		width := swatch + d.width(text, textSize)
		if x > 0 && x+width > room {
			if len(rows) >= n {
				return rows
			}
			rows, x = append(rows, nil), 0
		}
		last := len(rows) - 1
		rows[last] = append(rows[last], entry{edge + x, text, d.colour(i)})
		x += width + 2*edge
	}
	return rows
}

// named is a series' name and its newest value.
func (d *layout) named(s Series, room float64) string {
	v, is := d.newest(s)
	if !is {
		return d.fit(s.Name, textSize, room)
	}
	value := "  " + scaleOf(v, d.Unit).text(v)
	return d.fit(s.Name, textSize, room-d.width(value, textSize)) + value
}

// rows draws the legend and the note below the plot.
func (d *layout) rows(rows [][]entry, note string) {
	y := d.lower + axisHeight
	for _, row := range rows {
		for _, e := range row {
			d.rect(point{e.x, y + 4}, 9, 9, e.colour)
			d.text(label{point{e.x + swatch, y + 13}, e.text, textSize, begin, d.ink})
		}
		y += rowHeight
	}
	if note != "" {
		d.text(label{point{edge, y + 13}, d.fit(note, textSize, float64(d.Width)-2*edge), textSize, begin, d.warning})
	}
}

func count(rows [][]entry) int {
	n := 0
	for _, r := range rows {
		n += len(r)
	}
	return n
}
