package rrdfile

import (
	"bytes"
	"errors"
	"io"
	"math"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

func mustDump(t rapid.TB, f *File) string {
	t.Helper()
	var b bytes.Buffer
	if err := Dump(&b, f); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestRestoreOfADumpIsTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawSchema(t)
		s.DS[0].Min, s.DS[0].Max = -rapid.Float64Range(1, 1e9).Draw(t, "min"), 1e300
		f := filled(t, s, drawPoints(t, s, began*1000+rapid.Int64Range(0, 999).Draw(t, "ms"), rapid.IntRange(1, 60).Draw(t, "points")))
		dump := mustDump(t, f)
		b, err := Restore(strings.NewReader(dump))
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(contentOf(t, bytesOf(f)), contentOf(t, b), cmpopts.EquateNaNs(), cmp.AllowUnexported(cdp{})); d != "" {
			t.Fatal(d)
		}
		g := openMemory(t, &memory{b: b})
		if d := cmp.Diff(f.Schema(), g.Schema(), cmpopts.EquateNaNs()); d != "" {
			t.Fatal(d)
		}
		if mustDump(t, g) != dump {
			t.Fatal("another dump")
		}
		after := drawPoints(t, s, f.LastMillis(), 10)
		mustUpdate(t, f, after)
		mustUpdate(t, g, after)
		sameRows(t, g, f)
	})
}

// The numbers at the edges of a double.
func TestDumpLosesNoNumber(t *testing.T) {
	f := filled(t, small, nil)
	for i, v := range []float64{math.MaxFloat64, math.SmallestNonzeroFloat64, 0.1 + 0.2, math.Copysign(0, -1), math.Inf(1), math.Inf(-1), math.NaN(), 1e22, -1.0 / 3} {
		putF64(bytesOf(f), int(f.rings[0].offset)+8*i, v)
	}
	b, err := Restore(strings.NewReader(mustDump(t, f)))
	if err != nil {
		t.Fatal(err)
	}
	got, want := contentOf(t, b).Rows[0], contentOf(t, bytesOf(f)).Rows[0]
	for i := range want {
		if bitsOf(got[i]) != bitsOf(want[i]) {
			t.Errorf("%v, want %v", got[i], want[i])
		}
	}
}

// rrdtools is what rrdtool 1.7.2 dumps.
const rrdtools = `<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE rrd SYSTEM "https://oss.oetiker.ch/rrdtool/rrdtool.dtd">
<!-- Round Robin Database Dump -->
<rrd>
	<version>0003</version>
	<step>10</step> <!-- Seconds -->
	<lastupdate>1600000037</lastupdate> <!-- 2020-09-13 12:27:17 UTC -->

	<ds>
		<name> c </name>
		<type> COUNTER </type>
		<minimal_heartbeat>60</minimal_heartbeat>
		<min>0.0000000000e+00</min>
		<max>NaN</max>

		<!-- PDP Status -->
		<last_ds>300</last_ds>
		<value>5.9183673469e+01</value>
		<unknown_sec> 0 </unknown_sec>
	</ds>

	<!-- Round Robin Archives -->
	<rra>
		<cf>MAX</cf>
		<pdp_per_row>2</pdp_per_row> <!-- 20 seconds -->

		<params>
		<xff>5.0000000000e-01</xff>
		</params>
		<cdp_prep>
			<ds>
			<primary_value>NaN</primary_value>
			<secondary_value>0.0000000000e+00</secondary_value>
			<value>-inf</value>
			<unknown_datapoints>1</unknown_datapoints>
			</ds>
		</cdp_prep>
		<database>
			<!-- 2020-09-13 12:26:40 UTC / 1600000000 --> <row><v>1.5000000000e+00</v></row>
			<!-- 2020-09-13 12:27:00 UTC / 1600000020 --> <row><v>-NaN</v></row>
		</database>
	</rra>
</rrd>
`

func TestRestoreOfRrdtoolsDump(t *testing.T) {
	b, err := Restore(iotest.OneByteReader(strings.NewReader(rrdtools)))
	if err != nil {
		t.Fatal(err)
	}
	got := contentOf(t, b)
	nan := math.NaN()
	want := content{
		Sec: 1600000037, PDP: []string{"300, 0 s unknown, 59.183673469"}, Rows: [][]float64{{1.5, nan}},
		CDP: []cdp{{value: math.Inf(-1), unknown: 1, primary: nan}},
	}
	if d := cmp.Diff(want, got, cmpopts.EquateNaNs(), cmp.AllowUnexported(cdp{})); d != "" {
		t.Error(d)
	}
}

