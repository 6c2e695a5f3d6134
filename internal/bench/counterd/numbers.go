package main

import (
	"bufio"
	"fmt"
	"math"
	"net"
	"regexp"
	"strconv"
	"strings"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	dto "github.com/prometheus/client_model/go"
)

// numbers are what came of one line: by type, and of timings count and sum.
type numbers map[string]float64

// The keys of numbers.
const (
	isCounter   = "counter"
	timingCount = "timing n"
	timingSum   = "timing sum"
	isGauge     = "gauge"
	isSet       = "set"
)

func (n numbers) String() string {
	for _, harm := range []string{endsIt, silencesIt} {
		if n[harm] > 0 {
			return harm
		}
	}
	var parts []string
	for _, key := range []string{isCounter, timingCount, timingSum, isGauge, isSet} {
		if v, is := n[key]; is {
			parts = append(parts, key+"="+strconv.FormatFloat(v, 'g', 10, 64))
		}
	}
	if len(parts) == 0 {
		return "nothing"
	}
	return strings.Join(parts, " ")
}

// same reports whether both are the same, but for what text loses.
func (n numbers) same(m numbers) bool {
	if len(n) != len(m) {
		return false
	}
	for key, v := range n {
		w, is := m[key]
		if !is || v != w && !(math.Abs(v-w) <= 1e-5*max(math.Abs(v), math.Abs(w))) {
			return false
		}
	}
	return true
}

// wanted reads an outcome of the table, in the form of conformance's doc.go.
func wanted(outcome string) numbers {
	n := numbers{}
	for sample := range strings.SplitSeq(outcome, "; ") {
		kind, rest, _ := strings.Cut(sample, " ")
		if quoted, err := strconv.QuotedPrefix(rest); err == nil {
			rest = "name" + rest[len(quoted):]
		}
		f := strings.Fields(rest)
		if len(f) < 2 {
			continue // refused
		}
		switch kind {
		case "counter", "ok", "fail":
			n[isCounter] += parse(f[1])
		case "timing", "value":
			weight := parse(strings.TrimPrefix(f[2], "w="))
			n[timingCount] += weight
			n[timingSum] += weight * parse(f[1])
		case "gauge":
			n.gauge(f[1])
		case "set":
			n[isSet]++
		}
	}
	return n
}

func (n numbers) gauge(value string) {
	switch value[0] {
	case '=':
		n[isGauge] = parse(value[1:])
	case '+', '-':
		n[isGauge] += parse(value)
	default:
		n[isGauge] = parse(value)
	}
}

func parse(s string) float64 {
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return math.NaN()
	}
	return v
}

// acceptAll reads lines from all who connect.
func acceptAll(l net.Listener, lines chan<- string) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		go func() { // ends with its peer
			defer conn.Close()
			for in := bufio.NewScanner(conn); in.Scan(); {
				select {
				case lines <- in.Text():
				default: // nobody has asked for long
				}
			}
		}()
	}
}

var rowName = regexp.MustCompile(`^stats\.(counters|timers|gauges|sets)\.row(\d+)[^;]*?(\.[a-z_]+)?(;\S*)? (\S+) \d+$`)

// addGraphite enters one line of those that statsd and gostatsd send, whose
// times are in milliseconds.
func addGraphite(found map[int]numbers, l string) {
	m := rowName.FindStringSubmatch(l)
	if m == nil {
		return
	}
	number, _ := strconv.Atoi(m[2]) // digits
	n := found[number]
	if n == nil {
		n = numbers{}
		found[number] = n
	}
	v := parse(m[5])
	switch m[1] + m[3] {
	case "counters.count":
		n[isCounter] += v
	case "timers.count":
		n[timingCount] += v
	case "timers.sum":
		n[timingSum] += v / 1000
	}
	switch m[1] {
	case "gauges":
		n[isGauge] = v
	case "sets":
		n[isSet] = max(n[isSet], v)
	}
}

// readExporter reads the metrics page of statsd_exporter.
func readExporter(c *child) (map[int]numbers, error) {
	page, err := c.page()
	if err != nil {
		return nil, err
	}
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(page))
	if err != nil {
		return nil, err
	}
	found := map[int]numbers{}
	for name, family := range families {
		var number int
		if _, err := fmt.Sscanf(name, "row%d", &number); err != nil {
			continue
		}
		if found[number] == nil {
			found[number] = numbers{}
		}
		for _, m := range family.GetMetric() {
			found[number].addMetric(family.GetType(), m)
		}
	}
	return found, nil
}

func (n numbers) addMetric(kind dto.MetricType, m *dto.Metric) {
	switch kind {
	case dto.MetricType_COUNTER:
		n[isCounter] += m.GetCounter().GetValue()
	case dto.MetricType_GAUGE:
		n[isGauge] = m.GetGauge().GetValue()
	case dto.MetricType_SUMMARY:
		n[timingCount] += float64(m.GetSummary().GetSampleCount())
		n[timingSum] += m.GetSummary().GetSampleSum()
	}
}

func printDifferences(rows []row, asked []string, answers map[string]map[int]numbers) {
	differ := map[string]int{}
	fmt.Println("| line | ours | " + strings.Join(asked, " | ") + " |")
	fmt.Println("|---|---|" + strings.Repeat("---|", len(asked)))
	for _, r := range rows {
		cells, any := "", false
		for _, name := range asked {
			got := answers[name][r.number]
			if r.want.same(got) {
				cells += " same |"
				continue
			}
			any = true
			differ[name]++
			cells += " " + got.String() + " |"
		}
		if any {
			fmt.Printf("| `%s` | %s |%s\n", shown(r.line), r.want, cells)
		}
	}
	fmt.Println()
	for _, name := range asked {
		fmt.Printf("%s differs in %d of %d lines.\n", name, differ[name], len(rows))
	}
}

// shown is a line as a cell of a table can hold it.
func shown(line []byte) string {
	q := strconv.Quote(string(line))
	q = strings.ReplaceAll(q[1:len(q)-1], "|", `\|`)
	if len(q) > 60 {
		q = q[:57] + "..."
	}
	return q
}
