package app

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/golang/snappy"
	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/dashboard"
	"plimsoll/internal/certs"
	"plimsoll/internal/certs/certstest"
	"plimsoll/internal/metric"
	"plimsoll/internal/remotewrite"
	"plimsoll/internal/sender"
)

// caller asks a running service.
type caller struct {
	t      *testing.T
	client *http.Client
	url    string
	token  string
}

// served runs a service until the test ends and returns who asks it.
func served(t *testing.T, c Config, speaks *tls.Config) caller {
	t.Helper()
	a := testApp(t, c)
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }() // waited for in the cleanup
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: speaks}, Timeout: 30 * time.Second}
	t.Cleanup(func() {
		client.CloseIdleConnections()
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	scheme := "http://"
	if speaks != nil {
		scheme = "https://"
	}
	return caller{t: t, client: client, url: scheme + a.HTTPAddr().String()}
}

func (c caller) do(method, path, contentType string, body []byte) (int, string) {
	c.t.Helper()
	req, err := http.NewRequestWithContext(c.t.Context(), method, c.url+path, bytes.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	req.Header.Set("Content-Type", contentType)
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	res, err := c.client.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return res.StatusCode, string(text)
}

// write sends a sample of now of each host by remote write.
func (c caller) write(name string, instances ...string) (int, string) {
	c.t.Helper()
	var samples []metric.Sample
	for _, instance := range instances {
		samples = append(samples, metric.Sample{
			Labels: labels.FromStrings(metric.NameLabel, name, "instance", instance), At: time.Now().UnixMilli(), Value: 1,
		})
	}
	m := remotewrite.EncodeV1(samples)
	body := make([]byte, m.Size())
	if _, err := m.MarshalToSizedBuffer(body); err != nil {
		c.t.Fatal(err)
	}
	return c.do("POST", "/api/v1/write", "application/x-protobuf", snappy.Encode(nil, body))
}

// stored says of how many hosts there is a sample.
func (c caller) stored(name string) string {
	c.t.Helper()
	_, text := c.do("GET", "/api/v1/series?match[]="+name, "", nil)
	var found []string
	for _, instance := range []string{"web1", "web2", "db1"} {
		if strings.Contains(text, `"instance":"`+instance+`"`) {
			found = append(found, instance)
		}
	}
	return strings.Join(found, " ")
}

func tokenOf(name string, role dashboard.Role, write sender.Write) dashboard.Token {
	sum := sha256.Sum256([]byte(name + "-secret"))
	return dashboard.Token{Name: name, SHA256: hex.EncodeToString(sum[:]), Role: role, Write: write}
}

func TestTokensSayWhatMayBeWritten(t *testing.T) {
	c := testConfig(t)
	c.Auth.Tokens = []dashboard.Token{
		tokenOf("web", dashboard.Agent, sender.Write{Instances: []string{"{name}[0-9]"}, Metrics: []string{"node_*"}}),
		tokenOf("all", dashboard.Admin, sender.Write{}),
	}
	web := served(t, c, nil)
	all := web
	web.token, all.token = "web-secret", "all-secret"

	if code, text := web.write("node_load1", "web1", "db1", "web2"); code != 400 || !strings.Contains(text, sender.ReasonForbidden+": 1") || !strings.Contains(text, "db1") {
		t.Errorf("%d %s", code, text)
	}
	if code, text := web.write("other", "web1"); code != 400 || !strings.Contains(text, "other") {
		t.Errorf("%d %s", code, text)
	}
	if code, text := all.write("other", "db1"); code != 204 {
		t.Errorf("%d %s", code, text)
	}
	if got := all.stored("node_load1") + "; " + all.stored("other"); got != "web1 web2; db1" {
		t.Errorf("stored %s", got)
	}
	_, text := all.do("GET", "/api/plimsoll/v1/sources", "", nil)
	for _, want := range []string{`"source":"web 127.0.0.1"`, `"source":"all 127.0.0.1"`, `"` + sender.ReasonForbidden + `":2`} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s in %s", want, text)
		}
	}

	for host, want := range map[string]int{"web1": 202, "db1": 403, "": 403} {
		event := fmt.Sprintf(`{"title":"deployed","host":%q}`, host)
		if code, text := web.do("POST", "/api/plimsoll/v1/events", "application/json", []byte(event)); code != want {
			t.Errorf("event of %q: %d %s", host, code, text)
		}
	}
	if code, _ := web.do("GET", "/api/plimsoll/v1/sources", "", nil); code != 403 {
		t.Errorf("an agent reads: %d", code)
	}
}

