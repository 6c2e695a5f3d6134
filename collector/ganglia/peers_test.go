package ganglia

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"plimsoll/collector/ganglia/xdr"
)

// These tests are against gmond, gmetric and gmetad of Debian, which scripts/need
// installs.

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// spawn runs a program until the test ends.
func spawn(t *testing.T, name string, args ...string) {
	t.Helper()
	cmd := exec.Command(name, args...)
	out, err := os.Create(filepath.Join(t.TempDir(), "output"))
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		t.Fatalf("%v (make test installs what is needed)", err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			text, _ := os.ReadFile(out.Name())
			t.Logf("%s: %s", name, text)
		}
		_ = out.Close()
	})
}

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// gmond runs a gmond with a few metrics that it sends at once and each second, to
// itself and to where the test says. One port is for datagrams and XML, the other
// for packed XML.
func gmond(t *testing.T, to string) (port, zipped int) {
	t.Helper()
	const modules = "/usr/lib/x86_64-linux-gnu/ganglia/"
	port, zipped = freePort(t), freePort(t)
	host, toPort, err := net.SplitHostPort(to)
	if err != nil {
		t.Fatal(err)
	}
	conf := fmt.Sprintf(`
globals { daemonize = no setuid = no send_metadata_interval = 3600 host_dmax = 0 }
cluster { name = "Web & Farm" owner = "o" }
udp_send_channel { host = %[3]s port = %[4]s }
udp_send_channel { host = 127.0.0.1 port = %[1]d }
udp_recv_channel { bind = 127.0.0.1 port = %[1]d }
tcp_accept_channel { bind = 127.0.0.1 port = %[1]d }
tcp_accept_channel { bind = 127.0.0.1 port = %[2]d gzip_output = yes }
modules {
  module { name = "core_metrics" }
  module { name = "load_module" path = "%[5]smodload.so" }
  module { name = "cpu_module" path = "%[5]smodcpu.so" }
}
collection_group { collect_once = yes time_threshold = 1 metric { name = "heartbeat" } }
collection_group { collect_every = 1 time_threshold = 1 metric { name = "load_one" } metric { name = "cpu_num" } metric { name = "cpu_user" } }
`, port, zipped, host, toPort, modules)
	spawn(t, "gmond", "-c", write(t, "gmond.conf", conf))
	return port, zipped
}

// gmond sends to a group that we have joined, and answers what we ask the group.
func TestGmondsGroup(t *testing.T) {
	const group = "239.2.11.71"
	port := freePort(t)
	conf := fmt.Sprintf(`
globals { daemonize = no setuid = no send_metadata_interval = 3600 }
udp_send_channel { mcast_join = %[1]s mcast_if = lo port = %[2]d bind = 127.0.0.1 ttl = 1 }
udp_recv_channel { mcast_join = %[1]s mcast_if = lo port = %[2]d }
tcp_accept_channel { bind = 127.0.0.1 port = %[2]d }
modules { module { name = "core_metrics" } module { name = "cpu_module" path = "/usr/lib/x86_64-linux-gnu/ganglia/modcpu.so" } }
collection_group { collect_once = yes time_threshold = 1 metric { name = "heartbeat" } }
collection_group { collect_every = 1 time_threshold = 1 metric { name = "cpu_user" } metric { name = "cpu_num" } }
`, group, port)
	spawn(t, "gmond", "-c", write(t, "gmond.conf", conf))
	eventually(t, "gmond has sent to the group", func() error {
		to, err := net.ResolveTCPAddr("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			return err
		}
		conn, err := net.Dial("tcp", to.String())
		if err != nil {
			return err
		}
		_ = conn.Close()
		if !strings.Contains(ask(t, to, ""), "cpu_user") {
			return errors.New("it does not hear itself")
		}
		return nil
	})
	r := start(t, func(c *Config) { c.Listen, c.Group, c.Interface = fmt.Sprintf("0.0.0.0:%d", port), group, "lo" })
	eventually(t, "gmond's metrics", func() error {
		if len(r.store.find("cpu_num")) == 0 {
			return fmt.Errorf("%+v", r.Stats())
		}
		return nil
	})
}

