package postgres

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"plimsoll/agents/batch"
)

// tell turns what a server told into samples.
func tell(b *batch.Batch, got answers) error {
	var errs []error
	for _, q := range questions() {
		for _, row := range got[q.name] {
			if err := b.Fields(q.fields, row, pairs(q.labels, row)...); err != nil {
				errs = append(errs, fmt.Errorf("%s: %w", q.name, err))
			}
		}
	}
	return errors.Join(append(errs, tellSettings(b, got[settings]))...)
}

// pairs are label names and the values that a row has for them; those that are
// NULL or empty are left out.
func pairs(labels []string, row map[string]string) []string {
	var out []string
	for _, l := range labels {
		if row[l] != "" {
			out = append(out, l, row[l])
		}
	}
	return out
}

// tellSettings tells settings in the base unit, which is part of the name.
func tellSettings(b *batch.Batch, rows []map[string]string) error {
	values := map[string]string{}
	var errs []error
	for _, row := range rows {
		value, suffix, err := convert(row["setting"], row["unit"])
		if err != nil {
			errs = append(errs, fmt.Errorf("setting %s: %w", row["name"], err))
			continue
		}
		values[row["name"]+suffix] = strconv.FormatFloat(value, 'g', -1, 64)
	}
	return errors.Join(append(errs, b.Fields(variables(), values))...)
}

// convert makes of a setting and its unit, such as 8kB, a number in bytes or
// seconds and what its name ends with. -1 stays: it is no amount.
func convert(setting, unit string) (value float64, suffix string, err error) {
	switch setting {
	case "on":
		return 1, "", nil
	case "off":
		return 0, "", nil
	}
	if value, err = strconv.ParseFloat(setting, 64); err != nil {
		return 0, "", fmt.Errorf("%q is not a number", setting)
	}
	name := strings.TrimLeft(unit, "0123456789")
	factor, suffix, err := scale(name)
	if err != nil {
		return 0, "", err
	}
	if digits := strings.TrimSuffix(unit, name); digits != "" {
		n, err := strconv.ParseFloat(digits, 64)
		if err != nil {
			return 0, "", fmt.Errorf("%q is no unit", unit)
		}
		factor *= n
	}
	if value == -1 {
		return value, suffix, nil
	}
	return value * factor, suffix, nil
}

// scale says what a unit is in bytes or seconds.
func scale(unit string) (factor float64, suffix string, err error) {
	switch unit {
	case "":
		return 1, "", nil
	case "B":
		return 1, "_bytes", nil
	case "kB":
		return 1 << 10, "_bytes", nil
	case "MB":
		return 1 << 20, "_bytes", nil
	case "GB":
		return 1 << 30, "_bytes", nil
	case "ms":
		return 1e-3, "_seconds", nil
	case "s":
		return 1, "_seconds", nil
	case "min":
		return 60, "_seconds", nil
	}
	return 0, "", fmt.Errorf("%q is no unit", unit)
}
