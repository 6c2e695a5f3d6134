package main

import (
	"context"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/metric"
	"plimsoll/rrdstore"
)

const storagePath = "/api/plimsoll/v1/storage/"

func TestArchiveListPrintsSeries(t *testing.T) {
	url := answering(t, map[string]string{
		storagePath + "archives?match=up&top=": `{"progress":[{"labels":{"__name__":"up","job":"w\u001b"},"kind":"gauge","class":"lean","state":"active","files":["a.rrd"],"bytes":315000,"first":1700000000000,"last":1700000600000}]}
{"progress":[{"labels":{"__name__":"t"},"kind":"summary","class":"standard","state":"active","files":["a@10s.rrd","a@1m.rrd"],"bytes":2000000,"last":1700000600000}]}
{"result":{"series":2,"bytes":2315000}}
`,
		storagePath + "archives?match=&top=job":   `{"result":{"top":[{"value":"web","series":2,"files":3,"bytes":1000},{"value":"","series":1,"files":1,"bytes":9}],"values":7}}` + "\n",
		storagePath + "archives?match=late&top=":  `{"error":"disk on fire"}` + "\n",
		storagePath + "archives?match=short&top=": `{"progress":[]}` + "\n",
	})
	out, errs, code := cli("archive", "ls", "up", "-server", url)
	for _, want := range []string{`up{job="w\x1b"}`, "315 kB", "2023-11-14T22:13Z to 2023-11-14T22:23Z", "a@10s.rrd and 1 more", "2 series", "2.3 MB"} {
		if !strings.Contains(out, want) || code != exitGood {
			t.Errorf("exit %d, no %q in\n%s%s", code, want, out, errs)
		}
	}
	if out, _, _ := cli("archive", "ls", "-top", "job", "-server", url); !strings.Contains(out, "web     2       3      1.0 kB") || !strings.Contains(out, "(none)") || !strings.Contains(out, "… and 5 values more") {
		t.Error(out)
	}
	for args, want := range map[string]string{
		"archive ls late":               "1 plimsoll archive ls: disk on fire\n",
		"archive ls short":              "1 plimsoll archive ls: the service broke off: EOF\n",
		"archive ls a b":                "2 plimsoll archive ls: one selector wanted, 2 given (quote it)\nTry plimsoll archive ls -h.\n",
		"archive nonsense":              "2 plimsoll archive: no command \"nonsense\"\nTry plimsoll archive -h.\n",
		"plan-archives -x":              "2 plimsoll plan-archives: flag provided but not defined: -x\nTry plimsoll plan-archives -h.\n",
		"plan-archives -h":              "0 ",
		"archive -h":                    "0 ",
		"archive ls -h":                 "0 ",
		"plan-archives -data /nonsense": "1 plimsoll plan-archives: plan for /nonsense: stat /nonsense: no such file or directory\n",
		"archive ls -data /nonsense":    "1 plimsoll archive ls: open /nonsense: there are no archives: stat /nonsense/archives: no such file or directory\n",
	} {
		words := strings.Fields(args)
		if !strings.Contains(args, "-") && len(words) > 2 {
			words = append(words, "-server", url)
		}
		if _, errs, code := cli(words...); string(rune('0'+code))+" "+errs != want {
			t.Errorf("%s: exit %d, %s", args, code, errs)
		}
	}
}

