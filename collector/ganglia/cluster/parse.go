package cluster

import (
	"bytes"
	"errors"
	"strconv"
)

// ErrNoGanglia marks a document that gmond or gmetad did not write.
var ErrNoGanglia = errors.New("no GANGLIA_XML in it")

// Report tells how a document was.
type Report struct {
	Hosts, Metrics int
	Bad            int    // tags that were left out
	FirstBad       string // the begin of the first of them
	Cut            bool   // the document ends in the middle
}

// Parse reads a document and gives each host to take, once it is whole. It returns
// ErrNoGanglia for what is none, and else no error.
func Parse(data []byte, take func(Head, Host)) (Report, error) {
	start := bytes.Index(data, []byte("<GANGLIA_XML"))
	if start < 0 {
		return Report{}, ErrNoGanglia
	}
	p := parser{s: scanner{data: data[start:]}, take: take}
	for {
		t, more := p.s.next()
		if !more {
			break
		}
		p.tag(t)
	}
	p.endHost()
	p.report.Bad += p.s.bad
	if p.report.FirstBad == "" {
		p.report.FirstBad = p.s.firstBad
	}
	p.report.Cut = !p.ended
	return p.report, nil
}

// parser builds hosts from tags.
type parser struct {
	s      scanner
	take   func(Head, Host)
	report Report
	head   Head
	host   *Host // the one that is being read; nil: none, or one without a name
	metric *Metric
	ended  bool // </GANGLIA_XML> came
}

func (p *parser) tag(t tag) {
	switch t.name {
	case "CLUSTER":
		p.endHost()
		p.head = Head{
			Name: t.get("NAME"), Owner: t.get("OWNER"), LatLong: t.get("LATLONG"), URL: t.get("URL"),
			LocalTime: t.number("LOCALTIME"),
		}
	case "HOST":
		p.endHost()
		p.begin(t)
	case "METRIC":
		p.add(t)
	case "EXTRA_ELEMENT":
		if p.metric != nil {
			p.metric.Extra = append(p.metric.Extra, Extra{t.get("NAME"), t.get("VAL")})
		}
	case "/HOST", "/CLUSTER", "/GRID":
		p.endHost()
	case "/METRIC":
		p.metric = nil
	case "/GANGLIA_XML":
		p.ended = true
	}
}

func (p *parser) begin(t tag) {
	if t.get("NAME") == "" {
		p.s.blame(t.text)
		return
	}
	p.host = &Host{
		Name: t.get("NAME"), IP: t.get("IP"), Location: t.get("LOCATION"), Tags: t.get("TAGS"),
		Reported: t.number("REPORTED"), Started: t.number("GMOND_STARTED"),
		TN: t.number("TN"), TMAX: t.number("TMAX"), DMAX: t.number("DMAX"),
	}
}

func (p *parser) endHost() {
	if p.host != nil {
		p.report.Hosts++
		p.take(p.head, *p.host)
	}
	p.host, p.metric = nil, nil
}

func (p *parser) add(t tag) {
	p.metric = nil
	if p.host == nil {
		return // its host was counted as bad
	}
	if t.get("NAME") == "" {
		p.s.blame(t.text)
		return
	}
	p.report.Metrics++
	p.host.Metrics = append(p.host.Metrics, Metric{
		Name: t.get("NAME"), Value: t.get("VAL"), Type: t.get("TYPE"), Units: t.get("UNITS"), Slope: t.get("SLOPE"),
		TN: t.number("TN"), TMAX: t.number("TMAX"), DMAX: t.number("DMAX"),
	})
	if !t.empty {
		p.metric = &p.host.Metrics[len(p.host.Metrics)-1]
	}
}

// number reads an attribute as gmond writes numbers; 0 for what is none or is
// negative, as GMOND_STARTED of spoofed hosts may be.
func (t tag) number(name string) int64 {
	n, err := strconv.ParseInt(t.get(name), 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}