func TestMutualTLS(t *testing.T) {
	dir := t.TempDir()
	ca := certstest.New(t, dir, "farm", time.Now())
	c := testConfig(t)
	c.Listen.TLS = certs.Files{ClientCAFile: ca.File}
	c.Listen.TLS.CertFile, c.Listen.TLS.KeyFile = ca.Issue(t, "server")
	c.Auth.Tokens = []dashboard.Token{tokenOf("all", dashboard.Viewer, sender.Write{})}
	c.Auth.Certificates = []dashboard.Certificate{{Match: "web*", Role: dashboard.Agent, Write: sender.Write{Instances: []string{"{name}"}}}}
	as := func(name string) *tls.Config {
		pair, err := tls.LoadX509KeyPair(ca.Issue(t, name))
		if err != nil {
			t.Fatal(err)
		}
		return &tls.Config{RootCAs: ca.Pool(), Certificates: []tls.Certificate{pair}}
	}
	web1 := served(t, c, as("web1"))
	if code, text := web1.write("node_load1", "web1", "web2"); code != 400 || !strings.Contains(text, sender.ReasonForbidden+": 1") {
		t.Errorf("%d %s", code, text)
	}
	other := web1
	other.client = &http.Client{Transport: &http.Transport{TLSClientConfig: as("db1")}}
	defer other.client.CloseIdleConnections()
	if code, text := other.write("node_load1", "db1"); code != 401 {
		t.Errorf("a certificate without a rule: %d %s", code, text)
	}
	other.token = "all-secret"
	if got := other.stored("node_load1"); got != "web1" {
		t.Errorf("stored %q", got)
	}
	if _, text := other.do("GET", "/api/plimsoll/v1/sources", "", nil); !strings.Contains(text, `"source":"web1 127.0.0.1"`) {
		t.Error(text)
	}
	plain := caller{t: t, client: http.DefaultClient, url: strings.Replace(web1.url, "https", "http", 1)}
	if code, _ := plain.do("GET", "/healthz", "", nil); code != 400 {
		t.Errorf("plain HTTP is answered with %d", code)
	}
}

func TestCertificatesNeedAnAuthority(t *testing.T) {
	c := testConfig(t)
	c.Auth.Certificates = []dashboard.Certificate{{Match: "[", Role: "boss"}}
	c.Listen.TLS.CertFile = "x"
	err := errors.Join(c.Validate())
	for _, want := range []string{"auth.certificates: ", "auth.certificates[0].match: ", "auth.certificates[0].role: ", "listen.tls: "} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in %v", want, err)
		}
	}
}

func TestOTLPIsTakenFromWhoMaySend(t *testing.T) {
	c := testConfig(t)
	c.Auth.Tokens = []dashboard.Token{
		tokenOf("web", dashboard.Agent, sender.Write{Instances: []string{"web*"}}),
		tokenOf("all", dashboard.Viewer, sender.Write{}),
	}
	web := served(t, c, nil)
	all := web
	web.token, all.token = "web-secret", "all-secret"
	point := func(instance string) string {
		return fmt.Sprintf(`{"resource":{"attributes":[{"key":"service.instance.id","value":{"stringValue":%q}}]},
			"scopeMetrics":[{"metrics":[{"name":"heat","gauge":{"dataPoints":[{"timeUnixNano":"%d","asDouble":1}]}}]}]}`, instance, time.Now().UnixNano())
	}
	body := ""
	for i, path := range []string{"/v1/metrics", "/otlp/v1/metrics", "/api/v1/otlp/v1/metrics"} {
		body = fmt.Sprintf(`{"resourceMetrics":[%s,%s]}`, point(fmt.Sprint("web", i)), point("db1"))
		code, text := web.do("POST", path, "application/json", []byte(body))
		if code != 200 || !strings.Contains(text, `"rejectedDataPoints":"1"`) || !strings.Contains(text, sender.ReasonForbidden) {
			t.Errorf("%s: %d %s", path, code, text)
		}
	}
	if got := all.stored("heat"); got != "web1 web2" {
		t.Errorf("stored %q", got)
	}
	if code, _ := all.do("POST", "/v1/metrics", "application/json", []byte(body)); code != 403 {
		t.Errorf("a viewer sends: %d", code)
	}
}

func TestPushesAreSampled(t *testing.T) {
	c := testConfig(t)
	c.Push.Interval = time.Second
	web := served(t, c, nil)
	if code, text := web.do("PUT", "/metrics/job/backup/instance/web1", "text/plain", []byte("# TYPE rows_total counter\nrows_total 3\n")); code != 200 {
		t.Fatalf("%d %s", code, text)
	}
	for web.stored("rows_total") == "" { // until the next second
		select {
		case <-t.Context().Done():
			t.Fatal("the push is not sampled")
		case <-time.After(50 * time.Millisecond):
		}
	}
	if _, text := web.do("GET", "/api/plimsoll/v1/sources", "", nil); !strings.Contains(text, `"source":"push 127.0.0.1"`) {
		t.Error(text)
	}
	if code, _ := web.do("DELETE", "/metrics/job/backup/instance/web1", "", nil); code != 202 {
		t.Errorf("%d", code)
	}
}
