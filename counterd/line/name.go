package line

import (
	"strings"
	"unicode/utf8"

	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/metric"
)

// MetricName returns the name of the series that raw counts in, by kind:
// [a-zA-Z0-9_:], counters with "_total", times with "_seconds".
func MetricName(k Kind, raw []byte) string {
	name := sanitize(raw, true)
	switch k {
	case Counter, OK, Fail:
		return withSuffix(name, "_total")
	case Millis:
		return withSuffix(name, "_seconds")
	}
	return name
}

func withSuffix(name, suffix string) string {
	if strings.HasSuffix(name, suffix) {
		return name
	}
	return name + suffix
}

// sanitize turns every character that Prometheus does not allow in the name of a
// metric (with colon) or of a label into "_", and puts one before a digit.
func sanitize(raw []byte, colon bool) string {
	out := make([]byte, 0, len(raw)+1)
	for len(raw) > 0 {
		c, size := raw[0], 1
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c == '_', c == ':' && colon:
		case c >= '0' && c <= '9':
			if len(out) == 0 {
				out = append(out, '_')
			}
		default:
			_, size = utf8.DecodeRune(raw)
			c = '_'
		}
		out = append(out, c)
		raw = raw[size:]
	}
	return string(out)
}

// Labels makes the labels of a series from its name and its tags. It refuses
// tags without a key, and labels that have a meaning of their own.
func Labels(k Kind, name string, tags []byte) (labels.Labels, Reason) {
	set := map[string]string{metric.NameLabel: name}
	switch k {
	case OK:
		set["result"] = "ok"
	case Fail:
		set["result"] = "fail"
	}
	for more := len(tags) > 0; more; {
		var tag []byte
		tag, tags, more = cut(tags, ',')
		if tag = trim(tag); len(tag) == 0 {
			continue
		}
		key, value, valued := cut(tag, ':')
		label := sanitize(key, false)
		switch {
		case label == "":
			return labels.Labels{}, BadTags
		case strings.HasPrefix(label, "__"), label == "quantile" && k.Timing():
			return labels.Labels{}, BadLabel
		case !valued:
			set[label] = "true"
		case len(value) == 0:
			delete(set, label)
		default:
			set[label] = string(value)
		}
	}
	return labels.FromMap(set), Good
}
