package check

import (
	"crypto/tls"
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/mhale/smtpd"

	"plimsoll/internal/metric"
)

// mailServer is a real one that knows one address, and wants no mail.
func mailServer(t *testing.T, with *tls.Config, fromTheBegin bool) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := &smtpd.Server{
		Hostname: "mx.example", Appname: "sink", DisableReverseDNS: true, TLSConfig: with, TLSListener: fromTheBegin,
		HandlerRcpt: func(_ net.Addr, _, to string) bool { return to == "ops@farm.example" },
		Handler: func(net.Addr, string, []string, []byte) error {
			t.Error("a mail was sent")
			return nil
		},
	}
	serving := l
	if fromTheBegin {
		serving = tls.NewListener(l, with)
	}
	go func() { _ = srv.Serve(serving) }() // ends when l is closed
	t.Cleanup(func() { l.Close() })
	return l.Addr().String()
}

func TestSMTP(t *testing.T) {
	id := newIdentity(t, 10*day24)
	believed := &TLS{CAFile: id.cert}
	plain, secured, begun := mailServer(t, nil, false), mailServer(t, id.server(t), false), mailServer(t, id.server(t), true)
	for _, tt := range []struct {
		s    SMTP
		is   metric.Severity
		says string
	}{
		{SMTP{Address: plain}, metric.OK, "mx.example sink ESMTP"},
		{SMTP{Address: plain, Banner: "sink"}, metric.OK, "mx.example sink"},
		{SMTP{Address: plain, Banner: "postfix"}, metric.Critical, `"postfix" is not in the greeting`},
		{SMTP{Address: plain, StartTLS: true}, metric.Critical, "does not offer STARTTLS"},
		{SMTP{Address: plain, From: "a@farm.example", To: "ops@farm.example"}, metric.OK, "mx.example"},
		{SMTP{Address: plain, From: "a@farm.example", To: "nobody@farm.example"}, metric.Critical, `to RCPT TO the server says "5`},
		{SMTP{Address: secured, StartTLS: true, TLS: believed}, metric.Warning, "ends in 9 days"},
		{SMTP{Address: secured, StartTLS: true, TLS: believed, From: "a@farm.example"}, metric.Warning, "ends in 9 days"},
		{SMTP{Address: secured, StartTLS: true}, metric.Critical, "of an authority that is not known"},
		{SMTP{Address: begun, TLS: believed}, metric.Warning, "ends in 9 days"},
		{SMTP{Address: plain, TLS: believed}, metric.Critical, "does not speak TLS"},
	} {
		got := probe(t, Config{SMTP: &tt.s})
		want(t, fmt.Sprintf("%+v", tt.s), got, tt.is, tt.says)
		if tt.is == metric.Warning && measured(got, "probe_ssl_earliest_cert_expiry") != float64(id.end.Unix()) {
			t.Errorf("%+v: measured %+v", tt.s, got.Perf)
		}
	}
}

func TestMailServersThatLie(t *testing.T) {
	for what, talk := range map[string]func(net.Conn){
		"reset":            reset,
		"closed":           func(net.Conn) {},
		"endless line":     endless("220 x"),
		"endless greeting": endless("220-x\r\n"),
		"busy":             endless("554 go away\r\n"),
		"confused":         endless("220 x\r\n"),
		"short":            endless("\r\n"),
	} {
		for _, starttls := range []bool{false, true} {
			got := probe(t, Config{SMTP: &SMTP{Address: serve(t, talk), StartTLS: starttls}})
			if got.State != metric.Critical || got.Summary == "" || len(got.Summary) > 2*maxSummary {
				t.Errorf("%s: %+v", what, got)
			}
		}
	}
	err := Config{SMTP: &SMTP{Address: "x", Hello: "a b", From: "a\r\nb", To: "c"}}.WithDefaults().Validate("c")
	for _, key := range []string{"address", "hello", "from", "to"} {
		if !contains(err, "c.smtp."+key+": ") {
			t.Errorf("%s is not reported in:\n%v", key, strings.TrimSpace(fmt.Sprint(err)))
		}
	}
}
