package host

import (
	"context"
	"path/filepath"
	"strings"

	"plimsoll/agents/batch"
)

// thermal measures temperature zones.
func (a *Agent) thermal(_ context.Context, b *batch.Batch) error {
	zones, err := a.list("class/thermal/thermal_zone*")
	if err != nil {
		return err
	}
	for _, dir := range zones {
		if v, is := a.number(dir + "/temp"); is {
			zone := strings.TrimPrefix(filepath.Base(dir), "thermal_zone")
			b.Gauge("node_thermal_zone_temp", v/1e3, "zone", zone, "type", a.word(dir+"/type"))
		}
	}
	return nil
}

// cooling measures how hard devices cool: fans, and CPUs that are slowed down.
func (a *Agent) cooling(_ context.Context, b *batch.Batch) error {
	devices, err := a.list("class/thermal/cooling_device*")
	if err != nil {
		return err
	}
	for _, dir := range devices {
		pairs := []string{"name", strings.TrimPrefix(filepath.Base(dir), "cooling_device"), "type", a.word(dir + "/type")}
		if v, is := a.number(dir + "/cur_state"); is {
			b.Gauge("node_cooling_device_cur_state", v, pairs...)
		}
		if v, is := a.number(dir + "/max_state"); is {
			b.Gauge("node_cooling_device_max_state", v, pairs...)
		}
	}
	return nil
}

// supplies are files of /sys/class/power_supply (kernel: ABI/testing/sysfs-class-power),
// in micro-units except the first two.
var supplies = []batch.Field{
	{Key: "online", Name: "node_power_supply_online", Scale: 1, Help: "Whether the power supply gives power (1)."},
	{Key: "capacity", Name: "node_power_supply_capacity", Scale: 1, Help: "How full the battery is, in percent."},
	{Key: "voltage_now", Name: "node_power_supply_voltage_volt", Scale: 1e-6, Help: "Voltage of the power supply."},
	{Key: "current_now", Name: "node_power_supply_current_ampere", Scale: 1e-6, Help: "Current of the power supply."},
	{Key: "power_now", Name: "node_power_supply_power_watt", Scale: 1e-6, Help: "Power that the power supply gives."},
	{Key: "energy_now", Name: "node_power_supply_energy_watthour", Scale: 1e-6, Help: "Energy left in the battery."},
	{Key: "charge_now", Name: "node_power_supply_charge_ampere", Scale: 1e-6, Help: "Charge left in the battery."},
}

func (a *Agent) powerSupplies(_ context.Context, b *batch.Batch) error {
	dirs, err := a.list("class/power_supply/*")
	if err != nil {
		return err
	}
	for _, dir := range dirs {
		for _, f := range supplies {
			if v, is := a.number(dir + "/" + f.Key); is {
				b.Gauge(f.Name, v*f.Scale, "power_supply", filepath.Base(dir))
			}
		}
	}
	return nil
}
