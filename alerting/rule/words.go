package rule

import (
	"strings"

	"plimsoll/internal/metric"
)

// Labels of rules of rule files that we understand.
const (
	severityLabel = "severity"
	classLabel    = "class"
)

// SeverityOf is the severity that people mean with a word.
func SeverityOf(word string) metric.Severity {
	switch strings.ToLower(word) {
	case "critical", "page", "error":
		return metric.Critical
	case "info", "none":
		return metric.Info
	}
	return metric.Warning
}

// ClassOf is the class that the labels of a rule name, or Threshold.
func ClassOf(lbls map[string]string) metric.Class {
	switch c := metric.Class(lbls[classLabel]); c {
	case metric.UpDown, metric.Resource:
		return c
	}
	return metric.Threshold
}
