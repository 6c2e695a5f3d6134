package librrd

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/ziutek/rrd"

	"plimsoll/rrdstore/drawing"
	"plimsoll/rrdstore/rrdfile"
)

// Draw draws a picture with librrd's graph, which loses some memory each time and
// holds a lock: so it is called in helper processes only, see package drawing.
// A file that has no rows of the function is drawn by its averages.
func Draw(q drawing.Request) ([]byte, error) {
	if err := q.Validate(); err != nil {
		return nil, err
	}
	g := rrd.NewGrapher()
	g.SetTitle(drawing.Text(q.Title))
	g.SetSize(uint(q.Width), uint(q.Height))
	if q.SVG {
		g.SetImageFormat("SVG")
	}
	widest := 0
	for i := range q.Lines {
		q.Lines[i].Legend = drawing.Text(q.Lines[i].Legend)
		widest = max(widest, len([]rune(q.Lines[i].Legend)))
	}
	for i, l := range q.Lines {
		f, err := os.Open(l.File)
		if err != nil {
			return nil, err
		}
		defer func() { _ = f.Close() }() // nothing was written
		cf, err := drawable(f.Name(), l.DS, q.CF)
		if err != nil {
			return nil, err
		}
		g.AddOptions(lineOptions(i, f.Fd(), l, cf, widest)...)
	}
	_, picture, err := g.Graph(time.Unix(q.Start, 0), time.Unix(q.End, 0))
	runtime.KeepAlive(g)
	if err != nil {
		return nil, fmt.Errorf("draw: %w", err)
	}
	return picture, nil
}

// drawable looks at a file natively first: librrd may crash on a damaged one. It
// returns the function to draw.
func drawable(path, ds, cf string) (string, error) {
	s, err := rrdfile.Inspect(path)
	if err != nil {
		return "", err
	}
	if !slices.ContainsFunc(s.DS, func(d rrdfile.DS) bool { return d.Name == ds }) {
		return "", fmt.Errorf("%s has no data source %q", path, ds)
	}
	if !slices.ContainsFunc(s.RRA, func(r rrdfile.RRA) bool { return r.CF == cf }) {
		cf = "AVERAGE"
	}
	return cf, nil
}

// lineOptions are a line and its legend. The file is named by its descriptor and
// the names are made here, so that only the legend comes from outside; as the
// value of a key it is text, colons apart.
func lineOptions(i int, fd uintptr, l drawing.Line, cf string, widest int) []string {
	legend := l.Legend + strings.Repeat(" ", widest-len([]rune(l.Legend)))
	v := fmt.Sprintf("v%d", i)
	return []string{
		fmt.Sprintf("DEF:%s=/proc/self/fd/%d:%s:%s", v, fd, l.DS, cf),
		fmt.Sprintf("LINE1.5:%s#%s:legend=%s", v, color(i), strings.ReplaceAll(legend, ":", `\:`)),
		"GPRINT:" + v + `:MIN:min %7.2lf%s`,
		"GPRINT:" + v + `:AVERAGE:avg %7.2lf%s`,
		"GPRINT:" + v + `:MAX:max %7.2lf%s`,
		"GPRINT:" + v + `:LAST:last %7.2lf%s\l`,
	}
}

// color is one of ten that the colour-blind tell apart too, then again.
func color(i int) string {
	all := [...]string{
		"0072b2", "d55e00", "009e73", "cc79a7", "e69f00", "56b4e9", "7f3c8d", "555555", "b5a000", "8c2d04",
	}
	return all[i%len(all)]
}