func gmetric(t *testing.T, to net.Addr, args ...string) {
	t.Helper()
	host, port, err := net.SplitHostPort(to.String())
	if err != nil {
		t.Fatal(err)
	}
	conf := write(t, "gmetric.conf", fmt.Sprintf("globals { setuid = no }\nudp_send_channel { host = %s port = %s }\n", host, port))
	if out, err := exec.CommandContext(t.Context(), "gmetric", append([]string{"-c", conf}, args...)...).CombinedOutput(); err != nil {
		t.Fatalf("gmetric %v: %v %s", args, err, out)
	}
}

func TestGmetricIsReceived(t *testing.T) {
	r := start(t, nil)
	gmetric(t, r.Addr(), "-n", "disk-util", "-v", "42", "-t", "uint16", "-u", "%")
	gmetric(t, r.Addr(), "-n", "hits", "-v", "17", "-t", "uint32", "-s", "positive", "-g", "web,cache", "-T", "Hits & misses", "-x", "30", "-d", "600")
	gmetric(t, r.Addr(), "-n", "temp", "-v", "-3.5", "-t", "double", "-u", "C & F", "-S", "10.1.2.3:sensor1")
	gmetric(t, r.Addr(), "-H", "-S", "10.1.2.4:sensor2")
	gmetric(t, r.Addr(), "-n", "motd", "-v", "all is <well>", "-t", "string")
	r.wants(t, "disk_util", "here", 42)
	r.wants(t, "hits", "here", 17)
	r.wants(t, "temp", "sensor1", -3.5)
	r.wants(t, "up", "sensor2", 1)
	xml := ask(t, r.XMLAddr(), "")
	for _, want := range []string{`NAME="disk-util" VAL="42" TYPE="uint16" UNITS="%"`, `VAL="all is &lt;well&gt;"`, `UNITS="C &amp; F"`, `NAME="GROUP" VAL="cache"`, `IP="10.1.2.4"`} {
		if !strings.Contains(xml, want) {
			t.Errorf("no %s in\n%s", want, xml)
		}
	}
	for _, m := range r.Meta() {
		if m.Name == "hits" && (m.Type != "counter" || m.Help != "Hits & misses") {
			t.Errorf("%+v", m)
		}
	}
}

// gmond's metadata came before we listened: it is asked for them, and answers.
func TestGmondIsAskedForMetadata(t *testing.T) {
	early, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port, _ := gmond(t, early.LocalAddr().String())
	buf := make([]byte, 2000)
	for seen := 0; seen < 4; { // all of its metadata are sent
		_ = early.SetReadDeadline(time.Now().Add(30 * time.Second))
		n, _, err := early.ReadFrom(buf)
		if err != nil {
			t.Fatal(err)
		}
		if p, err := xdr.Parse(buf[:n]); err == nil && p.ID == xdr.Metadata {
			seen++
		}
	}
	addr := early.LocalAddr().String()
	_ = early.Close()
	r := start(t, func(c *Config) { c.Listen, c.AskPort = addr, port })
	eventually(t, "gmond's metrics", func() error {
		if n := r.store.find("cpu_num")["here"]; n < 1 {
			return fmt.Errorf("%v CPUs, %+v", n, r.Stats())
		}
		return nil
	})
	if r.Stats().Refused != nil && len(r.Stats().Refused) > 0 {
		t.Errorf("%+v", r.Stats())
	}
}

