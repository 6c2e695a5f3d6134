package check

import (
	"context"
	"fmt"
	"maps"
	"net"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// DNS asks a name server for the records of a name.
type DNS struct {
	// Server is asked: a host, or host:port.
	Server    string `yaml:"server"`
	IPVersion Family `yaml:"ip_version"`
	Name      string `yaml:"name"`
	Type      string `yaml:"type"` // A, AAAA, …
	// Transport is udp, which goes on with TCP if the answer is too long for it,
	// or tcp.
	Transport string `yaml:"transport"`
	// NoRecursion asks for what the server knows itself.
	NoRecursion bool `yaml:"no_recursion"`

	// Rcode is the expected code of the answer.
	Rcode string `yaml:"rcode"`
	// Authoritative wants an answer of a server that is that for the zone.
	Authoritative bool `yaml:"authoritative"`
	// Answers must be among the records of the type, written as dig does; with
	// Only there may be no others.
	Answers []string `yaml:"answers"`
	Only    bool     `yaml:"only"`

	ResponseTime Limits[time.Duration] `yaml:"response_time"`
	Timeout      time.Duration         `yaml:"timeout"`
}

func (*DNS) key() string { return "dns" }

func (d *DNS) setDefaults() {
	setDefault(&d.Type, "A")
	setDefault(&d.Transport, "udp")
	setDefault(&d.Rcode, "NOERROR")
	setDefault(&d.Timeout, 5*time.Second)
}

func (d *DNS) about() about {
	return about{fmt.Sprintf("%s %s @%s", d.Name, d.Type, d.Server), d.Timeout}
}

// recordTypes are those that can be asked for.
func recordTypes() map[string]dnsmessage.Type {
	return map[string]dnsmessage.Type{
		"A": dnsmessage.TypeA, "AAAA": dnsmessage.TypeAAAA, "CNAME": dnsmessage.TypeCNAME, "MX": dnsmessage.TypeMX,
		"NS": dnsmessage.TypeNS, "PTR": dnsmessage.TypePTR, "SOA": dnsmessage.TypeSOA, "SRV": dnsmessage.TypeSRV, "TXT": dnsmessage.TypeTXT,
	}
}

// rcodes are the codes of RFC 1035, 4.1.1, by the names that dig gives them.
func rcodes() map[string]dnsmessage.RCode {
	return map[string]dnsmessage.RCode{
		"NOERROR": dnsmessage.RCodeSuccess, "FORMERR": dnsmessage.RCodeFormatError, "SERVFAIL": dnsmessage.RCodeServerFailure,
		"NXDOMAIN": dnsmessage.RCodeNameError, "NOTIMP": dnsmessage.RCodeNotImplemented, "REFUSED": dnsmessage.RCodeRefused,
	}
}

func (d *DNS) validate(bad complaint) {
	if d.Server == "" {
		bad("server", "is missing")
	} else {
		validAddress(d.address(), "server", bad)
	}
	d.IPVersion.validate(bad)
	if _, err := dnsmessage.NewName(absolute(d.Name)); d.Name == "" || err != nil {
		bad("name", "%q is no name", d.Name)
	}
	if _, known := recordTypes()[d.Type]; !known {
		bad("type", "%q is none of %s", d.Type, strings.Join(slices.Sorted(maps.Keys(recordTypes())), ", "))
	}
	if d.Transport != "udp" && d.Transport != "tcp" {
		bad("transport", "%q is neither udp nor tcp", d.Transport)
	}
	if _, known := rcodes()[d.Rcode]; !known {
		bad("rcode", "%q is none of %s", d.Rcode, strings.Join(slices.Sorted(maps.Keys(rcodes())), ", "))
	} else if d.Rcode != "NOERROR" && len(d.Answers) > 0 {
		bad("answers", "cannot be there with %s", d.Rcode)
	}
	if d.Only && len(d.Answers) == 0 {
		bad("only", "needs answers")
	}
	d.ResponseTime.validate(bad.under("response_time"))
}

func absolute(name string) string { return strings.TrimSuffix(name, ".") + "." }

// address is that of the server, with its port.
func (d *DNS) address() string {
	if _, _, err := net.SplitHostPort(d.Server); err == nil {
		return d.Server
	}
	return net.JoinHostPort(strings.Trim(d.Server, "[]"), "53")
}

func (d *DNS) prober(m Means) prober {
	return func(ctx context.Context) Result {
		var f findings
		began := m.Clock()
		got, err := d.ask(ctx, m)
		if err != nil {
			f.failed(err, d.Timeout)
			return f.result()
		}
		took := m.Clock().Sub(began)
		f.measured("probe_dns_duration_seconds", took.Seconds(), "phase", "request")
		d.judge(&f, got)
		f.slow(d.ResponseTime, took)
		return f.result()
	}
}

func (d *DNS) judge(f *findings, got dnsmessage.Message) {
	f.measured("probe_dns_answer_rrs", float64(len(got.Answers)))
	f.measured("probe_dns_authority_rrs", float64(len(got.Authorities)))
	f.measured("probe_dns_additional_rrs", float64(len(got.Additionals)))
	records := d.records(got)
	f.head = rcodeName(got.RCode)
	if len(records) > 0 {
		f.head += " " + strings.Join(records, ", ")
	}
	switch {
	case got.RCode != rcodes()[d.Rcode]:
		f.critical("expected is %s", d.Rcode)
	case got.RCode == dnsmessage.RCodeSuccess && len(records) == 0:
		f.critical("there are no records %s", d.Type)
	}
	if d.Authoritative && !got.Authoritative {
		f.critical("the answer is not authoritative")
	}
	expected := make([]string, len(d.Answers))
	for i, a := range d.Answers {
		expected[i] = canonical(a)
		if !slices.Contains(records, expected[i]) && got.RCode == dnsmessage.RCodeSuccess {
			f.critical("%s is not among them", a)
		}
	}
	for _, r := range records {
		if d.Only && !slices.Contains(expected, r) {
			f.critical("%s is not expected", r)
		}
	}
}

func rcodeName(c dnsmessage.RCode) string {
	for name, code := range rcodes() {
		if code == c {
			return name
		}
	}
	return fmt.Sprintf("RCODE%d", c)
}
