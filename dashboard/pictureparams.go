package dashboard

import (
	"errors"
	"fmt"
	"math"
	"net/url"
	"slices"
	"strconv"
	"time"

	"plimsoll/internal/picture"
)

// Bounds of what a picture may be asked to show.
const (
	maxPictureExprs      = 8
	maxPictureThresholds = 8
	maxPictureSpan       = 10 * 366 * 24 * time.Hour
	usualPictureSpan     = 6 * time.Hour
	usualPictureWidth    = 600
	usualPictureHeight   = 240
)

// pictureRequest reads the parameters of GET /render; errors name all that is wrong.
func (p params) pictureRequest() (PictureRequest, error) {
	var errs []error
	check := func(name string, err error) { errs = append(errs, invalid(name, err)) }
	req := PictureRequest{Title: p.Get("title"), Exprs: p.Values["expr"], Unit: p.Get("unit"), Dark: p.Get("theme") == "dark"}
	req.Exprs = slices.DeleteFunc(slices.Clone(req.Exprs), func(e string) bool { return e == "" })
	check("expr", between(len(req.Exprs), 1, maxPictureExprs, "expressions"))
	check("title", between(len(req.Title), 0, maxPictureTitle, "bytes"))
	check("format", oneOf(p.Values, "format", "svg", "png"))
	check("theme", oneOf(p.Values, "theme", "light", "dark"))
	check("unit", oneOf(p.Values, "unit", "s", "%", "B", "B/s", "/s"))
	var err error
	req.Width, err = p.within("width", usualPictureWidth, picture.MinWidth, picture.MaxWidth)
	errs = append(errs, err)
	req.Height, err = p.within("height", usualPictureHeight, picture.MinHeight, picture.MaxHeight)
	errs = append(errs, err)
	req.Start, req.End, err = p.shownSpan()
	errs = append(errs, err)
	req.Thresholds, err = numbers(p.Values["threshold"])
	check("threshold", err)
	return req, errors.Join(errs...)
}

// shownSpan reads start and end, or range, which ends now or at end.
func (p params) shownSpan() (start, end time.Time, err error) {
	end, err1 := p.instant("end", p.now)
	length := usualPictureSpan
	var err2 error
	if text := p.Get("range"); text != "" {
		length, err2 = parseDuration(text)
		err2 = invalid("range", err2)
	}
	if length <= 0 || length > maxPictureSpan {
		return start, end, errors.Join(err1, err2, invalid("range", fmt.Errorf("%v is not from 1s to ten years", length)))
	}
	start, err3 := p.instant("start", end.Add(-length))
	if err := errors.Join(err1, err2, err3); err != nil {
		return start, end, err
	}
	if span := end.Sub(start); span < time.Second || span > maxPictureSpan {
		return start, end, invalid("start", fmt.Errorf("from there to the end it is %v, not 1s to ten years", span))
	}
	return start, end, nil
}

func (p params) within(name string, otherwise, least, most int) (int, error) {
	n, err := p.count(name, otherwise)
	if err == nil && (n < least || n > most) {
		err = invalid(name, fmt.Errorf("%d is not from %d to %d", n, least, most))
	}
	return n, err
}

func between(n, least, most int, of string) error {
	if n < least || n > most {
		return fmt.Errorf("%d %s; want %d to %d", n, of, least, most)
	}
	return nil
}

// oneOf refuses a parameter that is given and none of all.
func oneOf(values url.Values, name string, all ...string) error {
	if v := values.Get(name); v != "" && !slices.Contains(all, v) {
		return fmt.Errorf("%q is none of %v", v, all)
	}
	return nil
}

func numbers(texts []string) ([]float64, error) {
	if err := between(len(texts), 0, maxPictureThresholds, "numbers"); err != nil {
		return nil, err
	}
	var all []float64
	for _, text := range texts {
		v, err := strconv.ParseFloat(text, 64)
		if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, fmt.Errorf("%q is no finite number", text)
		}
		all = append(all, v)
	}
	return all, nil
}
