package state

import (
	"fmt"
	"time"
)

// Thresholds are the percentages of change at which flapping starts and ends. In
// YAML they are a mapping, or the word off.
type Thresholds struct {
	Low  float64 `yaml:"low"`
	High float64 `yaml:"high"`
	Off  bool    `yaml:"-"`
}

// UnmarshalYAML takes the word off, or a mapping.
func (t *Thresholds) UnmarshalYAML(decode func(any) error) error {
	var word any
	if err := decode(&word); err != nil {
		return err
	}
	if word == "off" || word == false {
		*t = Thresholds{Off: true}
		return nil
	}
	type mapping Thresholds // without this method
	var m mapping
	if err := decode(&m); err != nil {
		return err
	}
	*t = Thresholds(m)
	return nil
}

// MarshalYAML writes what UnmarshalYAML takes.
func (t Thresholds) MarshalYAML() (any, error) {
	if t.Off {
		return "off", nil
	}
	type mapping Thresholds // without this method
	return mapping(t), nil
}

// WithDefaults returns t with Nagios' thresholds where none are given.
func (t Thresholds) WithDefaults() Thresholds {
	if t.Low == 0 {
		t.Low = 20
	}
	if t.High == 0 {
		t.High = 30
	}
	return t
}

// Validate says what is wrong with t, whose key is path.
func (t Thresholds) Validate(path string) error {
	if !t.Off && !(t.Low >= 0 && t.Low <= t.High && t.High <= 100) {
		return fmt.Errorf("%s: low %g and high %g are not 0 <= low <= high <= 100", path, t.Low, t.High)
	}
	return nil
}

// WithFlapping returns p with the thresholds t; every is its FlapEvery.
func (p Policy) WithFlapping(t Thresholds, every time.Duration) Policy {
	p.FlapLow, p.FlapHigh, p.FlapEvery = t.Low, t.High, every
	if t.Off {
		p.FlapLow, p.FlapHigh = 0, 0
	}
	return p
}
