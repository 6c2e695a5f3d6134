package picture

import (
	"bytes"
	"encoding/xml"
	"errors"
	"flag"
	"image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"plimsoll/internal/metric"
)

var update = flag.Bool("update", false, "write the golden pictures")

var began = time.Date(2026, 11, 21, 14, 0, 0, 0, time.UTC)

// wave is a series of an hour, a minute apart, without what is left out.
func wave(name string, height, phase float64, without ...int) Series {
	s := Series{Name: name}
	for i := range 61 {
		v := height * (1 + math.Sin(float64(i)/8+phase)) / 2
		for _, w := range without {
			if i == w {
				v = math.NaN()
			}
		}
		s.Points = append(s.Points, metric.Point{At: began.Add(time.Duration(i) * time.Minute).UnixMilli(), Value: v})
	}
	return s
}

func hour(title, unit string, series ...Series) Chart {
	return Chart{Title: title, Start: began, End: began.Add(time.Hour), Step: time.Minute, Unit: unit, Series: series, Width: 600, Height: 240}
}

func charts() map[string]Chart {
	gaps := hour("Latency & <b>more</b>", "s", wave("web1", 0.2, 0, 20, 21, 22, 40, 42), wave("web2", 0.15, 2))
	gaps.Thresholds = []float64{0.18}
	many := hour("Many series", "B")
	for i := range 25 {
		many.Series = append(many.Series, wave("series number "+strconv.Itoa(i), float64(i+1)*1e6, float64(i)))
	}
	many.Dark = true
	below := hour("Above and below zero", "", wave("in", 12, 0), wave("out", -7, 1))
	below.Thresholds = []float64{-10}
	small := hour("A title that is far too long for so small a picture", "/s", wave("requests of a host with a long name.example.com", 1234, 0))
	small.Width, small.Height = MinWidth, MinHeight
	return map[string]Chart{"gaps": gaps, "many": many, "below": below, "small": small, "empty": hour("Nothing", "%")}
}

