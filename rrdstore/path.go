package rrdstore

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
)

const (
	archiveDir   = "archives"
	maxNameBytes = 200 // of a file or directory name; file systems stop at 255
	hashPrefix   = "sha256-"
	noLabels     = "_"
)

// basePath returns the path, without tier and ending, of a series' archives
// below the data directory; long is set when it holds a hash, so that a side
// file must tell the labels.
//
//	cpu{host="a",mode="user"}   archives/cpu/host=a,mode=user
//	page_view_total             archives/page_view_total/_
func basePath(l labels.Labels) (path string, long bool) {
	var room [2 * maxNameBytes]byte
	b, long := appendBase(room[:0], l)
	return string(b), long
}

func appendBase(b []byte, l labels.Labels) (_ []byte, long bool) {
	b = append(b, archiveDir+"/"...)
	name := len(b)
	b = appendEscaped(b, l.Get(model.MetricNameLabel))
	b, longName := shorten(b, name)
	b = append(b, '/')
	file := len(b)
	l.Range(func(l labels.Label) {
		if l.Name == model.MetricNameLabel {
			return
		}
		if len(b) > file {
			b = append(b, ',')
		}
		b = appendEscaped(b, l.Name)
		b = append(b, '=')
		b = appendEscaped(b, l.Value)
	})
	if len(b) == file {
		b = append(b, noLabels...)
	}
	b, longFile := shorten(b, file)
	return b, longName || longFile
}

// shorten puts a hash in the place of what stands behind from, if that is too
// long for a file system.
func shorten(b []byte, from int) (_ []byte, long bool) {
	if len(b)-from <= maxNameBytes {
		return b, false
	}
	sum := sha256.Sum256(b[from:])
	return hex.AppendEncode(append(b[:from], hashPrefix...), sum[:16]), true
}

// appendEscaped appends s with %XX for each byte that a shell, a file system or
// this scheme itself would take for something else, a dot in front among them.
func appendEscaped(b []byte, s string) []byte {
	const digits = "0123456789ABCDEF"
	for i := range len(s) {
		c := s[i]
		if safe(c) && (c != '.' || i > 0) {
			b = append(b, c)
			continue
		}
		b = append(b, '%', digits[c>>4], digits[c&15])
	}
	return b
}

func safe(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' ||
		c == '_' || c == '-' || c == '.' || c == ':' || c == '+'
}

func unescape(s string) (string, error) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '%' {
			b.WriteByte(s[i])
			continue
		}
		if i+3 > len(s) {
			return "", fmt.Errorf("%q ends in a half escape", s)
		}
		c, err := hex.DecodeString(s[i+1 : i+3])
		if err != nil {
			return "", fmt.Errorf("escape in %q: %w", s, err)
		}
		b.Write(c)
		i += 2
	}
	return b.String(), nil
}

// splitPath takes the path of an archive apart: base path and tier name, which
// is empty for a plain series.
func splitPath(path string) (base, tier string) {
	base = strings.TrimSuffix(path, ".rrd")
	slash := strings.LastIndexByte(base, '/')
	if at := strings.LastIndexByte(base, '@'); at > slash {
		return base[:at], base[at+1:]
	}
	return base, ""
}

// errHashed means that a path does not tell the labels, but a side file does.
var errHashed = errors.New("the labels stand in a side file")

// parseBase is the inverse of basePath.
func parseBase(base string) (labels.Labels, error) {
	parts := strings.Split(base, "/")
	if len(parts) != 3 || parts[0] != archiveDir {
		return labels.EmptyLabels(), fmt.Errorf("path %q is not an archive's", base)
	}
	if strings.HasPrefix(parts[1], hashPrefix) || strings.HasPrefix(parts[2], hashPrefix) {
		return labels.EmptyLabels(), errHashed
	}
	name, err := unescape(parts[1])
	if err != nil {
		return labels.EmptyLabels(), err
	}
	pairs := []string{model.MetricNameLabel, name}
	if parts[2] == noLabels {
		return labels.FromStrings(pairs...), nil
	}
	for _, pair := range strings.Split(parts[2], ",") {
		k, v, ok := strings.Cut(pair, "=")
		key, err1 := unescape(k)
		value, err2 := unescape(v)
		if !ok || err1 != nil || err2 != nil {
			return labels.EmptyLabels(), fmt.Errorf("label %q in path %q", pair, base)
		}
		pairs = append(pairs, key, value)
	}
	return labels.FromStrings(pairs...), nil
}
