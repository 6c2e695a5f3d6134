package rrdfile

import (
	"errors"
	"fmt"
	"math"
)

// DS is a data source, one column of every archive in a file.
type DS struct {
	Name      string  // 1 to 19 of A-Z a-z 0-9 _ -
	Type      string  // GAUGE, ABSOLUTE, COUNTER or DERIVE
	Heartbeat int64   // seconds after which silence makes the value unknown
	Min, Max  float64 // a rate outside is unknown; NaN = no limit
}

// RRA is a round-robin archive: Rows rows of Steps steps each.
type RRA struct {
	CF    string // AVERAGE, MIN, MAX or LAST
	Rows  int64
	Steps int64
	XFF   float64 // the part of a row, 0 to below 1, that may be unknown
}

// Schema is what is fixed when a file is made.
type Schema struct {
	Step int64 // seconds
	DS   []DS
	RRA  []RRA
}

// Bounds that keep every product of two header fields within an int64.
const (
	maxDS      = 1024
	maxRRA     = 1024
	maxSeconds = 1 << 40
	maxRows    = 1 << 32
	maxLength  = 1 << 50 // seconds that an archive covers
)

// FileBytes is the exact size of a file of this schema.
func (s Schema) FileBytes() int64 {
	n := layoutOf(len(s.DS), len(s.RRA)).rows
	for _, r := range s.RRA {
		n += 8 * int64(len(s.DS)) * r.Rows
	}
	return n
}

// Validate reports everything that makes the schema impossible.
func (s Schema) Validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if s.Step < 1 || s.Step > maxSeconds {
		bad("step %d s out of range", s.Step)
	}
	if len(s.DS) < 1 || len(s.DS) > maxDS {
		bad("%d data sources, want 1 to %d", len(s.DS), maxDS)
	}
	if len(s.RRA) < 1 || len(s.RRA) > maxRRA {
		bad("%d archives, want 1 to %d", len(s.RRA), maxRRA)
	}
	for i, d := range s.DS {
		if err := d.validate(); err != nil {
			bad("data source %d: %w", i, err)
		}
	}
	for i, r := range s.RRA {
		if err := r.validate(s.Step); err != nil {
			bad("archive %d: %w", i, err)
		}
	}
	return errors.Join(errs...)
}

func (d DS) validate() error {
	switch {
	case !validName(d.Name):
		return fmt.Errorf("name %q", d.Name)
	case kindOf(d.Type) == kindUnknown:
		return fmt.Errorf("type %q is not supported", d.Type)
	case d.Heartbeat < 1 || d.Heartbeat > maxSeconds:
		return fmt.Errorf("heartbeat %d s out of range", d.Heartbeat)
	case d.Min >= d.Max:
		return fmt.Errorf("minimum %v not below maximum %v", d.Min, d.Max)
	}
	return nil
}

func (r RRA) validate(step int64) error {
	switch {
	case cfOf(r.CF) == cfUnknown:
		return fmt.Errorf("consolidation function %q is not supported", r.CF)
	case r.Rows < 1 || r.Rows > maxRows:
		return fmt.Errorf("%d rows out of range", r.Rows)
	case r.Steps < 1 || r.Steps > maxSeconds || step > 0 && r.Steps > maxSeconds/step:
		return fmt.Errorf("%d steps a row out of range", r.Steps)
	case step > 0 && r.Rows > maxLength/(r.Steps*step):
		return fmt.Errorf("%d rows of %d steps are too long", r.Rows, r.Steps)
	case math.IsNaN(r.XFF) || r.XFF < 0 || r.XFF >= 1:
		return fmt.Errorf("xff %v out of range", r.XFF)
	}
	return nil
}

func validName(name string) bool {
	if len(name) < 1 || len(name) > 19 {
		return false
	}
	for _, c := range []byte(name) {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		if !letter && (c < '0' || c > '9') && c != '_' && c != '-' {
			return false
		}
	}
	return true
}