// Each change of the dump is refused, with its line.
func TestRestoreRefuses(t *testing.T) {
	for _, c := range []struct{ old, new, want string }{
		{rrdtools, "", "line 1: "},
		{rrdtools, "RRD", "line 1: "},
		{"0003", "0005", `line 5: not a usable round-robin file: version "0005"`},
		{"<step>10<", "<step>ten<", `line 6: not a usable round-robin file: "ten" is not an integer`},
		{"<step>10<", "<step>-1<", "line 6: "},
		{"<step>10<", "<stop>10<", "line 6: "},
		{"<step>10</step>", "", "step 0 s out of range"},
		{"<step>10</step>", "<pace>10</pace>", `element "pace" in rrd`},
		{"37<", "37000000000000<", "line 7: "},
		{"> c <", "> a:c <", `name "a:c"`},
		{"COUNTER", "COMPUTE", `type "COMPUTE"`},
		{">300<", ">" + strings.Repeat("3", 30) + "<", "too long"},
		{"</ds>\n\n	<!-- Round", "</ds>" + strings.Repeat("<ds></ds>", maxDS) + "<!-- Round", "data source after 1024"},
		{"5.9183673469e+01", "5.9e+999", "is not a number"},
		{"5.9183673469e+01", "", "is not a number"},
		{"<cf>MAX", "<cf>HWPREDICT", `function "HWPREDICT"`},
		{"<xff>5.0000000000e-01</xff>", "<hw_alpha>1</hw_alpha>", `parameter "hw_alpha"`},
		{"<xff>5.0000000000e-01</xff>", "", "xff NaN"},
		{"<cdp_prep>\n", "<cdp_prep><ds/>\n", "after 1 data sources of cdp_prep"},
		{"<v>-NaN</v>", "<v>-NaN</v><v>1</v>", "after 1 values of a row"},
		{"<v>-NaN</v>", "", "0 values in a row, want 1"},
		{"<v>-NaN</v>", "<v>&lol;</v>", "invalid character entity"},
		{"</rrd>", "", "unexpected EOF"},
		{"</rrd>", "</rrd><rrd>", "something follows the end"},
		{"Seconds", strings.Repeat("long ", maxToken), "more than 65536 bytes"},
		{"Round Robin Database Dump -->", "", "line "}, // the comment ends later
	} {
		_, err := Restore(strings.NewReader(strings.Replace(rrdtools, c.old, c.new, 1)))
		if !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q for %q: %v, want %q", c.new[:min(len(c.new), 30)], c.old[:min(len(c.old), 30)], err, c.want)
		}
	}
	if _, err := Restore(io.MultiReader(strings.NewReader(rrdtools[:500]), iotest.ErrReader(errFault))); !errors.Is(err, errFault) || errors.Is(err, ErrFormat) {
		t.Errorf("a reader that fails: %v", err)
	}
	for n := range len(rrdtools) - 1 {
		if _, err := Restore(strings.NewReader(rrdtools[:n])); !errors.Is(err, ErrFormat) {
			t.Fatalf("%d bytes: %v", n, err)
		}
	}
}

// fullWriter is a writer that runs out of room.
type fullWriter struct{ left int }

func (w *fullWriter) Write(b []byte) (int, error) {
	if w.left -= len(b); w.left < 0 {
		return 0, errFault
	}
	return len(b), nil
}

func TestDumpReportsAWriterThatFails(t *testing.T) {
	f := filled(t, small, steady(small, began, 5, climb))
	for left := range 5 {
		if err := Dump(&fullWriter{left: 500 * left}, f); !errors.Is(err, errFault) {
			t.Errorf("room for %d: %v", 500*left, err)
		}
	}
}

// FuzzRestore: whatever can be restored is a file, and its dump restores it.
func FuzzRestore(f *testing.F) {
	f.Add([]byte(rrdtools))
	f.Add([]byte(mustDump(f, filled(f, small, steady(small, began, 9, climb)))))
	f.Add([]byte("<rrd><version>0003</version></rrd>"))
	f.Fuzz(func(t *testing.T, b []byte) {
		file, err := Restore(bytes.NewReader(b))
		if err != nil {
			if !errors.Is(err, ErrFormat) {
				t.Fatal(err)
			}
			return
		}
		g := openMemory(t, &memory{b: file})
		again, err := Restore(strings.NewReader(mustDump(t, g)))
		if err != nil || !bytes.Equal(again, file) {
			t.Fatalf("not the same file, %v", err)
		}
	})
}