// stocked is a data directory with archives, which a store may keep open.
func stocked(t *testing.T, keepOpen bool) string {
	t.Helper()
	c := rrdstore.Default()
	c.Dir = t.TempDir()
	c.Logger = slog.New(slog.NewTextHandler(io.Discard, nil))
	s, err := rrdstore.Open(c)
	if err != nil {
		t.Fatal(err)
	}
	var samples []metric.Sample
	for _, host := range []string{"a", "b"} {
		samples = append(samples, metric.Sample{Labels: labels.FromStrings(metric.NameLabel, "up", "host", host), At: time.Now().UnixMilli(), Value: 1})
	}
	if err := s.Put(t.Context(), samples); err != nil {
		t.Fatal(err)
	}
	if err := s.FlushAll(context.Background()); err != nil {
		t.Fatal(err)
	}
	if keepOpen {
		t.Cleanup(func() { s.Close() })
		return c.Dir
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return c.Dir
}

func TestArchivesWithoutAService(t *testing.T) {
	dir := stocked(t, false)
	out, errs, code := cli("archive", "ls", "-data", dir, `up{host="b"}`, "-json")
	if code != exitGood || strings.Count(out, "\n") != 1 || !strings.Contains(out, `"files":["archives/up/host=b.rrd"]`) {
		t.Errorf("exit %d %s%s", code, out, errs)
	}
	if _, errs, code := cli("archive", "ls", "-data", dir, "up{"); code != exitFailed || !strings.Contains(errs, `selector "up{"`) {
		t.Errorf("exit %d %s", code, errs)
	}
	if out, errs, code := cli("plan-archives", "-data", dir); code != exitGood || !strings.Contains(out, "2  ") || !strings.Contains(out, "are free on the file system") {
		t.Errorf("exit %d %s%s", code, out, errs)
	}
	taken := stocked(t, true)
	if _, errs, code := cli("archive", "ls", "-data", taken); code != exitFailed || !strings.Contains(errs, "leave out -data") {
		t.Errorf("exit %d %s", code, errs)
	}
	if _, errs, code := cli("plan-archives", "-data", taken); code != exitGood {
		t.Errorf("exit %d %s", code, errs)
	}
}

func TestReshapeTellsWhatIsLost(t *testing.T) {
	dir := stocked(t, false)
	config := filepath.Join(t.TempDir(), "plimsoll.yml")
	if err := os.WriteFile(config, []byte("storage: {tiers: [{step: 10s, keep: 1h}, {step: 5m, keep: 48h}], heartbeat: 5m}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, errs, code := cli("reshape", "-data", dir); code != exitGood || !strings.Contains(out, "0 of 2 archives") {
		t.Errorf("exit %d %s%s", code, out, errs)
	}
	for _, c := range []struct{ flag, want string }{{"-dry-run", "2 of 2 archives would get"}, {"-json=false", "2 of 2 archives have"}, {"-dry-run", "0 of 2 archives"}} {
		out, errs, code := cli("reshape", "-data", dir, "-config", config, c.flag)
		if code != exitGood || !strings.Contains(out, c.want) {
			t.Errorf("exit %d, no %q in\n%s%s", code, c.want, out, errs)
		}
		for _, want := range []string{"AVERAGE each 10s, from 1h0m0s on to 6h0m0s", "newly kept:     AVERAGE each 5m0s, for 48h0m0s", "2m0s to 5m0s"} {
			if strings.Contains(c.want, "2 of 2") && !strings.Contains(out, want) {
				t.Errorf("no %q in\n%s", want, out)
			}
		}
	}
}

func TestArchiveRemoveAndVerify(t *testing.T) {
	dir := stocked(t, false)
	file := filepath.Join(dir, "archives/up/host=b.rrd")
	for _, c := range []struct{ args, out, errs string }{
		{"archive verify", "2 archives are sound", ""},
		{"archive rm up{host=\"a\"}", "Nothing was removed", ""},
		{"archive rm", "", "one selector wanted"},
		{"archive rm -retired -yes up", "0 series removed", ""},
		{"archive rm -yes up{host=\"a\"}", "1 series removed", ""},
		{"archive ls", "1 series", ""},
		{"archive ls -retired", "0 series", ""},
		{"archive restore up", "0 series brought back", ""},
		{"archive verify", "1 archives are sound", ""},
	} {
		out, errs, _ := cli(append(strings.Fields(c.args), "-data", dir)...)
		if !strings.Contains(out, c.out) || !strings.Contains(errs, c.errs) {
			t.Errorf("%s: %s%s", c.args, out, errs)
		}
	}
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, whole[:len(whole)-8], 0o644); err != nil {
		t.Fatal(err)
	}
	if out, errs, code := cli("archive", "verify", "-data", dir); code != exitFailed || !strings.Contains(out, "archives/up/host=b.rrd: ") || !strings.Contains(errs, "1 of 1 archives are not sound") {
		t.Errorf("exit %d: %s%s", code, out, errs)
	}
}

func TestArchiveExportAndImport(t *testing.T) {
	from, to := stocked(t, false), stocked(t, false)
	file := filepath.Join(t.TempDir(), "dump")
	for _, c := range []struct {
		args, out, errs string
		code            int
	}{
		{"archive export -o " + file + " up{host=\"a\"} -data " + from, "", "1 series written", exitGood},
		{"archive export -o " + file + " -data " + from, "", "file exists", exitFailed},
		{"archive import " + file + " -data " + to, "", "there already", exitFailed},
		{"archive import -replace " + file + " -data " + to, "1 series brought in", "", exitGood},
		{"archive ls -data " + to, "2 series", "", exitGood},
		{"archive verify -data " + to, "2 archives are sound", "", exitGood},
		{"archive import /dev/null -data " + to, "", "is not as it was written", exitFailed},
	} {
		out, errs, code := cli(strings.Fields(c.args)...)
		if code != c.code || !strings.Contains(out, c.out) || !strings.Contains(errs, c.errs) {
			t.Errorf("%s: exit %d: %s%s", c.args, code, out, errs)
		}
	}
}
