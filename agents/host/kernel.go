package host

import (
	"context"
	"fmt"
	"strings"

	"plimsoll/agents/batch"

	"golang.org/x/sys/unix"
)

// parseLoadavg reads "0.12 0.46 0.43 1/92 19851".
func parseLoadavg(data []byte, b *batch.Batch) error {
	f := strings.Fields(string(data))
	if len(f) < 3 {
		return fmt.Errorf("%q has fewer than three fields", data)
	}
	v, err := numbers(f[:3])
	if err != nil {
		return err
	}
	b.Gauge("node_load1", v[0])
	b.Gauge("node_load5", v[1])
	b.Gauge("node_load15", v[2])
	return nil
}

// parseFileNr reads "555 0 2466190": allocated, unused, maximum.
func parseFileNr(data []byte, b *batch.Batch) error {
	f := strings.Fields(string(data))
	if len(f) != 3 {
		return fmt.Errorf("%q does not have three fields", data)
	}
	v, err := numbers(f)
	if err != nil {
		return err
	}
	b.Gauge("node_filefd_allocated", v[0])
	b.Gauge("node_filefd_maximum", v[2])
	return nil
}

// pressures are the lines of /proc/pressure/* (kernel: accounting/psi.rst).
var pressures = []struct{ file, line, name string }{
	{"cpu", "some", "node_pressure_cpu_waiting_seconds_total"},
	{"memory", "some", "node_pressure_memory_waiting_seconds_total"},
	{"memory", "full", "node_pressure_memory_stalled_seconds_total"},
	{"io", "some", "node_pressure_io_waiting_seconds_total"},
	{"io", "full", "node_pressure_io_stalled_seconds_total"},
}

func (a *Agent) pressure(_ context.Context, b *batch.Batch) error {
	for _, p := range pressures {
		data, err := a.read("pressure/" + p.file)
		if err != nil {
			return err
		}
		seconds, err := parsePressure(data, p.line)
		if err != nil {
			return fmt.Errorf("%s: %w", p.file, err)
		}
		b.Counter(p.name, seconds)
	}
	return nil
}

// parsePressure returns the total of the line "some" or "full", in seconds:
// "some avg10=0.00 avg60=0.79 avg300=4.72 total=100729697", in microseconds.
func parsePressure(data []byte, line string) (float64, error) {
	for f := range fields(data) {
		if f[0] != line {
			continue
		}
		total, ok := strings.CutPrefix(f[len(f)-1], "total=")
		if !ok {
			return 0, fmt.Errorf("no total in %q", f)
		}
		us, err := number(total)
		return us / 1e6, err
	}
	return 0, fmt.Errorf("no line %s in %q", line, data)
}

func uname(_ context.Context, b *batch.Batch) error {
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		return fmt.Errorf("uname: %w", err)
	}
	b.Gauge("node_uname_info", 1,
		"sysname", unix.ByteSliceToString(u.Sysname[:]), "release", unix.ByteSliceToString(u.Release[:]),
		"version", unix.ByteSliceToString(u.Version[:]), "machine", unix.ByteSliceToString(u.Machine[:]),
		"nodename", unix.ByteSliceToString(u.Nodename[:]), "domainname", unix.ByteSliceToString(u.Domainname[:]))
	return nil
}
