package cluster

import (
	"bytes"
	"strconv"
)

// version is Ganglia's whose form this is; gmetad takes hosts of 2.5.0 and newer
// by their TN and TMAX.
const version = "3.7.2"

// Writer writes one document. The calls nest as the elements do.
type Writer struct {
	buf    bytes.Buffer
	source string
}

// NewWriter begins a document that says it is of gmond or of gmetad.
func NewWriter(source string) *Writer {
	w := &Writer{source: source}
	w.buf.WriteString(prolog)
	w.open("GANGLIA_XML", "VERSION", version, "SOURCE", source)
	return w
}

// Bytes ends the document and returns it.
func (w *Writer) Bytes() []byte {
	w.end("GANGLIA_XML")
	return w.buf.Bytes()
}

// BeginGrid begins the grid that holds all clusters of a gmetad.
func (w *Writer) BeginGrid(name string, now int64) {
	w.open("GRID", "NAME", name, "AUTHORITY", "", "LOCALTIME", number(now))
}

// EndGrid ends it.
func (w *Writer) EndGrid() { w.end("GRID") }

// BeginCluster begins a cluster.
func (w *Writer) BeginCluster(h Head) {
	w.open("CLUSTER", "NAME", h.Name, "LOCALTIME", number(h.LocalTime), "OWNER", h.Owner, "LATLONG", h.LatLong, "URL", h.URL)
}

// EndCluster ends it.
func (w *Writer) EndCluster() { w.end("CLUSTER") }

// BeginHost begins a host without its metrics.
func (w *Writer) BeginHost(h *Host) {
	w.open("HOST", "NAME", h.Name, "IP", h.IP, "TAGS", h.Tags, "REPORTED", number(h.Reported),
		"TN", number(h.TN), "TMAX", number(h.TMAX), "DMAX", number(h.DMAX),
		"LOCATION", h.Location, "GMOND_STARTED", number(h.Started))
}

// EndHost ends it.
func (w *Writer) EndHost() { w.end("HOST") }

// Host writes a host with its metrics.
func (w *Writer) Host(h *Host) {
	w.BeginHost(h)
	for i := range h.Metrics {
		w.Metric(&h.Metrics[i])
	}
	w.EndHost()
}

// Metric writes a metric.
func (w *Writer) Metric(m *Metric) {
	w.open("METRIC", "NAME", m.Name, "VAL", m.Value, "TYPE", m.Type, "UNITS", m.Units,
		"TN", number(m.TN), "TMAX", number(m.TMAX), "DMAX", number(m.DMAX), "SLOPE", m.Slope, "SOURCE", w.source)
	w.extra(m.Extra)
	w.end("METRIC")
}

func (w *Writer) extra(all []Extra) {
	w.buf.WriteString("<EXTRA_DATA>\n")
	for _, e := range all {
		w.tag("EXTRA_ELEMENT", "/>\n", "NAME", e.Name, "VAL", e.Value)
	}
	w.end("EXTRA_DATA")
}

// Summary is a number of hosts, or the sum of a metric of theirs.
type Summary struct {
	Name, Units, Slope string
	Sum                float64
	Num                int
	Extra              []Extra
}

// Hosts tells how many hosts there are.
func (w *Writer) Hosts(up, down int) {
	w.tag("HOSTS", "/>\n", "UP", strconv.Itoa(up), "DOWN", strconv.Itoa(down), "SOURCE", w.source)
}

// Summary writes the sum of a metric over hosts.
func (w *Writer) Summary(s *Summary) {
	w.open("METRICS", "NAME", s.Name, "SUM", strconv.FormatFloat(s.Sum, 'f', -1, 64), "NUM", strconv.Itoa(s.Num),
		"TYPE", "double", "UNITS", s.Units, "SLOPE", s.Slope, "SOURCE", w.source)
	w.extra(s.Extra)
	w.end("METRICS")
}

func number(n int64) string { return strconv.FormatInt(max(n, 0), 10) }

func (w *Writer) open(name string, attrs ...string) { w.tag(name, ">\n", attrs...) }

func (w *Writer) end(name string) { w.buf.WriteString("</" + name + ">\n") }

// tag writes a tag with attributes, each a name and a value.
func (w *Writer) tag(name, ending string, attrs ...string) {
	w.buf.WriteByte('<')
	w.buf.WriteString(name)
	for i := 0; i+1 < len(attrs); i += 2 {
		w.buf.WriteByte(' ')
		w.buf.WriteString(attrs[i])
		w.buf.WriteString(`="`)
		w.escape(attrs[i+1])
		w.buf.WriteByte('"')
	}
	w.buf.WriteString(ending)
}

// escape writes text that may stand between quotes.
func (w *Writer) escape(s string) {
	for _, r := range s { // of bytes that are no UTF-8, U+FFFD
		switch {
		case r == '&':
			w.buf.WriteString("&amp;")
		case r == '<':
			w.buf.WriteString("&lt;")
		case r == '>':
			w.buf.WriteString("&gt;")
		case r == '"':
			w.buf.WriteString("&quot;")
		case r == '\'':
			w.buf.WriteString("&apos;")
		case r == '\t', r == '\n', r == '\r', r > 0x7e && r < 0xfffe, r > 0xffff:
			w.buf.WriteString("&#" + strconv.Itoa(int(r)) + ";")
		case r < ' ', r > 0x7e: // no XML can hold it
		default:
			w.buf.WriteRune(r)
		}
	}
}
