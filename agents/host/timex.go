package host

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"plimsoll/agents/batch"
	"plimsoll/internal/metric"
)

// timexFields describe what adjtimex(2) answers. What a source of pulses per
// second would tell (node_timex_pps_…) is left out: hardly any server has one.
var timexFields = []batch.Field{
	{Name: "node_timex_sync_status", Help: "Whether the clock is held to a reliable source (1)."},
	{Name: "node_timex_offset_seconds", Help: "How far the clock is from its source."},
	{Name: "node_timex_frequency_adjustment_ratio", Help: "How much faster than by itself the clock is made to run."},
	{Name: "node_timex_maxerror_seconds", Help: "Greatest error that the clock can have."},
	{Name: "node_timex_estimated_error_seconds", Help: "Error that the clock is thought to have."},
	{Name: "node_timex_status", Help: "Status bits of the clock."},
	{Name: "node_timex_loop_time_constant", Help: "Time constant of the loop that steers the clock."},
	{Name: "node_timex_tick_seconds", Help: "Time between two ticks of the clock."},
	{Name: "node_timex_tai_offset_seconds", Help: "International Atomic Time less UTC."},
}

func timex(_ context.Context, b *batch.Batch) error {
	var t unix.Timex
	state, err := unix.Adjtimex(&t) // modes 0 changes nothing
	if err != nil {
		return fmt.Errorf("adjtimex: %w", err)
	}
	for i, v := range timexValues(t, state) {
		b.Gauge(timexFields[i].Name, v)
	}
	return nil
}

// timexValues returns the values in the order of timexFields (adjtimex(2)).
func timexValues(t unix.Timex, state int) [9]float64 {
	divisor := 1e6
	if t.Status&unix.STA_NANO != 0 {
		divisor = 1e9
	}
	synced := 1.0
	if state == unix.TIME_ERROR {
		synced = 0
	}
	const perPPM = 65536 * 1e6 // frequency: millionths, with 16 binary digits after the point
	return [9]float64{
		synced, float64(t.Offset) / divisor, 1 + float64(t.Freq)/perPPM, float64(t.Maxerror) / 1e6,
		float64(t.Esterror) / 1e6, float64(t.Status), float64(t.Constant), float64(t.Tick) / 1e6, float64(t.Tai),
	}
}

// clocksources tells which clocks the kernel has and uses, and the time zone.
func (a *Agent) clocksources(_ context.Context, b *batch.Batch) error {
	zone, offset := metric.Time(b.At).In(time.Local).Zone()
	b.Gauge("node_time_zone_offset_seconds", float64(offset), "time_zone", zone)
	dirs, err := a.list("devices/system/clocksource/clocksource*")
	if err != nil {
		return nil // the zone is told all the same
	}
	for _, dir := range dirs {
		device := strings.TrimPrefix(filepath.Base(dir), "clocksource")
		for name := range strings.FieldsSeq(a.word(dir + "/available_clocksource")) {
			b.Gauge("node_time_clocksource_available_info", 1, "device", device, "clocksource", name)
		}
		if name := a.word(dir + "/current_clocksource"); name != "" {
			b.Gauge("node_time_clocksource_current_info", 1, "device", device, "clocksource", name)
		}
	}
	return nil
}

// osFields are the labels of node_os_info with their keys (os-release(5)).
var osFields = []string{
	"build_id", "id", "id_like", "image_id", "image_version", "name", "pretty_name",
	"variant", "variant_id", "version", "version_codename", "version_id",
}

// osRelease tells which distribution the host runs.
func (a *Agent) osRelease(_ context.Context, b *batch.Batch) error {
	data, err := os.ReadFile(filepath.Join("/", a.cfg.Root, "etc/os-release"))
	if err != nil {
		if data, err = os.ReadFile(filepath.Join("/", a.cfg.Root, "usr/lib/os-release")); err != nil {
			return err
		}
	}
	values := parseOSRelease(data)
	var pairs []string
	for _, key := range osFields {
		pairs = append(pairs, key, values[strings.ToUpper(key)])
	}
	b.Gauge("node_os_info", 1, pairs...)
	number := values["VERSION_ID"]
	if major, rest, is := strings.Cut(number, "."); is {
		minor, _, _ := strings.Cut(rest, ".")
		number = major + "." + minor
	}
	if v, err := strconv.ParseFloat(number, 64); err == nil {
		b.Gauge("node_os_version", v, "id", values["ID"], "id_like", values["ID_LIKE"], "name", values["NAME"])
	}
	return nil
}

// parseOSRelease reads lines KEY=value, the value perhaps in quotes; what is no
// such line is left out.
func parseOSRelease(data []byte) map[string]string {
	values := map[string]string{}
	for line := range strings.Lines(string(data)) {
		key, value, is := strings.Cut(strings.TrimSpace(line), "=")
		if !is || strings.HasPrefix(key, "#") {
			continue
		}
		if n := len(value); n >= 2 && (value[0] == '"' || value[0] == '\'') && value[n-1] == value[0] {
			value = value[1 : n-1]
		}
		values[key] = value
	}
	return values
}

// dmiFields are the labels of node_dmi_info; serial numbers and UUIDs, which
// only root may read, are left out.
var dmiFields = []string{
	"bios_date", "bios_release", "bios_vendor", "bios_version", "board_asset_tag", "board_name", "board_vendor",
	"board_version", "chassis_asset_tag", "chassis_vendor", "chassis_version", "product_family", "product_name",
	"product_sku", "product_version", "system_vendor",
}

// dmi tells which machine the host is.
func (a *Agent) dmi(_ context.Context, b *batch.Batch) error {
	if _, err := a.list("class/dmi/id"); err != nil {
		return err
	}
	var pairs []string
	for _, key := range dmiFields {
		file := key
		if key == "system_vendor" {
			file = "sys_vendor"
		}
		if v := a.word("class/dmi/id/" + file); v != "" {
			pairs = append(pairs, key, v)
		}
	}
	b.Gauge("node_dmi_info", 1, pairs...)
	return nil
}

// selinux tells whether SELinux is on.
func (a *Agent) selinux(_ context.Context, b *batch.Batch) error {
	enforcing, err := a.sys("fs/selinux/enforce")
	b.Flag("node_selinux_enabled", err == nil)
	if err == nil {
		b.Flag("node_selinux_current_mode", string(enforcing) == "1")
	}
	return nil
}
