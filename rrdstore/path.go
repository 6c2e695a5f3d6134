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
	var b strings.Builder
	l.Range(func(l labels.Label) {
		if l.Name == model.MetricNameLabel {
			return
		}
		if b.Len() > 0 {
			b.WriteByte(',')
		}
		escape(&b, l.Name)
		b.WriteByte('=')
		escape(&b, l.Value)
	})
	file := b.String()
	if file == "" {
		file = noLabels
	}
	var n strings.Builder
	escape(&n, l.Get(model.MetricNameLabel))
	name := n.String()
	if len(name) > maxNameBytes {
		name, long = hashName(name), true
	}
	if len(file) > maxNameBytes {
		file, long = hashName(file), true
	}
	return archiveDir + "/" + name + "/" + file, long
}

func hashName(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hashPrefix + hex.EncodeToString(sum[:16])
}

// escape writes s with %XX for each byte that a shell, a file system or this
// scheme itself would take for something else, a dot in front among them.
func escape(b *strings.Builder, s string) {
	for i := range len(s) {
		c := s[i]
		if safe(c) && (c != '.' || i > 0) {
			b.WriteByte(c)
			continue
		}
		fmt.Fprintf(b, "%%%02X", c)
	}
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
