package snmp

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"plimsoll/internal/metric"
)

// TestSquid polls Squid's own SNMP agent, which knows no sysUpTime.
func TestSquid(t *testing.T) {
	udp, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	tcp, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address, web := udp.LocalAddr().String(), tcp.Addr().String()
	udp.Close()
	tcp.Close()
	conf := filepath.Join(t.TempDir(), "squid.conf")
	text := fmt.Sprintf(`http_port %s
snmp_port %s
snmp_incoming_address 127.0.0.1
acl mine snmp_community public
snmp_access allow mine
http_access allow all
pid_filename none
access_log none
cache_log /dev/null
cache deny all
`, web, strings.TrimPrefix(address, "127.0.0.1:"))
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	squid := exec.Command("/usr/sbin/squid", "-N", "-f", conf)
	if err := squid.Start(); err != nil {
		t.Fatalf("start squid: %v (make test installs it)", err)
	}
	t.Cleanup(func() {
		_ = squid.Process.Kill()
		_ = squid.Wait()
	})
	x := newTester(t, Device{Address: address, Modules: []string{"squid"}})
	x.timeout = 300 * time.Millisecond
	x.awake()
	x.timeout = 5 * time.Second
	first := x.device.poll(t.Context(), x.exchange, time.Now(), 1)
	res, err := http.Get("http://" + web + "/squid-internal-mgr/counters")
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	for before := x.clock.ticks; x.clock.ticks <= before; { // its time is in hundredths of a second
		x.poll()
	}
	second := x.device.poll(t.Context(), x.exchange, time.Now(), 1)
	if first.err != nil || second.err != nil {
		t.Fatal(first.err, second.err)
	}
	of := func(r result, name string) (all []metric.Sample) {
		for _, s := range r.samples {
			if s.Name() == name {
				all = append(all, s)
			}
		}
		return all
	}
	for _, name := range []string{"cacheProtoClientHttpRequests", "cacheServerRequests", "cacheCpuTime", "cacheHttpInKb"} {
		if s := of(second, name); len(s) != 1 || s[0].Kind != metric.Counter || s[0].Start == 0 {
			t.Errorf("%s: %+v", name, s)
		}
	}
	requests := "cacheProtoClientHttpRequests"
	if a, b := of(first, requests), of(second, requests); len(a) != 1 || len(b) != 1 || b[0].Value-a[0].Value != 1 {
		t.Errorf("%s: %v, then %v", requests, a, b)
	}
	if s := of(second, "cacheHttpAllSvcTime"); len(s) != 3 || s[1].Labels.Get("minutes") != "5" {
		t.Errorf("medians: %v", s)
	}
	if !x.clock.known || x.clock.run != 1 {
		t.Errorf("clock: %+v", x.clock)
	}
}
