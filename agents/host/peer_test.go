package host

import (
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/exposition"
	"plimsoll/internal/metric"
	"plimsoll/internal/peertest"
)

// leftOut are the series of node_exporter that the agent does not have, with the
// reason; doc.go says the same.
var leftOut = map[string]*regexp.Regexp{
	"tells of the exporter": regexp.MustCompile(`^node_(exporter_build_info|scrape_collector_.*)$`),
	"pulses per second":     regexp.MustCompile(`^node_timex_pps_.*$`),
	"nobody draws it": regexp.MustCompile(
		`^node_network_(address_assign_type|device_id|dormant|iface_link_mode|name_assign_type|net_dev_group)$`),
	"one more file for each device":            regexp.MustCompile(`^node_network_receive_nohandler_total$`),
	"units that never failed, timers, sockets": regexp.MustCompile(`^node_systemd_.*$`),
	"a disk that is left out":                  regexp.MustCompile(`^node_disk_.*\{.*device="z?ram`),
	"hardware and file systems that few servers have": regexp.MustCompile(
		`^node_(zfs|xfs|btrfs|infiniband|fibrechannel|ipvs|nvme|tapestats|rapl|nfsd|edac_csrow|power_supply|disk_device_mapper|disk_filesystem|disk_ata).*$`),
	"methods of NFS": regexp.MustCompile(`^node_nfs_requests_total$`),
}

// TestSeriesOfNodeExporter compares what the agent measures on this host with
// what Debian's node_exporter does: by name and by label.
func TestSeriesOfNodeExporter(t *testing.T) {
	address := peertest.Address(t)
	peer := peertest.Start(t, nil, "prometheus-node-exporter", "--web.listen-address="+address)
	peer.AwaitAddress(t, address)
	theirs := scraped(t, "http://"+address+"/metrics")
	a, err := New(Default())
	if err != nil {
		t.Fatal(err)
	}
	samples, err := a.Sample(t.Context(), tick)
	if err != nil {
		t.Fatal(err)
	}
	ours := map[string]bool{}
	for _, s := range samples {
		ours[identity(s)] = true
	}
	same := 0
	for _, s := range theirs {
		switch id := identity(s); {
		case ours[id]:
			same++
		case s.Name() == "node_network_speed_bytes" && s.Value < 0: // the device has none
		case strings.HasPrefix(id, "node_") && reason(id) == "":
			t.Errorf("%s is not measured", s.Labels)
		}
	}
	t.Logf("%d of their %d series, of our %d, are the same", same, len(theirs), len(samples))
	if same < 150 {
		t.Errorf("only %d series are the same", same)
	}
}

func reason(id string) string {
	name, _, _ := strings.Cut(id, "{")
	for why, pattern := range leftOut {
		if pattern.MatchString(name) || pattern.MatchString(id) {
			return why
		}
	}
	return ""
}

// identity is what a series is told by: of one that only carries labels of a
// device its name and the device, because ours has those of later versions too.
func identity(s metric.Sample) string {
	id := s.Name() + "{"
	s.Labels.Range(func(l labels.Label) {
		device := l.Name == "device" || l.Name == "clocksource"
		if l.Name != metric.NameLabel && l.Value != "" && (device || !strings.HasSuffix(s.Name(), "_info")) {
			id += l.Name + `="` + l.Value + `"`
		}
	})
	return id
}

func scraped(t *testing.T, url string) []metric.Sample {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	all, err := exposition.Parse(body, resp.Header.Get("Content-Type"), tick.UnixMilli(), 10_000)
	if err != nil {
		t.Fatal(err)
	}
	return all
}
