package host

import (
	"os"
	"testing"
	"time"

	"plimsoll/agents/batch"

	"github.com/google/go-cmp/cmp"
)

func TestCPUTimesNeverFall(t *testing.T) {
	k := cpuKeeper{}
	k.keep("0", cpuTimes{10, 0, 0, 100, 5})
	got := k.keep("0", cpuTimes{11, 0, 0, 99.5, 4.9})
	if want := (cpuTimes{11, 0, 0, 100, 5}); got != want {
		t.Errorf("a small fall gives %v, want %v", got, want)
	}
	got = k.keep("0", cpuTimes{1, 0, 0, 2, 0})
	if want := (cpuTimes{1, 0, 0, 2, 0}); got != want {
		t.Errorf("a CPU that came back gives %v, want %v", got, want)
	}
}

func TestParseMounts(t *testing.T) {
	data, err := os.ReadFile("testdata/proc/1/mounts")
	if err != nil {
		t.Fatal(err)
	}
	got, err := parseMounts(data)
	if err != nil {
		t.Fatal(err)
	}
	want := []mount{
		{"nas:/photos", "/srv/photos", "nfs4", false}, // over the autofs
		{"/dev/vdb1", "/srv/with space", "xfs", true},
	}
	if diff := cmp.Diff(want, got[6:8], cmp.AllowUnexported(mount{})); diff != "" {
		t.Error(diff)
	}
}

func TestParseNetdevWithoutSpace(t *testing.T) {
	got, err := parseNetdev([]byte("eth0:1 2 3 4 0 0 0 0 5 6 7 8 0 0 0 0\n"), exclude(""))
	if err != nil {
		t.Fatal(err)
	}
	want := []netdev{{"eth0", [16]float64{0: 1, 1: 2, 2: 3, 3: 4, 8: 5, 9: 6, 10: 7, 11: 8}}}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(netdev{})); diff != "" {
		t.Error(diff)
	}
}

func TestExcludeKeepsDisksAndDropsPartitions(t *testing.T) {
	skip := exclude(Default().DiskExclude)
	for name, want := range map[string]bool{
		"sda": false, "sda1": true, "nvme0n1": false, "nvme0n1p2": true, "md0": false, "dm-0": false,
		"loop7": true, "zram0": true, "ram1": true, "vda": false, "vda15": true, "mmcblk0": false,
	} {
		if skip(name) != want {
			t.Errorf("%s is left out: %v", name, !want)
		}
	}
}

// FuzzParse feeds each parser any input: it may refuse it but not panic.
func FuzzParse(f *testing.F) {
	for _, name := range []string{
		"stat", "meminfo", "diskstats", "vmstat", "loadavg", "net/dev", "net/snmp",
		"net/sockstat", "pressure/io", "sys/fs/file-nr", "1/mounts", "mdstat", "schedstat", "net/rpc/nfs",
		"net/softnet_stat", "net/snmp6", "net/arp", "net/udp", "net/stat/nf_conntrack", "812/stat",
	} {
		data, err := os.ReadFile("testdata/proc/" + name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		b := new(batch.Names).Batch(time.Time{})
		for _, parse := range []func([]byte, *batch.Batch) error{
			parseLoadavg, parseMeminfo, parseVmstat, parseNetstat, parseSnmp6, parseSockstat,
			parseFileNr, parseSoftnet, parseARP, parseSchedstat, parseConntrackStat, parseNFS,
		} {
			_ = parse(data, b) // any error is a good answer
		}
		if s, err := parseStat(data); err == nil && len(s.cpus) != len(s.times) {
			t.Fatalf("%d CPUs with %d times", len(s.cpus), len(s.times))
		}
		_, _ = parseDiskstats(data, exclude(""))
		_, _ = parseNetdev(data, exclude(""))
		_, _ = parseMounts(data)
		_, _ = parsePressure(data, "some")
		_, _, _ = parseQueues(data)
		_, _, _ = parseMdstat(data), parseUdev(data), parseOSRelease(data)
		_ = stateOf(data)
		for _, s := range b.Samples {
			if s.Name() == "" {
				t.Fatalf("sample without a name: %v", s)
			}
		}
	})
}
