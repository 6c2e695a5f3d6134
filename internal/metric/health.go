package metric

import "time"

// Host is what the collector knows of one reporting host.
type Host struct {
	Instance string    `json:"instance"`
	Job      string    `json:"job"`
	Up       bool      `json:"up"`
	LastSeen time.Time `json:"last_seen"`
	// Interval is how often the host reports; it is down after three of them.
	IntervalSeconds float64 `json:"interval_seconds"`
}
