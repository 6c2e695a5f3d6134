package ganglia

import "strings"

// maxName bounds names of hosts, metrics, clusters and groups, in bytes.
const maxName = 255

// goodName says whether a name may be taken: it may become the name of a file, at
// a gmetad's that reads from here.
func goodName(s string) bool {
	if s == "" || len(s) > maxName || s[0] == '.' {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == '/' || r == 0x7f })
}

// seriesName is the Prometheus name of a metric.
func seriesName(name string) string {
	valid := func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '_', r == ':':
			return r
		}
		return '_'
	}
	out := strings.Map(valid, name)
	if out != "" && out[0] >= '0' && out[0] <= '9' {
		return "_" + out
	}
	return out
}

// spoofed takes "IP:NAME" apart, where an IPv6 address stands in brackets; without
// a name the address is one.
func spoofed(s string) (ip, name string) {
	if inner, ok := strings.CutPrefix(s, "["); ok {
		ip, name, _ = strings.Cut(inner, "]")
		name = strings.TrimPrefix(name, ":")
	} else {
		ip, name, _ = strings.Cut(s, ":")
	}
	if name == "" {
		name = ip
	}
	return ip, name
}
