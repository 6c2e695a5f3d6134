package host

import (
	"context"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"plimsoll/agents/batch"
	"plimsoll/internal/metric"
)

// sensor is a kind of sensor of /sys/class/hwmon (kernel: hwmon/sysfs-interface.rst).
type sensor struct {
	prefix, unit string
	scale        float64
}

var sensors = []sensor{
	{"temp", "_celsius", 1e-3},
	{"fan", "_rpm", 1},
	{"in", "_volts", 1e-3},
	{"curr", "_amps", 1e-3},
	{"power", "_watt", 1e-6},
	{"energy", "_joule_total", 1e-6},
	{"humidity", "", 1e-6},
}

// sensorFiles are what is read of each sensor, with what it says: what it
// measures, its limits, and whether it gives alarm.
var sensorFiles = []string{"input", "average", "min", "max", "crit", "crit_hyst", "crit_alarm", "alarm", "fault"}

// help describes one file of a sensor.
func (s sensor) help(file string) string {
	subject := map[string]string{
		"temp": "Temperature", "fan": "Speed of the fan", "in": "Voltage", "curr": "Current",
		"power": "Power", "energy": "Energy used", "humidity": "Relative humidity",
	}[s.prefix]
	return subject + map[string]string{
		"input": ".", "average": ", averaged by the sensor.", "min": ": the lowest that is good.",
		"max": ": the highest that is good.", "crit": ": where damage begins.",
		"crit_hyst": ": where the critical state ends.", "crit_alarm": ": not 0 in the critical state.",
		"alarm": ": 1 while the sensor gives alarm.", "fault": ": 1 while the sensor does not work.",
	}[file]
}

var sensorName = regexp.MustCompile(`^(temp|fan|in|curr|power|energy|humidity)(\d+)_(?:input|average)$`)

// series returns the name of the series of one file of a sensor, and what its
// value is multiplied with. That crit_alarm has the unit of a limit is
// node_exporter's way, and dashboards ask for it by that name.
func (s sensor) series(file string) (string, float64) {
	name := "node_hwmon_" + s.prefix
	switch file {
	case "input":
		return name + s.unit, s.scale
	case "alarm", "fault":
		return name + "_" + file, 1
	}
	return name + "_" + file + strings.TrimSuffix(s.unit, "_total"), s.scale
}

func (s sensor) kind(file string) metric.Kind {
	if s.prefix == "energy" && file == "input" {
		return metric.Counter
	}
	return metric.Gauge
}

// hwmon measures temperatures, fans and voltages where the host has sensors.
func (a *Agent) hwmon(_ context.Context, b *batch.Batch) error {
	if a.sensorsAt == nil {
		return fs.ErrNotExist
	}
	for _, s := range a.sensorsAt {
		for _, file := range s.files {
			if v, is := a.number(s.path + "_" + file); is {
				name, scale := s.series(file)
				b.Add(s.kind(file), name, v*scale, "chip", s.chip, "sensor", s.name)
			}
		}
	}
	return nil
}

// hwmonNames looks for sensors, and tells what chips and sensors are called.
func (a *Agent) hwmonNames(_ context.Context, b *batch.Batch) error {
	a.sensorsAt = nil
	chips, err := a.list("class/hwmon/hwmon*")
	if err != nil {
		return err
	}
	for _, dir := range chips {
		chip := a.chip(dir)
		if name := a.word(dir + "/name"); name != "" {
			b.Gauge("node_hwmon_chip_names", 1, "chip", chip, "chip_name", clean(name))
		}
		a.sensorsOf(dir, chip, b)
	}
	return nil
}

// chip names a chip by where it sits, which survives a restart as hwmon0 need
// not: platform_coretemp_0, nvme_nvme0; one that sits nowhere has its own name
// (prometheus/node_exporter: collector/hwmon_linux.go).
func (a *Agent) chip(dir string) string {
	device, err := filepath.EvalSymlinks(filepath.Join(a.cfg.Sys, dir, "device"))
	if err == nil {
		return clean(filepath.Base(filepath.Dir(device))) + "_" + clean(filepath.Base(device))
	}
	if name := clean(a.word(dir + "/name")); name != "" {
		return name
	}
	return filepath.Base(dir)
}

// clean makes a word fit for the label chip, as node_exporter has it.
func clean(s string) string {
	return strings.Trim(strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == ':' || r == '_' {
			return r
		}
		return '_'
	}, strings.ToLower(s)), "_")
}

// sensorAt is a sensor that was found.
type sensorAt struct {
	sensor
	path, chip, name string
	files            []string
}

func (a *Agent) sensorsOf(dir, chip string, b *batch.Batch) {
	found, err := a.list(dir + "/*_*")
	if err != nil {
		return // a chip without sensors
	}
	for _, path := range found {
		m := sensorName.FindStringSubmatch(filepath.Base(path))
		if m == nil || len(a.sensorsAt) >= a.cfg.MaxDevices {
			continue
		}
		name := m[1] + m[2]
		base := dir + "/" + name
		if slices.ContainsFunc(a.sensorsAt, func(s sensorAt) bool { return s.path == base }) {
			continue // has both an input and an average
		}
		kind := sensors[slices.IndexFunc(sensors, func(s sensor) bool { return s.prefix == m[1] })]
		at := sensorAt{sensor: kind, path: base, chip: chip, name: name}
		for _, file := range sensorFiles {
			if slices.Contains(found, base+"_"+file) {
				at.files = append(at.files, file)
			}
		}
		a.sensorsAt = append(a.sensorsAt, at)
		if label := a.word(base + "_label"); label != "" {
			b.Gauge("node_hwmon_sensor_label", 1, "chip", chip, "sensor", name, "label", label)
		}
	}
}