func TestGolden(t *testing.T) {
	for name, c := range charts() {
		got, err := c.SVG()
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join("testdata", name+".svg")
		if *update {
			if err := os.WriteFile(file, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("%s (go test -update writes it): %s", name, diff)
		}
		checkInside(t, c.normal(), got)
	}
}

// The colours of the lines must be in the PNG where the SVG has them.
func TestPNG(t *testing.T) {
	for name, c := range charts() {
		got, err := c.PNG()
		if err != nil {
			t.Fatal(err)
		}
		again, err := c.PNG()
		if err != nil || !bytes.Equal(got, again) {
			t.Errorf("%s: the same chart gives other bytes, or %v", name, err)
		}
		img, err := png.Decode(bytes.NewReader(got))
		if err != nil || img.Bounds().Dx() != c.Width || img.Bounds().Dy() != c.Height {
			t.Fatalf("%s: %v, %v", name, img.Bounds(), err)
		}
		inked := 0
		for y := range c.Height {
			for x := range c.Width {
				if img.At(x, y) == c.theme().series[0] {
					inked++
				}
			}
		}
		if (inked > 60) != (len(c.Series) > 0) {
			t.Errorf("%s: %d pixels of the first series", name, inked)
		}
	}
}

func TestGapsAreGaps(t *testing.T) {
	c := charts()["gaps"]
	runs := c.runs(c.Series[0])
	var lengths []int
	for _, r := range runs {
		lengths = append(lengths, len(r))
	}
	if diff := cmp.Diff([]int{20, 17, 1, 18}, lengths); diff != "" {
		t.Error(diff)
	}
	s := c.Series[1]
	s.Points = append(append([]metric.Point{}, s.Points[:10]...), s.Points[12:]...) // not there is as good as not a number
	if n := len(c.runs(s)); n != 2 {
		t.Errorf("%d runs where points are missing, want 2", n)
	}
}

func TestNumbers(t *testing.T) {
	for _, c := range []struct {
		v          float64
		unit, want string
	}{
		{0, "s", "0"},
		{0.0123456, "s", "12.3 ms"},
		{1234, "B/s", "1.23 kB/s"},
		{12, "/s", "12/s"},
		{1200, "/s", "1.2 k/s"},
		{99.96, "%", "100 %"},
		{7300, "s", "2.03 h"},
		{0.000_000_5, "s", "500 ns"},
		{3, "", "3"},
		{-4e6, "B", "-4 MB"},
		{999.9, "B", "1 kB"},
	} {
		if got := strings.ReplaceAll(scaleOf(c.v, c.unit).text(c.v), "\u00a0", " "); got != c.want {
			t.Errorf("%g %s: %q, want %q", c.v, c.unit, got, c.want)
		}
	}
}

func TestTellsWhatIsLeftOut(t *testing.T) {
	got, err := charts()["many"].SVG()
	if err != nil || !bytes.Contains(got, []byte("5 of 25 series are left out")) {
		t.Errorf("nothing of the series left out; %v\n%s", err, got)
	}
}

func TestAnythingIsInside(t *testing.T) {
	values := rapid.OneOf(rapid.Float64(), rapid.SampledFrom([]float64{
		math.NaN(), math.Inf(1), math.Inf(-1), math.MaxFloat64, -math.MaxFloat64, math.SmallestNonzeroFloat64, 0, 1e-300, 1e300,
	}))
	rapid.Check(t, func(t *rapid.T) {
		start := time.UnixMilli(rapid.Int64Range(-1e14, 1e14).Draw(t, "start"))
		c := Chart{
			Title: rapid.String().Draw(t, "title"), Start: start,
			End:   start.Add(time.Duration(rapid.Int64Range(-10, math.MaxInt64).Draw(t, "span"))),
			Step:  time.Duration(rapid.Int64Range(0, int64(time.Hour)).Draw(t, "step")),
			Unit:  rapid.SampledFrom([]string{"", "s", "%", "B", "B/s", "/s"}).Draw(t, "unit"),
			Width: rapid.IntRange(-5, 700).Draw(t, "width"), Height: rapid.IntRange(-5, 400).Draw(t, "height"),
			Left: rapid.IntRange(0, 3).Draw(t, "left"), Thresholds: rapid.SliceOfN(values, 0, 3).Draw(t, "thresholds"),
		}
		for range rapid.IntRange(0, 24).Draw(t, "series") {
			s := Series{Name: rapid.String().Draw(t, "name")}
			for i := range rapid.IntRange(0, 5).Draw(t, "points") {
				s.Points = append(s.Points, metric.Point{At: start.UnixMilli() + int64(i)*1000, Value: values.Draw(t, "value")})
			}
			c.Series = append(c.Series, s)
		}
		got, err := c.SVG()
		if err != nil {
			t.Fatal(err)
		}
		checkInside(t, c.normal(), got)
		if _, err := c.PNG(); err != nil {
			t.Fatal(err)
		}
	})
}

// checkInside reads an SVG and looks at each number in it.
func checkInside(t interface{ Errorf(string, ...any) }, c Chart, svg []byte) {
	d := xml.NewDecoder(bytes.NewReader(svg))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Errorf("no XML: %v\n%s", err, svg)
			return
		}
		if e, is := token.(xml.StartElement); is {
			checkElement(t, c, e)
		}
	}
}

func checkElement(t interface{ Errorf(string, ...any) }, c Chart, e xml.StartElement) {
	bound := map[string]int{"x": c.Width, "cx": c.Width, "y": c.Height, "cy": c.Height, "width": c.Width, "height": c.Height}
	at := map[string]float64{}
	number := func(name, text string) {
		v, err := strconv.ParseFloat(text, 64)
		if err != nil || !finite(v) || v < 0 || v > float64(bound[name]) {
			t.Errorf("%s: %s=%q is not within %d: %v", e.Name.Local, name, text, bound[name], err)
		}
		at[name] = v
	}
	for _, a := range e.Attr {
		switch {
		case a.Name.Local == "points":
			for _, p := range strings.Fields(a.Value) {
				x, y, _ := strings.Cut(p, ",")
				number("x", x)
				number("y", y)
			}
		case bound[a.Name.Local] > 0:
			number(a.Name.Local, a.Value)
		}
	}
	if e.Name.Local == "rect" && (at["x"]+at["width"] > float64(c.Width)+0.1 || at["y"]+at["height"] > float64(c.Height)+0.1) {
		t.Errorf("a rectangle ends outside: %v", e.Attr)
	}
	if !slices.Contains([]string{"svg", "title", "rect", "polyline", "circle", "text"}, e.Name.Local) {
		t.Errorf("unexpected element %s", e.Name.Local)
	}
}

func BenchmarkPNG(b *testing.B) {
	c := charts()["many"]
	for b.Loop() {
		if _, err := c.PNG(); err != nil {
			b.Fatal(err)
		}
	}
}
