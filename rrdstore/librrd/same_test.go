package librrd_test

import (
	"bytes"
	"image"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"plimsoll/rrdstore/librrd"
)

// A picture is the one that Debian's rrdtool draws of the same file, to the last
// pixel, the figures of its legend among them.
func TestPictureIsRrdtools(t *testing.T) {
	dir, path := drawn(t)
	plain := filepath.Join(dir, "plain.rrd")
	if err := os.Rename(path, plain); err != nil {
		t.Fatal(err)
	}
	q := picture(plain)
	ours, err := librrd.Draw(q)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("rrdtool", "graph", "-", "--start", strconv.FormatInt(q.Start, 10), "--end", strconv.FormatInt(q.End, 10),
		"--title", q.Title, "--width", strconv.Itoa(q.Width), "--height", strconv.Itoa(q.Height),
		"DEF:v0="+plain+":v:AVERAGE", "LINE1.5:v0#0072b2:a legend",
		`GPRINT:v0:MIN:min %7.2lf%s`, `GPRINT:v0:AVERAGE:avg %7.2lf%s`, `GPRINT:v0:MAX:max %7.2lf%s`, `GPRINT:v0:LAST:last %7.2lf%s\l`)
	theirs, err := cmd.Output()
	if err != nil {
		t.Fatalf("rrdtool graph: %v", err)
	}
	a, b := decoded(t, ours), decoded(t, theirs)
	if a.Bounds() != b.Bounds() {
		t.Fatalf("%v, rrdtool's %v", a.Bounds(), b.Bounds())
	}
	for y := range a.Bounds().Dy() {
		for x := range a.Bounds().Dx() {
			if a.At(x, y) != b.At(x, y) {
				t.Fatalf("pixel %d,%d is %v, rrdtool's %v", x, y, a.At(x, y), b.At(x, y))
			}
		}
	}
}

func decoded(t *testing.T, b []byte) image.Image {
	t.Helper()
	img, err := png.Decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return img
}
