package librrd_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"plimsoll/rrdstore/drawing"
	"plimsoll/rrdstore/librrd"
	"plimsoll/rrdstore/rrdfile"
)

// drawn makes a file with a name that would be syntax to rrdtool.
func drawn(t *testing.T) (dir, path string) {
	t.Helper()
	dir = t.TempDir()
	path = filepath.Join(dir, `a:b=c,d "e" %s.rrd`)
	if err := librrd.Create(path, rrdfile.Schema{
		Step: 10,
		DS:   []rrdfile.DS{{Name: "v", Type: "GAUGE", Heartbeat: 20, Min: math.NaN(), Max: math.NaN()}},
		RRA:  []rrdfile.RRA{{CF: "AVERAGE", Rows: 500, Steps: 1, XFF: 0.5}},
	}, 1_700_000_000); err != nil {
		t.Fatal(err)
	}
	var points []rrdfile.Point
	for i := int64(1); i <= 400; i++ {
		points = append(points, rrdfile.Point{At: (1_700_000_000 + i*10) * 1000, Values: []float64{5 + 4*math.Sin(float64(i)/20)}})
	}
	if err := librrd.Update(path, points); err != nil {
		t.Fatal(err)
	}
	return dir, path
}

func picture(path string) drawing.Request {
	return drawing.Request{
		Title: "a title", Width: 400, Height: 120, Start: 1_700_000_000, End: 1_700_004_000, CF: "AVERAGE",
		Lines: []drawing.Line{{File: path, DS: "v", Legend: "a legend"}},
	}
}

func TestDrawPNGAndSVG(t *testing.T) {
	_, path := drawn(t)
	q := picture(path)
	q.CF = "MAX" // of which the file has none
	b, err := librrd.Draw(q)
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(b))
	if err != nil || img.Bounds().Dx() < 400 || img.Bounds().Dy() < 120 {
		t.Errorf("%v, %v", img.Bounds(), err)
	}
	colors := map[[4]uint32]int{}
	for y := range img.Bounds().Dy() {
		for x := range img.Bounds().Dx() {
			r, g, bl, a := img.At(x, y).RGBA()
			colors[[4]uint32{r >> 8, g >> 8, bl >> 8, a >> 8}]++
		}
	}
	if colors[[4]uint32{0x00, 0x72, 0xb2, 0xff}] < 50 {
		t.Error("no line is to be seen")
	}
	q.SVG = true
	if b, err = librrd.Draw(q); err != nil {
		t.Fatal(err)
	}
	wellFormed(t, b)
}

// wellFormed checks that an SVG is one, without anything that acts.
func wellFormed(t *testing.T, b []byte) {
	t.Helper()
	for d := xml.NewDecoder(bytes.NewReader(b)); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if e, is := token.(xml.StartElement); is && strings.EqualFold(e.Name.Local, "script") {
			t.Fatal("the picture has a script")
		}
	}
}

// TestTextIsOnlyText draws titles and legends that would be syntax: all give a
// picture of the size that harmless text gives, and no file.
func TestTextIsOnlyText(t *testing.T) {
	dir, path := drawn(t)
	before := entries(t, dir)
	size := func(text string) (w, h int) {
		q := picture(path)
		q.Title, q.Lines[0].Legend, q.Width = text, text, 1200 // wide enough for one line
		b, err := librrd.Draw(q)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			return 0, 0
		}
		c, err := png.DecodeConfig(bytes.NewReader(b))
		if err != nil {
			t.Errorf("%q: %v", text, err)
		}
		q.SVG = true
		if b, err = librrd.Draw(q); err != nil {
			t.Errorf("%q: %v", text, err)
		}
		wellFormed(t, b)
		return c.Width, c.Height
	}
	w, h := size("harmless")
	for _, text := range []string{
		`load{host="web1"}`, "a:STACK", `a\:b`, `x\`, `x\\`, `tail\l`, "dashes=1,2", "skipscale", "color=#000000", "legend=x",
		"%s%s%n%99999999lf", "$(touch x)", "`touch x`", "; touch x", "| touch x", "--imgformat=PDF", "-a", "-",
		"DEF:x=/etc/passwd:v:AVERAGE", "line\nLINE1:v0#ff0000", "<b>bold</b>", "<script>alert(1)</script>", "&amp; ]]>",
		"caf\xe9\xff", "\u202eright", "é☃", " ", ":", "::", "=", "'\"",
	} {
		if gotW, gotH := size(text); gotW != w || gotH != h {
			t.Errorf("%q: a picture of %d×%d, want %d×%d", text, gotW, gotH, w, h)
		}
	}
	size(strings.Repeat("long ", 1000))
	if after := entries(t, dir); after != before {
		t.Errorf("there was %s, now there is %s", before, after)
	}
}

func entries(t *testing.T, dir string) string {
	t.Helper()
	all, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range all {
		names = append(names, e.Name())
	}
	return strings.Join(names, "|")
}

func TestWhatCannotBeDrawnIsAnError(t *testing.T) {
	dir, path := drawn(t)
	text := filepath.Join(dir, "text.rrd")
	if err := os.WriteFile(text, []byte(strings.Repeat("no archive", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	for what, line := range map[string]drawing.Line{
		"missing": {File: filepath.Join(dir, "missing.rrd"), DS: "v"},
		"text":    {File: text, DS: "v"},
		"ds":      {File: path, DS: "w"},
		"syntax":  {File: path, DS: "v:AVERAGE:step=1"},
	} {
		q := picture(path)
		q.Lines = append(q.Lines, line)
		if b, err := librrd.Draw(q); err == nil {
			t.Errorf("%s: %d bytes", what, len(b))
		}
	}
}
