package accesslog

import "strings"

// What clients choose comes out as one of few labels: HostLabel and MethodLabel
// say what as.
const (
	Other = "other"
	None  = "none"
)

// HostLabel returns a host in lower case, without its port, or Other if it is no
// name; "" stays.
func HostLabel(s string) string {
	h := s
	if strings.ContainsAny(h, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") {
		h = strings.ToLower(h)
	}
	if i := strings.LastIndexByte(h, ':'); i >= 0 && !strings.HasSuffix(h, "]") && strings.Trim(h[i+1:], "0123456789") == "" {
		h = h[:i]
	}
	h = strings.TrimSuffix(h, ".")
	if len(h) > 253 || strings.Trim(h, "abcdefghijklmnopqrstuvwxyz0123456789.-_:[]") != "" {
		return Other
	}
	return h
}

// MethodLabel returns a method of HTTP or WebDAV as it is, None for none, and
// Other for all else.
func MethodLabel(s string) string {
	switch s {
	case "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH",
		"PROPFIND", "PROPPATCH", "MKCOL", "COPY", "MOVE", "LOCK", "UNLOCK", "REPORT", "SEARCH":
		return s
	case "":
		return None
	}
	return Other
}
