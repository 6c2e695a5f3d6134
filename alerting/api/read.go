package api

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/common/model"

	"plimsoll/internal/sender"
)

// maxBodyBytes bounds what a request brings along.
const maxBodyBytes = 256 << 10

// badError marks what is wrong with a request.
type badError struct{ error }

// errBad is what every badError is.
var errBad = errors.New("bad request")

func (badError) Is(target error) bool { return target == errBad }
func (b badError) Unwrap() error      { return b.error }

func bad(format string, args ...any) error { return badError{fmt.Errorf(format, args...)} }

// read reads one JSON object without unknown keys.
func read[T any](r *http.Request, example string) (v T, err error) {
	dec := json.NewDecoder(r.Body)
	dec.DisallowUnknownFields()
	if err = dec.Decode(&v); err == nil {
		if _, end := dec.Token(); !errors.Is(end, io.EOF) {
			err = errors.Join(errors.New("something follows the JSON object"), end)
		}
	}
	if err != nil {
		return v, bad("want a JSON object such as %s: %w", example, err)
	}
	return v, nil
}

// query returns the parameters of the address, which may have the known alone.
func query(r *http.Request, known ...string) (url.Values, error) {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, bad("parameters: %w", err)
	}
	for key := range values {
		if !slices.Contains(known, key) {
			return nil, bad("unknown parameter %q; there are: %s", key, cmp.Or(strings.Join(known, ", "), "none"))
		}
	}
	return values, nil
}

// by is who asks: the holder of the token, or who the request says it is.
func by(r *http.Request, given string) (string, error) {
	who := strings.TrimSpace(cmp.Or(sender.Of(r).Name, given))
	if who == "" {
		return "", bad("by: is missing: say who you are")
	}
	return who, nil
}

// duration reads a time such as 2h or 1d; "" is 0.
func duration(key, text string) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	d, err := model.ParseDuration(text)
	if err != nil {
		return 0, bad("%s: %q is no duration such as 30m, 2h or 1d", key, text)
	}
	return time.Duration(d), nil
}

// number reads a count between 1 and most.
func number(key, text string, usual, most int) (int, error) {
	if text == "" {
		return usual, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > most {
		return 0, bad("%s: %q is no number between 1 and %d", key, text, most)
	}
	return n, nil
}
