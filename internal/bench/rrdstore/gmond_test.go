package main

import (
	"encoding/xml"
	"io"
	"strings"
	"testing"
)

func TestClusterOfAPoll(t *testing.T) {
	g := &gmond{hosts: 3, begin: 1000, n: 2}
	g.write()
	var told struct {
		Cluster struct {
			LocalTime int64 `xml:"LOCALTIME,attr"`
			Hosts     []struct {
				Metrics []struct {
					Value float64 `xml:"VAL,attr"`
				} `xml:"METRIC"`
			} `xml:"HOST"`
		} `xml:"CLUSTER"`
	}
	d := xml.NewDecoder(strings.NewReader(string(g.buf)))
	d.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	if err := d.Decode(&told); err != nil {
		t.Fatal(err)
	}
	c := told.Cluster
	if c.LocalTime != g.localTime() || c.LocalTime != 1000+2*pollSeconds || len(c.Hosts) != 3 {
		t.Fatalf("%d hosts at %d", len(c.Hosts), c.LocalTime)
	}
	for h, host := range c.Hosts {
		if len(host.Metrics) != metricsPerHost {
			t.Fatalf("host %d has %d metrics", h, len(host.Metrics))
		}
		for m, got := range host.Metrics {
			if want := valueOf(h*metricsPerHost+m, 2); got.Value != want {
				t.Errorf("host %d metric %d: %v, want %v", h, m, got.Value, want)
			}
		}
	}
}
