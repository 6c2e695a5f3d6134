package librrd

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/ziutek/rrd"

	"plimsoll/rrdstore/rrdfile"
)

// templateStart is the last update of templates: librrd wants it later than
// 1980, rrdfile.Create puts the real one in its place.
const templateStart = 1_000_000_000

// Template returns the bytes of an empty file of the schema.
func Template(s rrdfile.Schema) ([]byte, error) {
	dir, err := os.MkdirTemp("", "plimsoll-template-")
	if err != nil {
		return nil, fmt.Errorf("template: %w", err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "template.rrd")
	if err := Create(path, s, templateStart); err != nil {
		return nil, fmt.Errorf("template: %w", err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("template: %w", err)
	}
	if int64(len(b)) != s.FileBytes() {
		return nil, fmt.Errorf("template: %d bytes, want %d", len(b), s.FileBytes())
	}
	return b, nil
}

// Create makes an empty file last updated at lastUpdate (unix seconds) and
// verifies it. A file that is there is replaced.
func Create(path string, s rrdfile.Schema, lastUpdate int64) error {
	if err := s.Validate(); err != nil {
		return fmt.Errorf("create %s: %w", path, err)
	}
	c := rrd.NewCreator(path, time.Unix(lastUpdate, 0), uint(s.Step))
	for _, d := range s.DS {
		c.DS(d.Name, d.Type, d.Heartbeat, limit(d.Min), limit(d.Max))
	}
	for _, a := range s.RRA {
		c.RRA(a.CF, number(a.XFF), a.Steps, a.Rows)
	}
	err := c.Create(true)
	runtime.KeepAlive(c)
	if err != nil {
		return fmt.Errorf("create %s: %w", path, err)
	}
	return Verify(path)
}

// Verify reports whether this program and librrd can both read the file.
func Verify(path string) error {
	f, err := rrdfile.Open(path)
	if err != nil {
		return fmt.Errorf("verify: %w", err)
	}
	defer f.Close()
	if _, err := rrd.Info(path); err != nil {
		return fmt.Errorf("verify %s: %w", path, err)
	}
	return nil
}

// Update applies the points with librrd.
func Update(path string, points []rrdfile.Point) error {
	if len(points) == 0 {
		return nil
	}
	u := rrd.NewUpdater(path)
	for _, p := range points {
		u.Cache(argument(p))
	}
	err := u.Update()
	runtime.KeepAlive(u)
	if err != nil {
		return fmt.Errorf("update %s: %w", path, err)
	}
	return nil
}

// argument is a point as rrdtool update takes it. The half microsecond keeps
// librrd, which truncates, from ending a microsecond early.
func argument(p rrdfile.Point) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d.%03d0005", p.At/1000, p.At%1000)
	for _, v := range p.Values {
		b.WriteByte(':')
		b.WriteString(limit(v))
	}
	return b.String()
}

// Fetch reads the rows with from < end <= to of the archive that librrd picks
// for the function and the resolution (seconds); RRA is -1, it does not say.
func Fetch(path, cf string, from, to, resolution int64) (rrdfile.Rows, error) {
	r, err := rrd.Fetch(path, cf, time.Unix(from, 0), time.Unix(to, 0), time.Duration(resolution)*time.Second)
	if err != nil {
		return rrdfile.Rows{}, fmt.Errorf("fetch %s: %w", path, err)
	}
	defer r.FreeValues()
	step := int64(r.Step / time.Second)
	// The binding counts one row too many; it is memory librrd never wrote.
	n := int(r.End.Unix()-r.Start.Unix()) / int(step)
	out := rrdfile.Rows{
		RRA: -1, Step: step, End: r.Start.Unix() + int64(n)*step,
		Values: r.Values()[:n*len(r.DsNames)], DS: len(r.DsNames),
	}
	// It also rounds the range outwards.
	for ; out.End > to && len(out.Values) > 0; out.End -= step {
		out.Values = out.Values[:len(out.Values)-out.DS]
	}
	return out, nil
}

// limit is a number, or U for none.
func limit(v float64) string {
	if math.IsNaN(v) {
		return "U"
	}
	return number(v)
}

// number is v in the shortest plain decimals that mean it; librrd takes "Inf"
// but not "+Inf".
func number(v float64) string {
	return strings.TrimPrefix(strconv.FormatFloat(v, 'f', -1, 64), "+")
}
