package check

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"plimsoll/internal/procfs"
)

func BenchmarkProbe(b *testing.B) {
	page := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("all is well")) })
	plain, secured := httptest.NewServer(page), httptest.NewTLSServer(page)
	defer plain.Close()
	defer secured.Close()
	for name, c := range map[string]Config{
		"http":    {HTTP: &HTTP{URL: plain.URL, Contains: "well"}},
		"https":   {HTTP: &HTTP{URL: secured.URL, TLS: &TLS{SkipVerify: true}}},
		"tcp":     {TCP: &TCP{Address: plain.Listener.Addr().String()}},
		"process": {Process: &Process{Selector: procfs.Selector{Comm: "check.test"}}},
	} {
		b.Run(name, func(b *testing.B) {
			check := New(c.WithDefaults(), means())
			for b.Loop() {
				if r := check.Probe(b.Context()); !r.ok() {
					b.Fatal(r)
				}
			}
		})
	}
}
