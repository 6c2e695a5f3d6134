package cluster

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

type named struct {
	Head Head
	Host Host
}

func parseAll(t testing.TB, data []byte) (all []named, r Report) {
	t.Helper()
	r, err := Parse(data, func(h Head, host Host) { all = append(all, named{h, host}) })
	if err != nil {
		t.Fatal(err)
	}
	return all, r
}

func captured(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func find(t *testing.T, h Host, name string) Metric {
	t.Helper()
	for _, m := range h.Metrics {
		if m.Name == name {
			return m
		}
	}
	t.Fatalf("%s has no metric %q", h.Name, name)
	return Metric{}
}

// The document is of gmond 3.7.2, whose cluster is called "Web & Farm" and which
// was sent units and a value in ISO-8859-1, and so is not well-formed.
func TestParsesWhatGmondWrites(t *testing.T) {
	data := captured(t, "gmond-3.7.2.xml")
	if wellFormed(data) == nil {
		t.Fatal("the document was to be one that XML parsers refuse")
	}
	all, r := parseAll(t, data)
	if len(all) != 2 || r.Hosts != 2 || r.Bad != 0 || r.Cut {
		t.Fatalf("%d hosts, %+v", len(all), r)
	}
	if got := all[0].Head; got.Name != "Web & Farm" || got.Owner != "o" || got.LocalTime < 1e9 {
		t.Errorf("cluster %+v", got)
	}
	sensor, here := all[0].Host, all[1].Host
	if here.Name != "localhost" || here.IP != "127.0.0.1" || here.TMAX != 20 || here.Location != "unspecified" {
		t.Errorf("host %+v", here)
	}
	if got := find(t, here, "latin"); got.Value != "Z&#É2;rich" || got.Units != "°C" {
		t.Errorf("%+v", got)
	}
	hits := find(t, here, "hits")
	want := Metric{Name: "hits", Value: "17", Type: "uint32", Units: "hits", Slope: "positive", TN: hits.TN, TMAX: 30, DMAX: 600, Extra: hits.Extra}
	if d := cmp.Diff(want, hits); d != "" || hits.Get("TITLE") != "Hits & misses" || hits.Get("DESC") != "a <desc>" || hits.Get("GROUP") != "web" || len(hits.Extra) != 4 {
		t.Errorf("%s\n%+v", d, hits)
	}
	if got := find(t, sensor, "temp"); got.Value != "-3.5" || got.Units != "C & F" || got.Get("SPOOF_HOST") != "10.1.2.3:sensor1" {
		t.Errorf("%+v", got)
	}
}

func TestParsesWhatGmetadWrites(t *testing.T) {
	all, r := parseAll(t, captured(t, "gmetad-3.7.2.xml"))
	if len(all) != 1 || r.Bad != 0 || r.Cut || all[0].Head.Name != "Farm" || find(t, all[0].Host, "load_one").Type != "float" {
		t.Fatalf("%+v, %+v", all, r)
	}
}

// A document that is cut off anywhere gives what was whole before.
func TestCutDocument(t *testing.T) {
	data := captured(t, "gmond-3.7.2.xml")
	all, _ := parseAll(t, data)
	start := bytes.Index(data, []byte("<GANGLIA_XML")) + len("<GANGLIA_XML")
	before := 0
	for n := start; n < len(data)-len("</GANGLIA_XML>\n"); n += 7 {
		got, r := parseAll(t, data[:n])
		if !r.Cut {
			t.Fatalf("the first %d bytes are not taken for cut off", n)
		}
		if r.Metrics < before {
			t.Fatalf("the first %d bytes have %d metrics, fewer have %d", n, r.Metrics, before)
		}
		before = r.Metrics
		for i, h := range got {
			if len(h.Host.Metrics) > len(all[i].Host.Metrics) || h.Host.Name != all[i].Host.Name {
				t.Fatalf("%d bytes: %+v", n, h)
			}
		}
	}
	if before == 0 {
		t.Fatal("nothing was found in any of them")
	}
}

func TestABadHostHidesNoOther(t *testing.T) {
	const head, tail = "<GANGLIA_XML>\n<CLUSTER NAME=\"c\">\n", "</CLUSTER>\n</GANGLIA_XML>\n"
	host := func(name string) string {
		return fmt.Sprintf("<HOST NAME=%q IP=\"\">\n<METRIC NAME=\"m\" VAL=\"1\" TYPE=\"float\">\n</METRIC>\n</HOST>\n", name)
	}
	for name, bad := range map[string]string{
		"a quote that never closes": "<HOST NAME=\"bad IP=\"1\n<METRIC NAME=\"x\" VAL=\"1\">\n</METRIC>\n</HOST>\n",
		"no name":                   "<HOST IP=\"1\">\n<METRIC NAME=\"x\" VAL=\"1\">\n</METRIC>\n</HOST>\n",
		"no attributes":             "<HOST>\n</HOST>\n",
		"no end":                    "<HOST NAME=\n",
		"binary":                    "<HOST NAME=\"\x00\xff\n</HOST>\n",
		"a metric that never ends":  "<HOST NAME=\"half\">\n<METRIC NAME=\"x\" VAL=\"1\n</HOST>\n",
		"a metric without a name":   "<HOST NAME=\"half\">\n<METRIC VAL=\"1\">\n</HOST>\n",
	} {
		all, r := parseAll(t, []byte(head+host("a")+bad+host("b")+tail))
		var names []string
		for _, h := range all {
			if h.Host.Name != "half" {
				names = append(names, h.Host.Name)
			}
		}
		if d := cmp.Diff([]string{"a", "b"}, names); d != "" || r.Bad != 1 || r.FirstBad == "" || r.Cut {
			t.Errorf("%s: %s %+v", name, d, r)
		}
	}
}

func TestQuotesAndTagsWithinValues(t *testing.T) {
	doc := `<GANGLIA_XML><HOST NAME="a "quoted" name" IP="1"><METRIC NAME="x>y" VAL="a <b> & c" UNITS="&lt;&#233;&bogus;"/><METRIC NAME="n" VAL=""/></HOST></GANGLIA_XML>`
	all, r := parseAll(t, []byte(doc))
	want := []named{{Host: Host{Name: `a "quoted" name`, IP: "1", Metrics: []Metric{
		{Name: "x>y", Value: "a <b> & c", Units: "<é&bogus;"}, {Name: "n"},
	}}}}
	if d := cmp.Diff(want, all); d != "" || r.Bad != 0 || r.Cut {
		t.Errorf("%s %+v", d, r)
	}
}

// What a hostile document may cost is bounded: this one took minutes.
func TestTagsWithoutEnd(t *testing.T) {
	all, r := parseAll(t, []byte("<GANGLIA_XML>"+strings.Repeat(`<HOST NAME="`, 1<<20)))
	if len(all) != 0 || r.Bad < maxBad || !r.Cut {
		t.Errorf("%d hosts, %+v", len(all), r)
	}
}

func TestNoGanglia(t *testing.T) {
	for _, doc := range []string{"", "HTTP/1.0 400 Bad Request\r\n\r\n<html><HOST NAME=\"a\"></html>"} {
		if _, err := Parse([]byte(doc), func(Head, Host) { t.Error("a host") }); !errors.Is(err, ErrNoGanglia) {
			t.Errorf("%q: %v", doc, err)
		}
	}
}

// wellFormed says what is wrong with a document as XML.
func wellFormed(data []byte) error {
	d := xml.NewDecoder(bytes.NewReader(data))
	d.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

func rewritten(all []named) []byte {
	w := NewWriter("gmond")
	for _, n := range all {
		w.BeginCluster(n.Head)
		w.Host(&n.Host)
		w.EndCluster()
	}
	return w.Bytes()
}

func TestWhatIsWrittenIsStrictAndReadBack(t *testing.T) {
	for _, name := range []string{"gmond-3.7.2.xml", "gmetad-3.7.2.xml"} {
		all, _ := parseAll(t, captured(t, name))
		data := rewritten(all)
		if err := wellFormed(data); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		back, r := parseAll(t, data)
		if d := cmp.Diff(all, back); d != "" || r.Cut || r.Bad > 0 {
			t.Errorf("%s: %s %+v", name, d, r)
		}
		for _, c := range data {
			if c > 0x7e {
				t.Fatalf("%s: byte %x is not ASCII", name, c)
			}
		}
	}
}

func TestSummaries(t *testing.T) {
	w := NewWriter("gmetad")
	w.BeginGrid("g & h", 5)
	w.Hosts(2, 1)
	w.Summary(&Summary{Name: "load_one", Units: "", Slope: "both", Sum: 1.5, Num: 2})
	w.EndGrid()
	got := string(w.Bytes())
	if err := wellFormed([]byte(got)); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`<GRID NAME="g &amp; h" AUTHORITY="" LOCALTIME="5">`, `<HOSTS UP="2" DOWN="1" SOURCE="gmetad"/>`, `NAME="load_one" SUM="1.5" NUM="2"`} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in %s", want, got)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, name := range []string{"gmond-3.7.2.xml", "gmetad-3.7.2.xml"} {
		data := captured(f, name)
		_, body, _ := bytes.Cut(data, []byte("]>\n"))
		f.Add(body[:900]) // whole ones take long to minimise
	}
	f.Add([]byte("<GANGLIA_XML><CLUSTER NAME=\"a&b\"><HOST NAME=\"\xff\"><METRIC NAME=\"x\" VAL=\"\x01\"/>"))
	f.Fuzz(func(t *testing.T, data []byte) {
		var all []named
		if _, err := Parse(data, func(h Head, host Host) { all = append(all, named{h, host}) }); err != nil {
			return
		}
		again := rewritten(all)
		if err := wellFormed(again); err != nil {
			t.Fatalf("%v in\n%s", err, again)
		}
		if back, r := parseAll(t, again); r.Cut || r.Bad > len(all) || len(back) > len(all) {
			t.Fatalf("%d hosts were written, %d read: %+v", len(all), len(back), r)
		}
	})
}
