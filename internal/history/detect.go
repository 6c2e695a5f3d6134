package history

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"plimsoll/agents/accesslog"
)

// ErrUnknown says that a file is of no format that can be told by its begin.
var ErrUnknown = errors.New("the format cannot be told by the file's begin: name it")

// Detect tells the format of a file by what it begins with. Text expositions are
// told apart by their times: from 1e11 on they are milliseconds.
func Detect(in Input) (f Format, err error) {
	file, err := in.Open()
	if err != nil {
		return "", fmt.Errorf("%s: %w", in.Name, err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	plain, done, err := decompress(file)
	if err != nil {
		return "", fmt.Errorf("%s: %w", in.Name, err)
	}
	defer done()
	head := bytes.TrimPrefix(newScanner(plain, 1).head(), []byte("\xef\xbb\xbf"))
	if f = detect(head); f == "" {
		return "", fmt.Errorf("%s: %w", in.Name, ErrUnknown)
	}
	return f, nil
}

func detect(head []byte) Format {
	lines := strings.Split(strings.ReplaceAll(string(head), "\r\n", "\n"), "\n")
	if n := len(lines); n > 1 {
		lines = lines[:n-1] // the last may be cut, or empty
	}
	lines = lines[:min(len(lines), firstLines)]
	switch {
	case strings.HasPrefix(lines[0], `{"metric":`):
		return JSON
	case strings.HasPrefix(lines[0], "time,"):
		return CSV
	}
	for _, l := range lines {
		if l == "" || l[0] == '#' {
			continue
		}
		if f := detectLine(l); f != "" {
			return f
		}
		break
	}
	if _, err := accesslog.Detect(lines, nil); err == nil {
		return AccessLog
	}
	return ""
}

// detectLine tells formats whose lines are like no other's.
func detectLine(l string) Format {
	for _, f := range []Format{Prometheus, OpenMetrics, Lines} {
		r := &reading{options: Options{Format: f}}
		r.options, _ = r.options.withDefaults() // nothing in it can be wrong
		r.sorter = newSorter(r.options, &r.Stats)
		p, err := r.parser()
		if err != nil || p.parse([]byte(l)).reason != "" || r.Taken == 0 {
			continue
		}
		if f == Prometheus && r.sorter.cells[0].at < 1e11 {
			continue
		}
		return f
	}
	return ""
}
