package watch

import (
	"strconv"
	"strings"
	"time"
)

// Line is a line of an access log as people see it.
type Line struct {
	At      time.Time `json:"at"` // when the response was finished
	Server  string    `json:"server"`
	VHost   string    `json:"vhost,omitempty"`
	Class   string    `json:"class"`
	Status  int       `json:"status,omitempty"`
	Seconds *float64  `json:"seconds,omitempty"` // the request took; nil: not told
	Text    string    `json:"text"`
	Late    bool      `json:"late,omitempty"` // younger ones were shown before it
	// Dropped is how many lines before it were not shown, for want of time.
	Dropped uint64 `json:"dropped,omitempty"`
}

// MaxText bounds the text of a line, in bytes.
const MaxText = 4096

// Filter picks lines. What is empty does not matter.
type Filter struct {
	Server, VHost, Class string
	Status               string  // 404, or 4xx
	MinSeconds           float64 // lines that tell no duration are left out
	Text                 string  // part of the line
}

// Matches reports whether l is picked.
func (f *Filter) Matches(l *Line) bool {
	return (f.Server == "" || f.Server == l.Server) &&
		(f.VHost == "" || f.VHost == l.VHost) &&
		(f.Class == "" || f.Class == l.Class) &&
		(f.Status == "" || f.status(l.Status)) &&
		(f.MinSeconds <= 0 || l.Seconds != nil && *l.Seconds >= f.MinSeconds) &&
		(f.Text == "" || strings.Contains(l.Text, f.Text))
}

func (f *Filter) status(status int) bool {
	s := strconv.Itoa(status)
	class, is := strings.CutSuffix(f.Status, "xx")
	return s == f.Status || is && len(s) == 3 && s[:1] == class
}
