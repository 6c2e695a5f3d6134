package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestGangliaAndGraphiteSenders has gmetric, plimsoll send and nc send to one
// service, and gmetad read from it.
func TestGangliaAndGraphiteSenders(t *testing.T) {
	dir := t.TempDir()
	udp, xml, tcp := freePort(t), freePort(t), freePort(t)
	conf := writeFile(t, dir, "plimsoll.yml", fmt.Sprintf(`
ganglia: {listen: "127.0.0.1:%d", xml: "127.0.0.1:%d", interactive: "", optional: false, interval: 1s, cluster: farm}
graphite: {tcp: "127.0.0.1:%d", udp: "", optional: false, templates: [{match: servers.$instance.*, name: "graphite_$*"}]}
`, udp, xml, tcp))
	s := serve(t, dir+"/data", "-config", conf)
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}

	channel := writeFile(t, dir, "gmetric.conf", fmt.Sprintf("globals { setuid = no }\nudp_send_channel { host = 127.0.0.1 port = %d }\n", udp))
	run := func(stdin, name string, args ...string) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), name, args...)
		cmd.Stdin = strings.NewReader(stdin)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s %q: %v %s", name, args, err, out)
		}
	}
	run("", "gmetric", "-c", channel, "-n", "disk-util", "-v", "42", "-t", "uint16", "-g", "disk")
	s.wants(t, fmt.Sprintf(`disk_util{instance=%q,job="ganglia",cluster="farm",group="disk"}`, host), "42")
	s.wants(t, fmt.Sprintf(`up{instance=%q,job="ganglia"}`, host), "1")

	run("servers.web1.cpu.load 1.5 -1\n", "nc", "-N", "127.0.0.1", fmt.Sprint(tcp))
	s.wants(t, `graphite_cpu_load{instance="web1",job="graphite"}`, "1.5")

	if out, errs, code := plimsoll(t, "send", "-server", s.url, "-n", "queue", "-v", "7", "-t", "int32", "-S", "10.0.0.9:mail1"); code != 0 {
		t.Fatalf("%d %s %s", code, out, errs)
	}
	s.wants(t, `queue{instance="mail1",job="ganglia"}`, "7")

	gmetad := writeFile(t, dir, "gmetad.conf", fmt.Sprintf("data_source \"us\" 1 127.0.0.1:%d\nsetuid off\nrrd_rootdir %q\nxml_port %d\ninteractive_port %d\n",
		xml, dir, freePort(t), freePort(t)))
	start(t, "/usr/sbin/gmetad", "-d", "1", "-c", gmetad)
	// gmetad's directories of hosts are in lower case.
	for _, file := range []string{"farm/" + strings.ToLower(host) + "/disk-util.rrd", "plimsoll/" + strings.ToLower(host) + "/load_one.rrd"} {
		eventually(t, file, func() error {
			_, err := exec.CommandContext(t.Context(), "rrdtool", "last", dir+"/"+file).Output()
			return err
		})
	}
}
