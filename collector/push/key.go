package push

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
)

// maxKeyLabels bounds the labels of a group.
const maxKeyLabels = 20

// keyOf reads the labels of a group off the path of a request, as it was sent:
// /metrics/job/JOB/LABEL/VALUE…
func keyOf(escapedPath string) (labels.Labels, error) {
	none := labels.EmptyLabels()
	rest, is := strings.CutPrefix(escapedPath, "/metrics/")
	parts := strings.Split(strings.TrimSuffix(rest, "/"), "/")
	// An empty value in base64 is written as =, so that no part is empty.
	if !is || len(parts)%2 != 0 {
		return none, fmt.Errorf("path %.100q is not /metrics/job/JOB{/LABEL/VALUE}", escapedPath)
	}
	if len(parts)/2 > maxKeyLabels {
		return none, fmt.Errorf("more than %d labels in the path", maxKeyLabels)
	}
	b := labels.NewBuilder(none)
	for i := 0; i < len(parts); i += 2 {
		name, value, err := pair(parts[i], parts[i+1])
		switch {
		case err != nil:
			return none, err
		case i == 0 && (name != "job" || value == ""):
			return none, errors.New("the path begins with no job: /metrics/job/JOB")
		case i > 0 && b.Get(name) != "":
			return none, fmt.Errorf("the label %q stands twice in the path", name)
		}
		b.Set(name, value)
	}
	return b.Labels(), nil
}

// pair reads a label and its value.
func pair(name, value string) (string, string, error) {
	name, err1 := url.PathUnescape(name)
	value, err2 := url.PathUnescape(value)
	if err := errors.Join(err1, err2); err != nil {
		return "", "", err
	}
	if plain, is := strings.CutSuffix(name, "@base64"); is {
		name = plain
		decoded, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(value, "="))
		if err != nil {
			return "", "", fmt.Errorf("the value %.100q of %s is not base64: %w", value, name, err)
		}
		value = string(decoded)
	}
	if !model.LegacyValidation.IsValidLabelName(name) || strings.HasPrefix(name, "__") {
		return "", "", fmt.Errorf("%.100q is no name of a label", name)
	}
	if !utf8.ValidString(value) {
		return "", "", fmt.Errorf("the value %.100q of %s is not UTF-8", value, name)
	}
	return name, value, nil
}
