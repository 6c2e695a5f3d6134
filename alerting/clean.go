package alerting

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"

	"plimsoll/internal/metric"
)

// Bounds of what others may send, in characters; more is cut off. A label set
// is refused instead: without a part of it, it would be another's.
const (
	maxTitle      = 300
	maxText       = 4000
	maxWord       = 200 // host, key, source, and values of labels
	maxLabelCount = 32
)

var (
	errBadName  = errors.New("name is empty, too long, or holds control characters")
	errBadState = errors.New("state is none of ok, warning, critical, unknown")
	errLabels   = errors.New("too many labels")
)

// result is what a passive check said, with the identity of the check.
type result struct {
	id, name string
	labels   map[string]string
	state    metric.Severity
	stamp    time.Time // that the sender gave it, or zero
	message  string
}

// cleanEvent returns e within the bounds, with legal names of labels. It keeps
// nothing of the sender's memory alive that is cut off.
func cleanEvent(e metric.Event) (metric.Event, error) {
	out := metric.Event{
		At: instant(e.At), Title: clip(e.Title, maxTitle), Text: clip(e.Text, maxText), Host: clip(e.Host, maxWord),
		Key: clip(e.Key, maxWord), Source: clip(e.Source, maxWord),
		Priority: oneOf(e.Priority, "normal", "low"), Type: oneOf(e.Type, "info", "success", "warning", "error"),
	}
	var err error
	out.Labels, err = cleanLabels(e.Labels)
	if strings.TrimSpace(out.Title) == "" {
		err = errNoTitle
	}
	return out, err
}

// oneOf returns s if it is one of the words, and else the first of them.
func oneOf(s string, words ...string) string {
	if i := slices.Index(words, strings.ToLower(s)); i >= 0 {
		return words[i]
	}
	return words[0]
}

func cleanResult(r metric.CheckResult) (result, error) {
	lbls, err := cleanLabels(r.Labels)
	if r.Host != "" {
		if lbls == nil {
			lbls = map[string]string{}
		}
		lbls["host"] = clip(r.Host, maxWord)
	}
	switch {
	case err != nil:
	case strings.TrimSpace(r.Name) == "" || len(r.Name) > maxNameBytes || strings.ContainsFunc(r.Name, unicode.IsControl):
		err = errBadName
	case !slices.Contains(bySeverity(), r.State):
		err = fmt.Errorf("%q: %w", clip(string(r.State), maxWord), errBadState)
	}
	if err != nil {
		return result{}, err
	}
	out := result{
		name: strings.ToValidUTF8(r.Name, "\uFFFD"), labels: lbls, state: r.State, message: clip(r.Message, maxTitle),
	}
	if !r.At.IsZero() {
		out.stamp = instant(r.At)
	}
	out.id = passiveID(out.name, lbls)
	return out, nil
}

const passivePrefix = "passive/"

// passiveID is the identity of a passive check: of its name and its labels,
// the host among them.
func passiveID(name string, lbls map[string]string) string {
	h := sha256.New()
	for _, k := range slices.Sorted(maps.Keys(lbls)) {
		_, _ = h.Write([]byte(k + "\x00" + lbls[k] + "\x00"))
	}
	return passivePrefix + name + "/" + hex.EncodeToString(h.Sum(nil)[:8])
}

// passiveName is the name in the identity of a passive check.
func passiveName(id string) (string, bool) {
	rest, is := strings.CutPrefix(id, passivePrefix)
	i := strings.LastIndexByte(rest, '/')
	if !is || i < 0 {
		return "", false
	}
	return rest[:i], true
}

// cleanLabels returns labels with legal names; those without a value are none.
func cleanLabels(in map[string]string) (map[string]string, error) {
	if len(in) > maxLabelCount {
		return nil, errLabels
	}
	out := make(map[string]string, len(in))
	for _, k := range slices.Sorted(maps.Keys(in)) {
		if name, v := labelName(k), clip(in[k], maxWord); name != "" && v != "" {
			out[name] = v
		}
	}
	if len(out) == 0 {
		return nil, nil
	}
	return out, nil
}

// labelName makes a legal name: what may not stand in one becomes "_".
func labelName(s string) string {
	s = strings.Map(func(r rune) rune {
		if r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, clip(s, maxNameBytes))
	if s = strings.TrimLeft(s, "_"); s != "" && s[0] >= '0' && s[0] <= '9' {
		return "_" + s
	}
	return s
}

// clip returns at most n characters of s, as valid UTF-8 and in memory of
// their own when something is cut off.
func clip(s string, n int) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if len(s) <= n {
		return s
	}
	count := 0
	for i := range s {
		if count == n {
			return strings.Clone(s[:i]) + "…"
		}
		count++
	}
	return s
}