func TestGmondIsPolled(t *testing.T) {
	port, zipped := gmond(t, "127.0.0.1:9")
	for _, port := range []int{port, zipped} {
		addr := fmt.Sprintf("127.0.0.1:%d", port)
		r := start(t, func(c *Config) {
			c.DataSources = []DataSource{{Name: "farm", Addresses: []string{"127.0.0.1:1", addr}, Interval: time.Second}}
		})
		eventually(t, "gmond's metrics", func() error {
			if n, up := r.store.find("cpu_num")["localhost"], r.store.find("up")["localhost"]; n < 1 || up != 1 {
				return fmt.Errorf("%v CPUs, up %v, %+v", n, up, r.Stats())
			}
			return nil
		})
		if p := r.Stats().Polls[0]; p.BadTags != 0 || p.CutOff || p.Address != addr {
			t.Errorf("%+v", p)
		}
	}
}

// gmetad polls what we serve of a gmond and of gmetric, makes its archives and
// updates them; and we poll gmetad in turn.
func TestGmetadReadsUsAndWeReadGmetad(t *testing.T) {
	r := start(t, func(c *Config) { c.Cluster = "farm & field" })
	gmond(t, r.Addr().String())
	gmetric(t, r.Addr(), "-n", "disk-util", "-v", "42", "-t", "uint16", "-u", "%", "-d", "600", "-x", "600")
	eventually(t, "gmond's metrics", func() error {
		if r.store.find("cpu_num")["here"] < 1 {
			return errors.New("not yet")
		}
		return nil
	})
	dir, xmlPort, queryPort := t.TempDir(), freePort(t), freePort(t)
	conf := fmt.Sprintf("data_source \"us\" 1 %s\nsetuid off\nrrd_rootdir %q\nxml_port %d\ninteractive_port %d\n", r.XMLAddr(), dir, xmlPort, queryPort)
	spawn(t, "/usr/sbin/gmetad", "-d", "1", "-c", write(t, "gmetad.conf", conf))
	for _, name := range []string{"here/load_one.rrd", "here/disk-util.rrd", "__SummaryInfo__/cpu_num.rrd"} {
		path := filepath.Join(dir, "farm & field", name)
		var first int64
		eventually(t, path, func() error {
			out, err := exec.CommandContext(t.Context(), "rrdtool", "last", path).CombinedOutput()
			if err != nil {
				return fmt.Errorf("%w: %s", err, out)
			}
			last, err := strconv.ParseInt(strings.TrimSpace(string(out)), 10, 64)
			if err != nil || first == 0 {
				first = last
			}
			if last == first {
				return fmt.Errorf("it ends at %d still", last)
			}
			return nil
		})
	}
	back := start(t, func(c *Config) {
		c.DataSources = []DataSource{{Name: "gmetad", Addresses: []string{fmt.Sprintf("127.0.0.1:%d", xmlPort)}, Interval: time.Second}}
	})
	back.wants(t, "disk_util", "here", 42)
}

// While one address floods, and fills what it may of the table, another's values
// come through, though by UDP each may have to be said more than once.
func TestAFloodHurtsNobodyElse(t *testing.T) {
	r := start(t, func(c *Config) { c.MaxHostsPerSource, c.MaxPacketsPerSecond, c.Names = 10, 1000, namesAddress })
	flood := sender(t, "127.0.0.66", r.Addr())
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() { // ends with stop
		defer close(stopped)
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
				flood(spoof(val("m"+strconv.Itoa(i%5000), "1"), fmt.Sprintf("10.0.%d.%d:x", i/256%256, i%256)))
			}
		}
	}()
	defer func() { close(stop); <-stopped }()
	good := sender(t, "127.0.0.7", r.Addr())
	eventually(t, "a value beside the flood", func() error {
		good(meta("m", "float", xdr.Both), val("m", "7"))
		if r.store.find("m")["127.0.0.7"] != 7 {
			return errors.New("it did not come")
		}
		return nil
	})
	eventually(t, "the offender is named", func() error {
		s := r.Stats()
		if len(s.Sources) != 2 || s.Sources[0].Address != "127.0.0.66" || s.Sources[0].Refused[reasonHosts] == 0 || s.Hosts > 11 {
			return fmt.Errorf("%+v", s)
		}
		return nil
	})
}
